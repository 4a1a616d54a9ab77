"""Certificates of a soak, made with openssl when it begins: of the daemon, and of each router that speaks TLS."""
import os
import ssl
import subprocess


def openssl(*arguments):
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise SystemExit(f"soak: openssl: {done.stderr}")


class Certificates:
    """`names`: of those who speak TLS. All is made here: later it would take simulated minutes."""

    def __init__(self, folder, names):
        self.folder, self.contexts = folder, {}
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.path("key.pem"))
        openssl("req", "-x509", "-new", "-key", self.path("key.pem"), "-days", "3650", "-subj", "/CN=authority", "-out", self.path("ca.pem"))
        self.sign("daemon", "IP:127.0.0.1")
        for name in names:
            self.sign(name.lower(), f"DNS:{name.lower()}.example")
            c = self.contexts[name] = ssl.create_default_context(cafile=self.path("ca.pem"))
            c.check_hostname = False
            c.load_cert_chain(self.path(name.lower() + ".pem"), self.path("key.pem"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def sign(self, name, alternative):
        with open(self.path(name + ".ext"), "w") as f:
            f.write(f"basicConstraints=CA:false\nsubjectAltName={alternative}\n")
        openssl("req", "-new", "-key", self.path("key.pem"), "-subj", "/O=simulated", "-out", self.path(name + ".csr"))
        openssl("x509", "-req", "-in", self.path(name + ".csr"), "-CA", self.path("ca.pem"), "-CAkey", self.path("key.pem"), "-days", "3650",
                "-extfile", self.path(name + ".ext"), "-out", self.path(name + ".pem"))
