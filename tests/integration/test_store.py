"""What outlives the end of the daemon, however it ends."""
import calendar
import json
import os
import shutil
import sqlite3
import socket
import subprocess
import sys
import time
import unittest

from support import PATIENCE, PE_A, PE_B, SOURCE, TRUNKWATCHD, link, role, send, wait_for
from test_outputs import can_mount
from web import WebCase

sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
from make_pcap import trap  # noqa: E402


class Store(WebCase):
    def setUp(self):
        super().setUp()
        self.configure("outputs:", "state: state\noutputs:")

    def kill(self):
        self.daemon.kill()
        self.daemon.wait(timeout=PATIENCE)

    def again(self):
        before = self.log().count("store: recovered")
        self.told.clear()
        self.start()
        self.wait_log("store: recovered", before + 1)

    def once(self):
        """What was written, repeats left out: they are the same to the letter."""
        lines = list(dict.fromkeys(self.read("alerts.jsonl").splitlines()))
        found = [json.loads(line) for line in lines]
        self.assertEqual([t["seq"] for t in found], sorted({t["seq"] for t in found}))
        return found

    def database(self):
        return sqlite3.connect(f"file:{self.path('state/trunkwatch.db')}?mode=ro", uri=True)

    def rows(self, sql):
        with self.database() as db:
            return db.execute(sql).fetchall()

    def wait_rows(self, sql, n):
        return wait_for(f"{n} of {sql}", lambda: len(self.rows(sql)) >= n)

    def test_a_kill_between_raise_and_clear(self):
        self.start()
        self.fault()
        raised = self.wait_transition("raised", "no-switchover")
        self.kill()
        self.again()
        time.sleep(1.5)
        # It is open, with what is known now: that something may have been missed.
        self.assertEqual({t["alert_id"] for t in self.transitions()}, {raised["alert_id"]})
        self.assertEqual([t["transition"] for t in self.once()], ["raised", "updated"])
        alerts = self.json("/api/v1/alerts?state=firing")["alerts"]
        self.assertEqual([a["alert_id"] for a in alerts], [raised["alert_id"]])
        send(self.syslog, link("PE-A", "Eth-Trunk10.100", up=True), PE_A)
        cleared = self.wait_transition("cleared", "no-switchover")
        self.assertEqual((cleared["alert_id"], cleared["seq"]), (raised["alert_id"], raised["seq"] + 2))
        self.assertEqual(cleared["feed"], "lossy")  # what came meanwhile is not known

    def test_a_hold_goes_on_and_is_not_begun_anew(self):
        self.configure("hold: 1s", "hold: 4s")
        self.start()
        self.fault()
        began = time.time()
        self.wait_rows("SELECT * FROM journal", 1)
        wait_for("three records", lambda: sum(n for (n,) in self.rows("SELECT n FROM journal")) >= 3)
        time.sleep(1.5)
        self.kill()
        time.sleep(1)
        self.again()
        raised = self.wait_transition("raised", "no-switchover")
        self.assertLess(time.time() - began, 8)
        self.assertAlmostEqual(self.seconds(raised["time"]) - self.seconds(raised["since"]), 4, delta=0.1)

    def test_a_hold_that_ran_out_meanwhile(self):
        self.configure("hold: 1s", "hold: 4s")
        self.start()
        self.fault()
        wait_for("three records", lambda: self.exists() and sum(n for (n,) in self.rows("SELECT n FROM journal")) >= 3)
        self.kill()
        self.assertEqual(self.transitions(), [])
        time.sleep(4)
        self.again()
        raised = self.wait_transition("raised", "no-switchover")
        self.assertAlmostEqual(self.seconds(raised["time"]) - self.seconds(raised["since"]), 4, delta=0.1)

    def exists(self):
        return os.path.exists(self.path("state/trunkwatch.db"))

    @staticmethod
    def seconds(text):
        whole, rest = text[:-1].split(".")
        return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float("0." + rest)

    def test_a_clean_end_and_what_was_counted(self):
        self.start()
        self.fault()
        self.wait_transition("raised", "no-switchover")
        for _ in range(5):
            send(self.syslog, "<189>PE-A %%01SSH/5/SSH_CONNECT(l):CID=1;nothing that matters", PE_A)
        wait_for("eight heard", lambda: self.device("pe-a")["received"] == 7)
        before = self.device("pe-a")
        self.assertEqual(self.stop(), 0)
        self.again()
        after = self.device("pe-a")
        for key in ("received", "accepted", "last_heard", "clock_samples"):
            self.assertEqual(before[key], after[key], key)
        self.assertIn("clean=yes", self.log())

    def test_a_kill_loses_no_count_older_than_a_moment(self):
        self.start()
        for _ in range(20):
            send(self.syslog, "<189>PE-B %%01SSH/5/SSH_CONNECT(l):CID=1;nothing that matters", PE_B)
        wait_for("twenty heard", lambda: self.device("pe-b")["received"] == 20)
        self.wait_rows("SELECT * FROM digest", 1)
        time.sleep(1.5)
        self.kill()
        self.again()
        self.assertEqual(self.device("pe-b")["received"], 20)

    def device(self, name):
        return next(d for d in self.json("/api/v1/status")["devices"] if d["name"] == name)

    def test_what_is_no_longer_in_the_inventory_is_ended(self):
        self.start()
        self.fault()
        raised = self.wait_transition("raised", "no-switchover")
        self.stop()
        text = self.read("inventory.yaml")
        self.write("inventory.yaml", text.replace("pe-a: Eth-Trunk10, pe-b: Eth-Trunk20", "pe-a: Eth-Trunk30, pe-b: Eth-Trunk40"))
        self.again()
        cleared = self.wait_transition("cleared", "no-switchover")
        self.assertEqual((cleared["alert_id"], cleared["cleared_by"]), (raised["alert_id"], "removed"))
        self.assertEqual(self.json("/api/v1/alerts?state=firing")["alerts"], [])
        self.kill()
        self.again()
        time.sleep(0.5)
        self.assertEqual([t["transition"] for t in self.once()], ["raised", "cleared"])

    def test_an_output_that_could_not_be_written_gets_it_after_the_restart(self):
        os.symlink("/dev/full", self.path("alerts.jsonl"))
        # Within its first second: where a new output began has to be in the store before that.
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml").replace("hold: 1s", "hold: 100ms"))
        self.start()
        self.fault()
        self.wait_log("output: can't be written")
        self.wait_rows("SELECT * FROM transition", 1)
        self.kill()
        os.unlink(self.path("alerts.jsonl"))
        self.again()
        self.assertEqual(self.wait_transition("raised", "no-switchover")["seq"], 1)

    def test_an_incident_holds_what_overlaps(self):
        self.start()
        self.fault()
        self.wait_transition("raised", "no-switchover")
        self.wait_rows("SELECT * FROM incident WHERE ended IS NULL", 1)
        send(self.syslog, link("PE-A", "Eth-Trunk10.100", up=True), PE_A)
        self.wait_transition("cleared", "no-switchover")
        self.wait_rows("SELECT * FROM incident WHERE ended IS NOT NULL", 1)
        ((incident, pair),) = self.rows("SELECT id, pair FROM incident")
        self.assertEqual(pair, "metro-7")
        self.assertEqual(self.rows("SELECT DISTINCT incident FROM alert"), [(incident,)])

    def test_a_line_that_a_kill_cut_off(self):
        half = '{"alert_id":"c58ec8307fd6bb58","number":1,"tra'
        self.write("alerts.jsonl", half)
        self.start()
        self.fault()
        wait_for("two lines", lambda: self.read("alerts.jsonl").count("\n") == 2)
        first, second, _ = self.read("alerts.jsonl").split("\n")
        self.assertEqual((first, json.loads(second)["transition"]), (half, "raised"))

    def test_an_inform_that_is_sent_again_is_no_safer(self):
        """Somebody else writes into the file, and for so long the store can't: neither the first nor the second is answered."""
        self.start()
        send(self.syslog, role("PE-A", "Master"), PE_A)
        send(self.syslog, role("PE-B", "Backup"), PE_B)
        wait_for("roles are kept", lambda: sum(n for (n,) in self.rows("SELECT n FROM journal")) >= 2)
        message = trap(PE_A, "link-down", {"index": "37", "inform": "yes"}, 1000, 4711)
        other = sqlite3.connect(self.path("state/trunkwatch.db"), isolation_level=None)
        self.addCleanup(other.close)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind((PE_A, 0))
            s.settimeout(0.3)
            other.execute("BEGIN IMMEDIATE")
            for _ in range(3):
                s.sendto(message, ("127.0.0.1", self.snmp))
                with self.assertRaises(socket.timeout):
                    s.recv(2000)
            self.kill()
            other.execute("ROLLBACK")
            self.again()
            s.settimeout(PATIENCE)
            s.sendto(message, ("127.0.0.1", self.snmp))
            self.assertIn((4711).to_bytes(2, "big"), s.recv(2000))
            self.kill()
        self.again()
        self.wait_transition("raised", "no-switchover")

    def test_two_daemons_do_not_share_a_state(self):
        self.start()
        text = self.read("trunkwatchd.yaml")
        self.write("other.yaml", text.replace(str(self.syslog), "5998").replace(str(self.snmp), "5999"))
        done = subprocess.run([TRUNKWATCHD, "-c", self.path("other.yaml")], capture_output=True, text=True, timeout=PATIENCE,
                              env=self.environment())
        self.assertEqual(done.returncode, 1)
        self.assertIn("another trunkwatchd uses it", done.stderr)

    def test_a_file_that_is_damaged(self):
        os.mkdir(self.path("state"))
        with open(self.path("state/trunkwatch.db"), "wb") as f:
            f.write(b"this is no database" * 1000)
        self.start()
        self.fault()
        self.wait_transition("raised", "no-switchover")
        self.assertIn("store: can't be used", self.log())
        self.assertEqual(self.request("/readyz")[0], 503)
        with open(self.path("state/trunkwatch.db"), "rb") as f:
            self.assertEqual(f.read(), b"this is no database" * 1000)

    @unittest.skipUnless(can_mount(), "no file system can be mounted here")
    def test_a_full_disk(self):
        os.mkdir(self.path("state"))
        self.start("unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size=16m none "$1" && shift && exec "$@"', "sh",
                   self.path("state"))
        inside = f"/proc/{self.daemon.pid}/root{self.path('state')}/"
        with open(inside + "ballast", "wb", buffering=0) as f:
            try:
                while True:
                    f.write(b"x" * 4096)
            except OSError:
                pass
        self.fault()
        raised = self.wait_transition("raised", "no-switchover")  # from memory
        self.wait_log("store: can't be written")
        self.assertEqual(self.request("/readyz")[0], 503)
        self.assertIn("full", self.json("/api/v1/status")["store"]["trouble"])
        os.unlink(inside + "ballast")
        self.wait_log("store: can be written again")
        self.assertEqual(self.request("/readyz")[0], 200)
        copy = self.path("copy")
        wait_for("the alert is stored", lambda: self.stored(inside, copy))
        self.assertEqual(self.stored(inside, copy), [(raised["alert_id"],)])

    def stored(self, folder, copy):
        """Out of a copy: the file lies in a name space of its own."""
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(folder, copy)
        with sqlite3.connect(f"{copy}/trunkwatch.db") as db:
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            return db.execute("SELECT id FROM alert").fetchall()

    def test_a_file_that_was_cut_off(self):
        self.start()
        self.fault()
        self.wait_transition("raised", "no-switchover")
        self.stop()
        os.truncate(self.path("state/trunkwatch.db"), 3 * os.path.getsize(self.path("state/trunkwatch.db")) // 5)
        with open(self.path("state/trunkwatch.db"), "rb") as f:
            damaged = f.read()
        self.told.clear()
        self.start()
        self.wait_log("store: can't be used")
        self.assertEqual(self.request("/readyz")[0], 503)
        self.fault()
        self.wait_transition("raised", "no-switchover", count=2)
        with open(self.path("state/trunkwatch.db"), "rb") as f:
            self.assertEqual(f.read(), damaged)

    def test_a_folder_that_can_not_be_made(self):
        self.write("state", "a file")
        done = subprocess.run([TRUNKWATCHD, "--check", "-c", self.path("trunkwatchd.yaml")], capture_output=True, text=True,
                              timeout=PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertIn("can't keep the state in", done.stderr)


if __name__ == "__main__":
    unittest.main()
