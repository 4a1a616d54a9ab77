"""SIGHUP: all files again, all or nothing, state kept."""
import os
import shutil
import signal
import time
import unittest

from support import Case, PE_A, RULES, link, send


class Reload(Case):
    def reload(self, text, count=1):
        before = self.log().count(text)
        self.daemon.send_signal(signal.SIGHUP)
        self.wait_log(text, before + count)
        self.hear()

    def raise_alert(self):
        self.fault()
        return self.wait_transition("raised", "no-switchover")

    def clear_alert(self, alert):
        send(self.syslog, link("PE-A", "Eth-Trunk10.100", up=True), PE_A)
        cleared = self.wait_transition("cleared", "no-switchover")
        self.assertEqual(cleared["alert_id"], alert["alert_id"])

    def test_good_files_are_taken_and_alerts_stay(self):
        self.start()
        alert = self.raise_alert()
        self.write("inventory.yaml", self.read("inventory.yaml").replace("200: {services: [igmp]}", "200: {services: [mld]}"))
        self.reload("reload: done")
        self.wait_told("READY=1", 2)
        self.assertIn("RELOADING=1", self.hear())
        send(self.syslog, link("PE-A", "Eth-Trunk10.200"), PE_A)
        self.assertIn("mld", self.wait_transition("updated", "no-switchover")["services"])
        send(self.syslog, link("PE-A", "Eth-Trunk10.200", up=True), PE_A)
        self.clear_alert(alert)
        self.assertEqual(len([t for t in self.transitions() if t["transition"] == "raised"]), 1)

    def test_what_is_no_file_changes_nothing(self):
        rules = self.path("rules")
        shutil.copytree(RULES, rules)
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml").replace(RULES, "rules"))
        self.start()
        # A pipe without a writer must not be waited for, nor one whose writer says nothing for long.
        os.rename(self.path("inventory.yaml"), self.path("good"))
        os.mkfifo(self.path("inventory.yaml"))
        self.reload("reload: refused")
        silent = os.open(self.path("inventory.yaml"), os.O_RDWR)
        self.reload("reload: refused")
        os.close(silent)
        self.assertIn("inventory.yaml: Connection timed out", self.log())
        os.rename(self.path("good"), self.path("inventory.yaml"))
        # An alert without its hints says less: a folder that can't be read is not an empty one.
        for name in ("events", "conditions", "hints"):
            os.rename(f"{rules}/{name}", f"{rules}/kept")
            self.write(f"rules/{name}", "")
            self.reload("reload: refused")
            self.assertIn(f"rules/{name}: Not a directory", self.log())
            os.unlink(f"{rules}/{name}")
            os.rename(f"{rules}/kept", f"{rules}/{name}")
        self.reload("reload: done")
        self.assertTrue(self.raise_alert()["hints"])

    def test_bad_files_change_nothing(self):
        rules = self.path("rules")
        shutil.copytree(RULES, rules)
        good = self.read("trunkwatchd.yaml").replace(RULES, "rules")
        self.write("trunkwatchd.yaml", good)
        self.start()
        alert = self.raise_alert()
        hold = good.replace("hold: 1s", "hold: 3x")
        unknown = good + "colour: blue\n"
        for name, text, place in [("trunkwatchd.yaml", "inventory: [\n", "trunkwatchd.yaml:2:1: not valid YAML"),
                                  ("trunkwatchd.yaml", unknown, "trunkwatchd.yaml:10:1: unknown key 'colour'"),
                                  ("trunkwatchd.yaml", hold, "trunkwatchd.yaml:7:25: "),
                                  ("trunkwatchd.yaml", good.replace("no-switchover", "no-swichover"), ":7:3: unknown condition"),
                                  ("inventory.yaml", "devices: 7\n", "inventory.yaml:1:10: "),
                                  ("rules/events/more.yaml", EXPONENTIAL, "more.yaml:")]:
            old = self.read(name)
            self.write(name, text)
            self.reload("reload: refused")
            self.assertIn(place, self.log())
            self.write(name, old) if old else os.unlink(self.path(name))
        self.reload("reload: done")
        self.clear_alert(alert)
        self.wait_told("READY=1", 8)

    def test_while_it_starts_it_waits(self):
        self.start(ready=False)
        self.wait_log("patterns are compiled")
        ready = False  # a fast one may be ready before it is asked: once in any case
        while not ready:
            ready = "READY=1" in self.hear()
            self.daemon.send_signal(signal.SIGHUP)
            self.assertIsNone(self.daemon.poll(), self.log())
            time.sleep(0.001)
        self.wait_log("reload: done")

    def test_an_address_that_changes_needs_a_restart(self):
        self.start()
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml").replace(f":{self.snmp}", ":1"))
        self.reload("reload: done")
        self.assertIn("restart to use it key=listen.snmp", self.log())
        self.raise_alert()

    def test_files_are_opened_anew(self):
        self.start()
        alert = self.raise_alert()
        os.rename(self.path("alerts.jsonl"), self.path("alerts.1"))
        self.reload("reload: done")
        self.clear_alert(alert)
        self.assertEqual([t["transition"] for t in self.transitions()], ["cleared"])
        self.assertEqual([t["transition"] for t in self.transitions("alerts.1")], ["raised"])
        # Also when what was to be loaded is refused.
        self.write("inventory.yaml", "")
        os.rename(self.path("alerts.jsonl"), self.path("alerts.2"))
        self.reload("reload: refused")
        self.assertTrue(os.path.exists(self.path("alerts.jsonl")))

    def test_outputs_may_change(self):
        self.start()
        alert = self.raise_alert()
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml").replace("path: alerts.jsonl", "path: other.txt, format: text"))
        self.reload("reload: done")
        send(self.syslog, link("PE-A", "Eth-Trunk10.100", up=True), PE_A)
        self.wait_log("transition=cleared condition=no-switchover")
        self.assertIn(alert["alert_id"], self.read("other.txt"))
        self.assertEqual(len(self.transitions()), 1)


EXPONENTIAL = """events:
  - rule: exponential
    event: interface-down
    log:
      messages: [IFNET/SLOW]
      text: '(a+)+$'
      fields:
        interface: {key: ifName}
    examples:
      - log: '<188>Aug  8 2026 18:07:30 PE-A %%01IFNET/4/SLOW(l):CID=0x1;""" + "a" * 60 + """b (ifName=Eth-Trunk10)'
        gives: {interface: Eth-Trunk10}
"""

if __name__ == "__main__":
    unittest.main()
