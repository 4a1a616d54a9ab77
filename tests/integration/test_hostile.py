"""Anything may arrive: it is counted, and what follows is heard."""
import os
import random
import unittest

from support import Case, PE_A, STRANGER, send

V2C_BEGIN = bytes.fromhex("302902010104067075626c6963a71c")


class Hostile(Case):
    def flood(self, port, payloads, source):
        for payload in payloads:
            send(port, payload, source)

    def payloads(self):
        dice = random.Random(7)
        noise = [dice.randbytes(dice.randrange(1, 1400)) for _ in range(60)]
        return [b"", b"\0", b"\n", b"<", b"<188>", b"%%01", b"\xff" * 60000, b"A" * 60000, V2C_BEGIN, b"\x30\x84\xff\xff\xff\xff",
                b"\x30\x80\x02\x01\x01\x00\x00", b"<999>" + b"%%01ETRUNK/4/" * 400, b"%n%s%x\x1b[2J\r\n", *noise]

    def test_counted_and_survived(self):
        self.start()
        payloads = self.payloads()
        for port in (self.syslog, self.snmp):
            self.flood(port, payloads, PE_A)
            self.flood(port, payloads, STRANGER)
        self.fault()
        live = self.wait_transition("raised", "no-switchover")
        self.assertEqual(live["sub_interfaces"], ["Eth-Trunk10.100"])
        counts = self.counters()
        sent = 4 * len(payloads) + 3
        self.assertEqual(counts["received"], sent)
        not_in_sum = ("received", "raised", "cleared", "late", "unlearnt_if_index")
        self.assertEqual(sum(v for k, v in counts.items() if k not in not_in_sum), sent, counts)
        self.assertGreaterEqual(counts["malformed_trap"], 2 * len(payloads))
        self.assertEqual(counts["events"], 3)
        for kind, each in (("syslog", 2 * len(payloads) + 3), ("snmp", 2 * len(payloads))):
            socket_counts = self.socket_counters(kind)
            self.assertEqual((socket_counts["received"], socket_counts["fed"], socket_counts["kernel_drops"]), (each, each, 0))
        self.assertEqual(self.socket_counters("syslog")["cut"], 4)
        self.assertNotIn("\x1b", self.log())
        self.assertEqual(self.stop(), 0)

    def test_many_sources_are_bounded(self):
        self.start()
        for i in range(1100):
            send(self.syslog, b"x", f"127.1.{i >> 8}.{i & 255}")
        send(self.snmp, b"\x30\x03\x02\x01\x03", PE_A)
        self.fault()
        self.wait_transition("raised", "no-switchover")
        self.assertEqual(self.counters()["received"], 1103)
        # Places are kept for the troubles of devices.
        self.assertEqual(self.log().count("report.source: ignored from=127.1."), 768)
        self.assertIn(f"of more sources than are listed datagrams={1100 - 768}", self.log())
        self.assertRegex(self.log(), f"report.source: ignored from={PE_A} .*v3_malformed=1")
        self.assertLess(self.log().count("datagram of an unknown source"), 100)

    def test_an_output_that_fails_stops_nothing(self):
        os.symlink("/dev/full", self.path("alerts.jsonl"))
        self.start()
        self.fault()
        self.wait_log("output: can't be written")
        os.unlink(self.path("alerts.jsonl"))
        self.assertEqual(self.wait_transition("raised", "no-switchover")["device"], "pe-a")
        self.wait_log("output: can be written again")

    def test_a_closed_standard_output_stops_nothing(self):
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml") + "  - {type: stdout}\n")
        self.start("sh", "-c", 'exec "$@" >&-', "sh")
        self.fault()
        self.wait_transition("raised", "no-switchover")
        self.assertEqual(self.stop(), 0)


if __name__ == "__main__":
    unittest.main()
