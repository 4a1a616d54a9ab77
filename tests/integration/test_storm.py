"""Reloads without end, while messages arrive: nothing is lost, and the last files are in force."""
import os
import signal
import time
import unittest

from support import Case, INVENTORY, PE_A, PE_B, link, role, send, wait_for


class Reloads(Case):
    def storm(self, signals, each):
        """SIGHUPs while datagrams arrive; what arrives is neither lost nor counted twice."""
        sent = 0
        for i in range(signals):
            self.daemon.send_signal(signal.SIGHUP)
            each(i)
            for host, source in (("PE-A", PE_A), ("PE-B", PE_B)):
                for _ in range(5):
                    send(self.syslog, role(host, "Master" if host == "PE-A" else "Backup"), source)
                    sent += 1
            time.sleep(0.005)
        self.daemon.send_signal(signal.SIGHUP)
        return sent

    def settled(self, sent):
        """All datagrams are through."""
        wait_for("all of it", lambda: self.counters()["received"] == sent)
        self.assertEqual(self.counters()["events"], sent)
        self.assertEqual(self.socket_counters("syslog")["kernel_drops"], 0)

    def test_a_storm_of_sighups(self):
        self.start()
        text = self.read("inventory.yaml")

        def change(i, words=("mld", "nd", "l3")):
            self.write("new", text.replace("igmp", words[i % len(words)]))
            os.rename(self.path("new"), self.path("inventory.yaml"))
        sent = self.storm(300, change)
        change(0, ["ipsec"])
        self.daemon.send_signal(signal.SIGHUP)
        self.settled(sent)
        send(self.syslog, link("PE-A", "Eth-Trunk10.200"), PE_A)
        self.assertEqual(self.wait_transition("raised", "no-switchover")["services"], ["ipsec"])
        self.assertNotIn("reload: refused", self.log())

    def test_bad_files_under_load(self):
        self.start()
        self.write("inventory.yaml", "devices: 7\n")
        sent = self.storm(40, lambda i: None)
        self.settled(sent)
        self.assertIn("reload: refused", self.log())
        self.assertNotIn("reload: done", self.log())
        send(self.syslog, link("PE-A", "Eth-Trunk10.200"), PE_A)
        self.assertEqual(self.wait_transition("raised", "no-switchover")["services"], ["igmp"])

    def test_pairs_come_and_go_under_load(self):
        more = ("  pe-c: {addresses: [127.0.1.3], hostnames: [PE-C]}\n  pe-d: {addresses: [127.0.1.4], hostnames: [PE-D]}\npairs:\n"
                "  metro-8:\n    devices: [pe-c, pe-d]\n    e-trunks: {2: {members: [{trunks: {pe-c: Eth-Trunk10, pe-d: Eth-Trunk10}}]}}\n")
        with_both = INVENTORY.replace("pairs:\n", more)
        self.write("inventory.yaml", with_both)
        self.start()
        self.fault()
        for lives in range(1, 4):
            send(self.syslog, role("PE-C", "Master"), "127.0.1.3")
            send(self.syslog, link("PE-C", "Eth-Trunk10.5"), "127.0.1.3")
            raised = self.wait_transition("raised", "no-switchover", count=lives + 1)
            self.assertEqual((raised["pair"], raised["device"]), ("metro-8", "pe-c"))
            self.write("inventory.yaml", INVENTORY)
            self.daemon.send_signal(signal.SIGHUP)
            cleared = self.wait_transition("cleared", "no-switchover", count=lives)
            self.assertEqual((cleared["alert_id"], cleared["cleared_by"]), (raised["alert_id"], "removed"))
            self.write("inventory.yaml", with_both)
            self.daemon.send_signal(signal.SIGHUP)
            self.wait_log("reload: done", 2 * lives)
        # What stayed in the inventory has not noticed.
        ours = [t for t in self.transitions() if t["pair"] == "metro-7"]
        self.assertEqual([t["transition"] for t in ours], ["raised"])


if __name__ == "__main__":
    unittest.main()
