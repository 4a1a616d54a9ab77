"""Real senders: the daemon says what a replay of the same input says."""
import shutil
import socket
import subprocess
import time
import unittest

from support import Case, PATIENCE, PE_A, PE_B, SOURCE, link, pcap, role, send

MEMBER = "1.3.6.1.4.1.2011.5.25.178.1.2.1"
LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"


def run(*command):
    subprocess.run(command, check=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)


def snmptrap(port, source, version, number, uptime, community="public"):
    """One of three traps: 0 and 1 say who is master and who backup, 2 that Eth-Trunk10.100 is down."""
    trunk = "10" if source == PE_A else "20"
    state, reason = ("2", "5") if source == PE_A else ("1", "4")
    member = [f"{MEMBER}.4.1.1.{trunk}", "i", state, f"{MEMBER}.5.1.1.{trunk}", "i", reason]
    interface = ["1.3.6.1.2.1.2.2.1.1.37", "i", "37", "1.3.6.1.2.1.2.2.1.7.37", "i", "1", "1.3.6.1.2.1.2.2.1.8.37", "i", "2"]
    base = ["snmptrap", "-v", version, "-c", community, f"--clientaddr={source}", "-M", f"{SOURCE}/mibs"]
    if version == "1":
        what = ["1.3.6.1.4.1.2011.5.25.178.2", source, "6", "2", uptime] if number < 2 else ["1.3.6.1.4.1.2011", source, "2", "0", uptime]
    else:
        what = [uptime, "HUAWEI-E-TRUNK-MIB::hwETrunkMemberStatusChange" if number < 2 else LINK_DOWN]
        base += ["-m", "HUAWEI-E-TRUNK-MIB"]
    run(*base, f"127.0.0.1:{port}", *what, *(member if number < 2 else interface))


@unittest.skipUnless(shutil.which("snmptrap"), "snmptrap is not installed")
class Traps(Case):
    def captured(self, version):
        """The bytes of the three traps, as snmptrap makes them."""
        packets = []
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            s.settimeout(PATIENCE)
            for number, source in enumerate([PE_A, PE_B, PE_A]):
                snmptrap(s.getsockname()[1], source, version, number, str(50000 + 100 * number))
                data, sender = s.recvfrom(65536)
                self.assertEqual(sender[0], source)
                packets.append((1786212000 + number, source, 162, data))
        pcap(self.path("traps.pcap"), packets)

    def judge(self, version):
        self.start()
        for number, source in enumerate([PE_A, PE_B, PE_A]):
            snmptrap(self.snmp, source, version, number, str(50000 + 100 * number))
        live = self.wait_transition("raised", "no-switchover")
        self.assertEqual((live["device"], live["sub_interfaces"]), ("pe-a", ["Eth-Trunk10.100"]))
        self.captured(version)
        self.assert_same_alert(live, self.replay("traps.pcap"))

    def test_v2c(self):
        self.judge("2c")

    def test_v1(self):
        self.judge("1")

    def test_another_community_is_not_heard(self):
        self.start()
        snmptrap(self.snmp, PE_A, "2c", 0, "50000", community="secret")
        snmptrap(self.snmp, PE_A, "2c", 2, "50100")
        self.wait_transition("raised", "no-switchover")
        self.assertEqual(self.counters()["received"], 1)
        counts = self.socket_counters("snmp")
        self.assertEqual((counts["received"], counts["fed"], counts["other_community"]), (2, 1, 1))
        self.assertNotIn("secret", self.log())

    def test_an_index_without_a_name_is_shown(self):
        self.write("inventory.yaml", self.read("inventory.yaml").replace("37: Eth-Trunk10.100", "38: Eth-Trunk10.100"))
        self.start()
        snmptrap(self.snmp, PE_A, "2c", 2, "50000")
        self.wait_log_of_device("pe-a", "unnamed_if_index=1")

    def wait_log_of_device(self, device, text):
        for _ in range(50):
            self.counters()
            if any(f"report.device: {device}" in line and text in line for line in self.log().splitlines()):
                return
        self.fail(self.log())


class Syslog(Case):
    def recorded(self):
        self.write("input.log", "\n".join([role("PE-A", "Master"), role("PE-B", "Backup"), link("PE-A", "Eth-Trunk10.100")]) + "\n")

    def test_datagrams(self):
        self.start()
        self.fault()
        self.recorded()
        live = self.wait_transition("raised", "no-switchover")
        self.assert_same_alert(live, self.replay("input.log"))
        self.assertEqual(live["confidence"], "confirmed")
        time.sleep(1.1)  # stamps count seconds: a recovery in the second of the raise might have been before it
        send(self.syslog, link("PE-A", "Eth-Trunk10.100", up=True), PE_A)
        cleared = self.wait_transition("cleared", "no-switchover")
        self.assertEqual((cleared["alert_id"], cleared["cleared_by"]), (live["alert_id"], "recovered"))
        self.assertEqual(self.log().count("transition=raised condition=no-switchover"), 1)

    @unittest.skipUnless(shutil.which("nc"), "nc is not installed")
    def test_nc(self):
        self.start()
        self.fault(lambda line, source: subprocess.run(["nc", "-u", "-s", source, "-w", "1", "127.0.0.1", str(self.syslog)],
                                                       input=line.encode(), check=True, timeout=PATIENCE))
        self.recorded()
        self.assert_same_alert(self.wait_transition("raised", "no-switchover"), self.replay("input.log"))

    @unittest.skipUnless(shutil.which("logger"), "logger is not installed")
    def test_logger_is_a_relay(self):
        # What a router writes after <PRI>, in a logger's message: 127.0.0.1 is a relay, the header inside names the router.
        self.start()
        self.fault(lambda line, source: run("logger", "-n", "127.0.0.1", "-P", str(self.syslog), "-d", "--rfc3164", "--",
                                            line.split(">", 1)[1]))
        self.recorded()
        self.assert_same_alert(self.wait_transition("raised", "no-switchover"), self.replay("input.log"))

    def test_unknown_source_is_counted_and_not_heard(self):
        self.start()
        self.fault(lambda line, source: send(self.syslog, line, "127.0.1.9"))
        self.wait_log("unknown source")
        counts = self.counters()
        self.assertEqual((counts["received"], counts["ignored_unknown_source"], counts["raised"]), (3, 3, 0))
        self.assertIn("ignored from=127.0.1.9 unknown=3", self.log())
        self.assertEqual(self.log().count("datagram of an unknown source"), 1)

    def test_what_the_inventory_says_needs_no_record(self):
        self.write("inventory.yaml", self.read("inventory.yaml").replace(
            "    e-trunks:", "    backup-profiles:\n      rbp: {mode: virtual, services: [arp], rbs: r, protocol: e-trunk}\n    e-trunks:"))
        self.start()
        self.assertEqual(self.wait_transition("raised", "mode-ineffective")["severity"], "warning")
        self.assertEqual(self.counters()["received"], 0)


if __name__ == "__main__":
    unittest.main()
