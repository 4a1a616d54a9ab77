"""What people do about alerts: ack, silence, maintenance, from the command to the outputs and over a restart."""
import json
import os
import pwd
import time
import unittest

from support import PATIENCE, PE_A, link, send, wait_for
from web import WebCase

ME = pwd.getpwuid(os.getuid()).pw_name


class People(WebCase):
    def setUp(self):
        super().setUp()
        self.configure("outputs:", "control: control.sock\noutputs:")

    def command(self, *arguments, status=0):
        done = self.run_command(*arguments, "-c", self.path("trunkwatchd.yaml"))
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertNotIn("Sanitizer", done.stderr)
        return done.stdout if status == 0 else done.stderr

    def alert(self, alert_id):
        return self.json(f"/api/v1/alerts/{alert_id}")

    def raise_one(self):
        self.fault()
        return self.wait_transition("raised", "no-switchover")

    def nth(self, number):
        """The transition with this number, of the one alert there is."""
        return wait_for(f"transition {number}",
                        lambda: next((t for t in self.transitions() if t["number"] == number), None), log=self.log)


class Acknowledged(People):
    def test_taken_and_given_back(self):
        self.start()
        raised = self.raise_one()
        self.assertEqual((raised["number"], raised["change"], raised["acknowledged"], raised["silenced"]), (1, None, None, None))
        alert = raised["alert_id"]
        self.assertEqual(self.command("ack", alert[:6], "-m", 'on "it",\nnow: 50%', "--as", "pat"), f"{alert} is acknowledged\n")
        update = self.nth(2)
        self.assertEqual((update["transition"], update["change"], update["silenced"]), ("updated", ["acknowledged"], None))
        self.assertEqual((update["acknowledged"]["by"], update["acknowledged"]["why"]), (f"pat (via {ME})", 'on "it",\\x0anow: 50%'))
        self.assertEqual(self.alert(alert)["acknowledged"], update["acknowledged"])
        self.assertEqual(self.metrics()["trunkwatch_alerts_acknowledged"], 1)
        shown = self.command("alerts")
        self.assertIn("firing, confirmed, ACK", shown)
        self.assertIn(f"; pat (via {ME}) has it: on ", shown)
        self.assertIn("people: trunkwatch-operator ack id=" + alert, self.log())
        self.command("ack", "--undo", alert)
        self.assertEqual((self.nth(3)["change"], self.nth(3)["acknowledged"]), (["acknowledged"], None))
        self.assertIn("nobody has acknowledged it", self.command("ack", "--undo", alert, status=1))
        self.command("ack", alert)
        self.assertEqual(self.nth(4)["acknowledged"]["by"], ME)
        send(self.syslog, link("PE-A", "Eth-Trunk10.100", up=True), PE_A)
        cleared = self.wait_transition("cleared", "no-switchover")
        self.assertEqual((cleared["number"], cleared["acknowledged"]["by"]), (5, ME))
        self.assertIn("no alert that fires has an id that begins with", self.command("ack", alert, status=1))
        self.assertEqual(self.metrics()["trunkwatch_alerts_acknowledged"], 0)
        self.assertEqual(self.metrics()["trunkwatch_core_operator_acts_total"], 3)
        self.assertEqual(self.metrics()["trunkwatch_core_operator_refused_total"], 0)


class Silenced(People):
    def test_begins_and_ends_while_it_fires(self):
        self.start()
        alert = self.raise_one()["alert_id"]
        self.assertRegex(self.command("silence", "--for", "1h", "pair=metro-*", "severity=critical", "service=arp", "-m", "known"),
                         r"^silence s[0-9a-f]{8}, in force until \d{4}-\d\d-\d\dT[0-9:.]+Z\n$")
        quiet = self.nth(2)
        one = self.json("/api/v1/silences")["silences"]
        self.assertEqual([(s["id"], s["by"], s["why"], s["in_force"], s["match"]) for s in one],
                         [(quiet["silenced"]["id"], ME, "known", True, {"pair": "metro-*", "severity": "critical", "service": "arp"})])
        self.assertEqual((quiet["change"], quiet["silenced"]["kind"], quiet["silenced"]["until"]), (["silenced"], "silence", one[0]["until"]))
        self.assertEqual(self.metrics()["trunkwatch_silences"], 1)
        self.assertEqual(self.metrics()["trunkwatch_alerts_silenced"], 1)
        self.assertIn("firing, confirmed, SILENCED", self.command("alerts"))
        self.assertIn("pair=metro-* severity=critical service=arp", self.command("silence", "list"))
        self.assertEqual(json.loads(self.command("silence", "list", "--json"))["silences"], one)
        self.command("silence", "end", one[0]["id"])
        self.assertEqual((self.nth(3)["change"], self.nth(3)["silenced"]), (["silenced"], None))
        self.assertEqual(self.command("silence", "list"), "None.\n")
        # The word may stand behind options as well; a value that looks like it is none.
        for name in ("silence", "maintenance"):
            done = self.run_command(name, "-c", self.path("trunkwatchd.yaml"), "list")
            self.assertEqual((done.returncode, done.stdout), (0, "None.\n"), done.stderr)
        self.assertIn("until when", self.command("silence", "-m", "list", "pair=x", status=2))
        done = self.run_command("silence", "-c", self.path("trunkwatchd.yaml"), "-m", "end", "end", "s0")
        self.assertEqual((done.returncode, done.stderr), (1, "trunkwatch silence: no silence has this id\n"))
        self.assertIn("no silence has this id", self.command("silence", "end", one[0]["id"], status=1))
        # It ends by itself, too.
        self.command("silence", "--for", "2s", "condition=no-switchover", "e-trunk=1", "trunk=Eth-Trunk10", "-m", "x")
        self.assertEqual(self.nth(4)["silenced"]["kind"], "silence")
        over = self.nth(5)
        self.assertEqual((over["silenced"], over["time"]), (None, self.nth(4)["silenced"]["until"]))
        self.assertEqual(over["alert_id"], alert)


class Maintained(People):
    def test_now_later_and_again(self):
        self.start()
        told = self.command("maintenance", "add", "--for", "1h", "device=pe-a", "-m", "line cards")
        self.assertRegex(told, r"^maintenance m[0-9a-f]{8}, in force until ")
        raised = self.raise_one()
        self.assertEqual((raised["silenced"]["kind"], raised["silenced"]["by"], raised["silenced"]["why"]), ("maintenance", ME, "line cards"))
        self.assertIn("firing, confirmed, MAINTENANCE", self.command("alerts"))
        # A weekly one that began in the past is open for all of the week but its last seconds.
        day, ago = 86400, time.time() - 86400 * 15
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ago))
        self.command("maintenance", "add", "--from", stamp, "--every", "week", "--for", "6d", "--zone", "Z", "pair=metro-7", "-m", "weekly")
        self.command("maintenance", "add", "--from", time.strftime("%Y-%m-%d %H:%M", time.localtime(time.time() + 2 * day)), "--for", "2h",
                     "e-trunk=1", "pair=metro-7", "-m", "later")
        all_of_them = self.json("/api/v1/maintenance")["maintenance"]
        self.assertEqual([(w["why"], w["in_force"], w["every"], w["for_s"]) for w in all_of_them],
                         [("line cards", True, None, None), ("weekly", True, "week", 6 * day), ("later", False, None, None)])
        self.assertEqual([self.metrics()[f"trunkwatch_maintenance_windows{x}"] for x in ("", "_open")], [3, 2])
        self.assertIn("every week for 6 d 0 h", self.command("maintenance", "list"))
        # One ends, the other still keeps it quiet.
        self.command("maintenance", "end", all_of_them[0]["id"])
        self.assertEqual(self.nth(2)["silenced"]["id"], all_of_them[1]["id"])
        self.command("maintenance", "end", all_of_them[1]["id"])
        self.assertIsNone(self.nth(3)["silenced"])


class WrongUse(People):
    def test_is_told(self):
        self.start()
        self.of_ack()
        self.of_silence()
        self.of_maintenance()

    def of_ack(self):
        for arguments, told in [(["ack"], "one ID of an alert"), (["ack", "a", "b"], "one ID of an alert"), (["ack", "a", "--nope"], "Try:")]:
            self.assertIn(told, self.command(*arguments, status=2))
        for name in ("", "0000", "*", "' or 1", "x" * 1000):
            self.assertIn("no alert that fires", self.command("ack", name, status=1))
        self.assertIn("a text is too long", self.command("silence", "--for", "1h", "pair=x", "-m", "x" * 2000, status=1))
        self.assertEqual(self.metrics()["trunkwatch_core_operator_acts_total"], 0)

    def of_silence(self):
        for arguments, told in [(["--for", "1h", "-m", "x"], "which alerts"), (["pair=x", "-m", "x"], "until when"),
                                (["--for", "1h", "pair=x"], "why"), (["--for", "1h", "pear=x", "-m", "x"], "expected pair="),
                                (["--for", "1h", "pair", "-m", "x"], "expected pair="), (["--for", "1h", "pair=x", "pair=y", "-m", "x"], "twice"), (["--until", "soon", "pair=x", "-m", "x"], "expected like 2026"),
                                (["--for", "long", "pair=x", "-m", "x"], "with its unit"), (["--for", "2", "pair=x", "-m", "x"], "with its unit")]:
            self.assertIn(told, self.command("silence", *arguments, status=2))
        for arguments, told in [(["--for", "1h", "pair="], "is empty"),
                                (["--until", "2020-01-01T00:00:00Z", "pair=x"], "over already"),
                                (["--for", "300d", "pair=" + "x" * 300], "too long")]:
            self.assertIn(told, self.command("silence", *arguments, "-m", "x", status=1))
        done = self.run_command("silence", "-c", self.path("trunkwatchd.yaml"), "--until", "23:59", "device=pe-x",
                                "trunk=eth-trunk10", "condition=no-swichover", "-m", "x")
        self.assertEqual(done.returncode, 0)
        for wrong in ("device 'pe-x'", "trunk 'eth-trunk10'", "condition 'no-swichover'"):
            self.assertIn(f"there is no {wrong}: it will match nothing", done.stderr)

    def of_maintenance(self):
        for arguments, told in [([], "none of add, list and end"), (["stop"], "none of add"), (["add", "-m", "x", "pair=x"], "how long"),
                                (["add", "--for", "1h", "pair=x"], "what is done"), (["add", "--for", "1h", "-m", "x"], "what is worked on"),
                                (["end"], "one ID is expected")]:
            self.assertIn(told, self.command("maintenance", *arguments, status=2))
        for arguments, told in [(["--every", "month"], "neither day nor week"), (["--every", "day", "--days", "mon"], "every=week"),
                                (["--every", "week", "--days", "someday"], "list of days"), (["--zone", "CET", "--every", "day"], "zone="),
                                (["--until", "2030-01-01T00:00:00Z"], "exactly one of"), (["--days", "mon"], "every= is missing")]:
            self.assertIn(told, self.command("maintenance", "add", "--for", "1h", "pair=x", "-m", "x", *arguments, status=1))


class Kept(People):
    def test_over_a_reload_and_a_restart(self):
        self.configure("control:", "state: state\ncontrol:")
        self.start()
        alert = self.raise_one()["alert_id"]
        self.command("ack", alert, "-m", "mine")
        self.command("silence", "--for", "1d", "pair=metro-7", "-m", "known")
        before = self.nth(3)
        self.assertEqual(self.run_command("reload", "-c", self.path("trunkwatchd.yaml")).returncode, 0)
        self.assertEqual(self.alert(alert)["number"], 3)
        self.wait_told("READY=1", 2)
        self.daemon.kill()
        self.daemon.wait(timeout=PATIENCE)
        self.told.clear()
        self.start()
        after = self.alert(alert)
        self.assertEqual([after[k] for k in ("acknowledged", "silenced")], [before[k] for k in ("acknowledged", "silenced")])
        self.assertIn(after["number"], (3, 4))  # the kill was a loss, which is told with an update
        self.command("silence", "end", before["silenced"]["id"])
        wait_for("the end of the silence", lambda: self.alert(alert)["silenced"] is None)
        self.assertEqual(self.alert(alert)["acknowledged"], before["acknowledged"])

    def test_what_somebody_was_told_ends_there(self):
        """Silenced when the daemon stops, and still when it is over."""
        self.configure("control:", "state: state\ncontrol:")
        self.configure("outputs:\n", "outputs:\n  - {name: people, type: file, path: people.jsonl, silenced: false}\n")
        self.start()
        self.raise_one()
        self.wait_transition("raised", "no-switchover", name="people.jsonl")
        self.command("silence", "--for", "1d", "pair=metro-7", "-m", "known")
        self.nth(2)
        self.stop()
        self.told.clear()
        self.start()
        send(self.syslog, link("PE-A", "Eth-Trunk10.100", up=True), PE_A)
        self.assertIsNotNone(self.wait_transition("cleared", "no-switchover", name="people.jsonl")["silenced"])


if __name__ == "__main__":
    unittest.main()
