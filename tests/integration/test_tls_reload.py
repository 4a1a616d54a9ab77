"""Certificates, keys and authorities: read at the start, with SIGHUP and by --check."""
import os
import signal
import ssl
import subprocess
import unittest

from certificates import Authority
from support import PATIENCE, STRANGER, TRUNKWATCHD
from test_tcp import LINE
from tls import TLS, Tls


class Reload(Tls):
    def reload(self, text):
        before = self.log().count(text)
        self.daemon.send_signal(signal.SIGHUP)
        self.wait_log(text, before + 1)

    def serial(self, s):
        return s.getpeercert()["serialNumber"]

    def test_new_files(self):
        self.start()
        mine = self.ca.sign("a", common="pe-a.example")
        old = self.connect(STRANGER, mine)
        first = self.serial(old)
        # Bad ones: the old ones stay.
        good = self.read("server.key")
        self.write("server.key", "nonsense")
        self.reload("refused: everything stays as it was")
        self.assertIn("trunkwatchd.yaml:10:37: tls.key", self.log())
        self.assertEqual(self.serial(self.connect(STRANGER, mine)), first)
        self.write("server.key", good)
        # Another certificate, and another authority of routers.
        other = Authority(self.folder, "other")
        self.ca.sign("server", common="collector", alternatives="DNS:collector")
        os.chmod(self.path("server.key"), 0o644)
        theirs = self.lax(other.sign("b", common="pe-a.example"))
        self.write("ca.pem", self.read("other.pem"))
        self.reload("reload: done")
        self.assertRegex(self.log(), r"warning reload: .*trunkwatchd.yaml:\d+:\d+: tls.key '.*server.key' is readable by everybody")
        new = self.connect(STRANGER, context=theirs)
        self.assertNotEqual(new.getpeercert(True), old.getpeercert(True))
        # Who is connected goes on; who comes again with what is no longer believed does not.
        old.sendall(LINE)
        new.sendall(LINE)
        self.wait_counts(received=2)
        self.assert_closed(self.connect(STRANGER, context=self.lax(mine)))
        self.wait_counts(not_verified=1)

    def lax(self, certificate):
        """A client that trusts any server: ca.pem is another one by now."""
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        c.load_cert_chain(*certificate)
        c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
        return c

    def test_who_is_taken_out_of_the_inventory(self):
        self.start()
        a, b = self.connect(STRANGER, self.ca.sign("a", common="pe-a.example")), self.connect(STRANGER, self.ca.sign("b", common="192.0.2.2"))
        self.wait_counts(done=2)
        self.write("inventory.yaml", self.read("inventory.yaml").replace("pe-a.example", "pe-c.example"))
        self.reload("reload: done")
        self.assert_closed(a)
        b.sendall(LINE)
        self.wait_counts(received=1, gone=1, open=1)

    def test_tls_taken_out(self):
        self.start()
        text = self.read("trunkwatchd.yaml")
        self.write("trunkwatchd.yaml", text.replace(TLS, "").replace("tls://", "tcp://"))
        self.reload("tls was taken out, and a socket needs it: the old one stays")
        self.connect(STRANGER, self.ca.sign("a", common="pe-a.example")).sendall(LINE)
        self.wait_counts(received=1)

    def test_check(self):
        os.chmod(self.path("server.key"), 0o644)
        done = self.check()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"warning: .*trunkwatchd.yaml:\d+:\d+: tls.key '.*server.key' is readable by everybody on this host")
        self.ca.sign("server", common="collector", expired=True)
        self.assertIn("server.pem' has expired", self.check().stderr)
        good = self.read("trunkwatchd.yaml")
        for old, new, where, text in (("server.pem", "none.pem", "10:20", "No such file"), ("ca.pem", "server.key", "10:60", "no certificates in PEM"),
                                      ("server.key", "ca.key", "10:37", "mismatch"), ("server.pem", ".", "10:20", "directory")):
            self.write("trunkwatchd.yaml", good.replace(old, new))
            done = self.check()
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, f"yaml:{where}: tls.*{text}")

    def test_credentials_of_systemd(self):
        os.mkdir(self.path("given"))
        os.rename(self.path("server.key"), self.path("given/key"))
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml").replace("key: server.key", 'key: "${CREDENTIALS_DIRECTORY}/key"'))
        self.start(environment=self.environment(CREDENTIALS_DIRECTORY=self.path("given")))
        self.connect(STRANGER, self.ca.sign("a", common="pe-a.example")).sendall(LINE)
        self.wait_counts(received=1)

    def check(self):
        return subprocess.run([TRUNKWATCHD, "-c", self.path("trunkwatchd.yaml"), "--check"], capture_output=True, text=True, timeout=PATIENCE)


if __name__ == "__main__":
    unittest.main()
