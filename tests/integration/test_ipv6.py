"""Syslog and SNMP over IPv6; a socket of [::] is IPv6 alone, so both may be listed."""
import shutil
import socket
import subprocess
import unittest

from support import PE_A, link, role, send
from usm import OTHER, Usm


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


@unittest.skipUnless(has_ipv6() and shutil.which("snmptrap"), "no IPv6, or no snmptrap")
class IPv6(Usm):
    def setUp(self):
        super().setUp()
        self.host = "::1"
        self.write("inventory.yaml", self.read("inventory.yaml").replace("addresses: [127.0.1.1]", 'addresses: [127.0.1.1, "::1"]'))

    def listen(self, *hosts):
        text = self.read("trunkwatchd.yaml")
        for port in (self.syslog, self.snmp):
            text = text.replace(f'["udp://127.0.0.1:{port}"]', str([f"udp://{h}:{port}" for h in hosts]))
        self.write("trunkwatchd.yaml", text)

    def send6(self, line):
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
            s.sendto(line.encode(), ("::1", self.syslog))

    def test_a_fault(self):
        self.listen("[::1]", "127.0.0.1")
        self.configure()
        self.start()
        self.send6(role("PE-A", "Master"))
        send(self.syslog, role("PE-B", "Backup"), "127.0.1.2")
        self.trap()
        self.assertEqual(self.wait_transition("raised", "no-switchover")["device"], "pe-a")

    def test_versions_and_answers(self):
        self.listen("[::1]")
        self.configure()
        self.start()
        for n, (version, options) in enumerate([("1", ["-c", "public"]), ("2c", ["-c", "public"])]):
            if version == "1":
                self.run_peer_v1()
            else:
                self.run_peer("snmptrap", *options, version=version, trap=OTHER)
            self.wait_counts(fed=n + 1)
        self.trap(trap=OTHER)
        self.inform("-c", "public", version="2c", trap=OTHER)
        self.inform(trap=OTHER)
        self.wait_counts(fed=5)

    def run_peer_v1(self):
        subprocess.run(["snmptrap", "-v", "1", "-c", "public", f"udp6:[::1]:{self.snmp}", "1.3.6.1.4.1.2011", "192.0.2.1", "6", "99", "50000"],
                       check=True, timeout=10)

    def test_everything(self):
        """Answers leave from the address that was asked."""
        self.listen("[::]", "0.0.0.0")
        self.configure()
        self.start()
        self.inform(trap=OTHER)
        self.host = "127.0.0.5"
        self.inform(trap=OTHER, source=PE_A)
        self.inform("-c", "public", version="2c", trap=OTHER, source=PE_A)
        self.assertEqual(self.counters()["ignored_no_rule"], 3)
