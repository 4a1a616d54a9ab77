"""Certificates of a test, made with openssl when it runs."""
import os
import subprocess

from support import PATIENCE


def openssl(*arguments):
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, timeout=3 * PATIENCE, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return done.stdout


class Authority:
    """Signs certificates; all files lie in one folder: NAME.pem, NAME.key."""

    def __init__(self, folder, name="ca"):
        self.folder, self.name = folder, name
        self.pem = self.path(name, "pem")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "30", "-subj",
                f"/CN={name}", "-keyout", self.path(name, "key"), "-out", self.pem)

    def path(self, name, end):
        return os.path.join(self.folder, f"{name}.{end}")

    def sign(self, name, common="", alternatives="", expired=False, usage="", kind=("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")):
        """A certificate and its key: their paths. alternatives: as "DNS:a,IP:192.0.2.1"."""
        key, request, pem, extensions = (self.path(name, e) for e in ("key", "csr", "pem", "ext"))
        openssl("req", "-new", "-newkey", *kind, "-noenc", "-subj", f"/CN={common}" if common else "/O=none", "-keyout", key, "-out", request)
        with open(extensions, "w") as f:
            f.write("basicConstraints=CA:false\n" + (f"subjectAltName={alternatives}\n" if alternatives else "") +
                    (f"extendedKeyUsage={usage}\n" if usage else ""))
        if not expired:
            openssl("x509", "-req", "-in", request, "-CA", self.pem, "-CAkey", self.path(self.name, "key"), "-days", "30",
                    "-extfile", extensions, "-out", pem)
            return pem, key
        # x509 -req makes none that is over: ca does, with a little database.
        for name_of, text in (("index.txt", ""), ("serial", "7788\n"), ("ca.cnf", (
                "[ca]\ndefault_ca=one\n[one]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=any\n"
                "[any]\ncommonName=optional\norganizationName=optional\n"))):
            with open(os.path.join(self.folder, name_of), "w") as f:
                f.write(text)
        done = subprocess.run(["openssl", "ca", "-batch", "-config", "ca.cnf", "-cert", self.pem, "-keyfile", self.path(self.name, "key"),
                               "-in", request, "-out", pem, "-extfile", extensions, "-notext", "-startdate", "20200101000000Z",
                               "-enddate", "20200201000000Z"], cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return pem, key
