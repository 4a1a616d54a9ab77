"""Syslog over TLS: who is let in, and on what word."""
import ssl
import subprocess
import unittest

from certificates import Authority
from support import PATIENCE, PE_A, PE_B, STRANGER
from test_tcp import LINE, counted
from tls import Tls


class Certificates(Tls):
    def test_the_certificate_says_who_it_is(self):
        # From addresses that nobody has; the names inside are lies, and do not count.
        self.start()
        a = self.connect(STRANGER, self.ca.sign("a", common="router", alternatives="DNS:other.example,DNS:PE-A.example"))
        b = self.connect(STRANGER, self.ca.sign("b", common="router", alternatives="IP:192.0.2.2"))
        master, backup, down = (m.replace("PE-B", "X").replace("PE-A", "X") for m in self.messages())
        a.sendall(counted(master))
        b.sendall(backup.encode() + b"\n" + LINE)
        self.wait_counts(received=3)
        a.sendall(counted(down) + counted(LINE.decode()))
        self.assert_heard()
        counts = self.wait_counts(open=2, accepted=2, received=5, fed=5, done=2, certificates=2)
        self.assertEqual(counts["framing_errors"], 0)
        self.assertNotIn("ignored from=", self.log())
        b.unwrap()
        self.wait_counts(open=1, ended=1)
        # What it did not finish is its loss, too.
        a.sendall(b"500 <190>half a message")
        self.wait_counts(bytes=counts["bytes"] + 23)
        a.close()
        self.wait_counts(open=0, unfinished=1, lost=1)
        self.assertIn(f"loss: trunkwatch-loss disconnect 1 {STRANGER} certificate PE-A.example socket=", self.log())
        self.assertEqual(self.line_counters("report.device: pe-a")["unfinished"], 1)
        self.assertIn("report.pair: metro-7 feed=lossy ", self.log())

    def test_by_common_name_or_by_address(self):
        self.start()
        a = self.connect(STRANGER, self.ca.sign("a", common="pe-a.example"))
        b = self.connect(PE_B, self.ca.sign("b", common="nobody"))
        relay = self.connect("127.0.0.1", self.ca.sign("c", alternatives="DNS:relay.example"))
        master, backup, down = self.messages()
        a.sendall(counted(master))
        b.sendall(counted(backup))
        self.wait_counts(received=2)
        relay.sendall(counted(down))
        self.assert_heard()
        self.assertEqual(self.counters()["events"], 3)

    def test_a_relay_by_its_certificate(self):
        self.write("inventory.yaml", self.read("inventory.yaml").replace("[127.0.0.1]", "[{certificate: relay.example}]"))
        self.start()
        relay = self.connect(STRANGER, self.ca.sign("c", alternatives="DNS:relay.example"))
        for message in self.messages():
            relay.sendall(counted(message))
        self.assert_heard()

    def test_a_relay_at_the_address_of_a_device(self):
        self.write("inventory.yaml", self.read("inventory.yaml").replace("[127.0.0.1]", "[{certificate: relay.example}]"))
        self.start()
        relay = self.connect(PE_A, self.ca.sign("c", alternatives="DNS:relay.example"))
        for message in self.messages():
            relay.sendall(counted(message))
        self.assert_heard()
        bytes_before = self.counts()["bytes"]
        relay.sendall(b"500 <190>half a message")
        self.wait_counts(bytes=bytes_before + 23)
        relay.close()
        self.wait_counts(open=0, unfinished=1, lost=1)
        self.assertEqual(self.line_counters("report.nobody: of no device")["unfinished"], 1)
        self.assertNotIn("unfinished", self.line_counters("report.device: pe-a"))

    def test_a_certificate_for_two(self):
        """By its address it is one of them."""
        self.start()
        both = self.ca.sign("ab", common="pe-a.example", alternatives="DNS:pe-a.example,IP:192.0.2.2")
        master, backup, down = self.messages()
        a, b = self.connect(PE_A, both), self.connect(PE_B, both)
        a.sendall(counted(master))
        b.sendall(counted(backup))
        self.wait_counts(received=2)
        a.sendall(counted(down))
        self.assert_heard()
        for name in ("pe-a", "pe-b"):
            self.assertEqual(self.line_counters(f"report.device: {name}")["identity_conflicts"], 1)
        line = "a certificate has the names of two devices: give each its own from="
        self.assertIn(f"{line}{PE_A} device=pe-a other=pe-b", self.log())
        self.assertIn(f"{line}{PE_B} device=pe-b other=pe-a", self.log())

    def test_who_is_not_let_in(self):
        self.start()
        other = Authority(self.folder, "other")
        cases = [
            ("no_certificate", PE_A, None, "the client has no certificate"),
            ("not_verified", PE_A, other.sign("a", common="pe-a.example"), "certificate"),
            ("not_verified", PE_A, self.ca.sign("old", common="pe-a.example", expired=True), "certificate has expired"),
            ("not_verified", PE_A, self.ca.sign("use", common="pe-a.example", usage="serverAuth"), "purpose"),
            ("refused_certificate", STRANGER, self.ca.sign("x", common="pe-c.example"), "certificate of no device or relay, refused"),
            # Names of other kinds are none.
            ("refused_certificate", STRANGER, self.ca.sign("kinds", common="none", alternatives="email:pe-a.example,URI:pe-a.example"),
             "certificate of no device or relay, refused")]
        for i, (counter, source, certificate, text) in enumerate(cases):
            with self.subTest(counter=counter, text=text):
                before = self.counts()[counter]
                try:
                    s = self.connect(source, certificate)
                    s.sendall(counted(self.messages()[0]))
                    self.assert_closed(s)
                except (ssl.SSLError, ConnectionResetError, BrokenPipeError):
                    pass
                self.wait_counts(**{counter: before + 1, "accepted": i + 1, "open": 0})
                self.assertIn(text, self.log())
        self.assertEqual(self.counts()["received"], 0)
        self.assertIn(f"ignored from={STRANGER} unknown=0 other_community=0 connections=0 handshakes=0 certificates=2", self.log())

    def test_who_does_not_speak_tls(self):
        self.start()
        plain, gone, rejects = self.raw(PE_A), self.raw(PE_A), self.context(ca=Authority(self.folder, "other").pem)
        plain.sendall(self.messages()[0].encode() + b"\n")
        self.assert_closed(plain)
        self.wait_counts(protocol=1, open=1)
        gone.close()
        self.wait_counts(hung_up=1, open=0)
        with self.assertRaises(ssl.SSLError):
            self.connect(PE_A, context=rejects)
        self.wait_counts(rejected=1, open=0)
        old = self.context(self.ca.sign("a", common="pe-a.example"))
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_2
        self.assertEqual(self.connect(STRANGER, context=old).version(), "TLSv1.2")
        stranger = self.raw(STRANGER)
        stranger.sendall(b"GET / HTTP/1.0\r\n\r\n")
        self.assert_closed(stranger)
        self.wait_counts(protocol=2, open=1, accepted=5)
        self.assertEqual(self.log().count("TLS handshake of an unknown source failed"), 1)

    def test_s_client(self):
        self.start()
        master, backup, down = self.messages()
        certificates = {PE_A: self.ca.sign("a", common="pe-a.example"), PE_B: self.ca.sign("b", alternatives="IP:192.0.2.2")}
        for source, stream in ((PE_A, counted(master)), (PE_B, backup.encode() + b"\n"), (PE_A, counted(down))):
            pem, key = certificates[source]
            done = subprocess.run(["openssl", "s_client", "-quiet", "-no_ign_eof", "-connect", f"127.0.0.1:{self.port}", "-bind", "127.0.1.8:0",
                                   "-CAfile", self.ca.pem, "-verify_return_error", "-cert", pem, "-key", key], input=stream,
                                  capture_output=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_heard()
        self.wait_counts(received=3, ended=3, open=0)
        done = subprocess.run(["openssl", "s_client", "-quiet", "-no_ign_eof", "-connect", f"127.0.0.1:{self.port}", "-CAfile", self.ca.pem],
                              input=counted(master), capture_output=True, timeout=PATIENCE)
        self.wait_counts(no_certificate=1, received=3)


class Optional(Tls):
    def setUp(self):
        super().setUp()
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml").replace("client-ca: ca.pem}",
                                                                             "client-ca: ca.pem, client-certificates: optional, least-version: 1.3}"))

    def test_the_address_alone(self):
        self.start()
        a = self.connect(PE_A)
        a.sendall(counted(self.messages()[0]))
        self.wait_counts(received=1, done=1, certificates=0)
        # A wrong certificate is worse than none.
        other = Authority(self.folder, "other").sign("a", common="pe-a.example")
        try:
            self.assert_closed(self.connect(PE_A, other))
        except ssl.SSLError:
            pass
        self.wait_counts(not_verified=1)
        self.assert_closed(self.connect(STRANGER))
        self.wait_counts(refused_certificate=1)
        old = self.context()
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        with self.assertRaises(ssl.SSLError):
            self.connect(PE_A, context=old)
        self.wait_counts(protocol=1, open=1)

    def test_no_authority_at_all(self):
        # Then a stranger has nothing to show, and is not listened to.
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml").replace("client-ca: ca.pem, ", ""))
        self.start()
        self.connect(PE_A).sendall(counted(self.messages()[0]))
        self.assert_closed(self.raw(STRANGER))
        self.wait_counts(received=1, refused_source=1, accepted=1)


if __name__ == "__main__":
    unittest.main()
