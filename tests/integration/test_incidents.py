"""Incidents: what overlaps on a pair, as the daemon, its commands and its store tell it."""
import json
import os
import socket
import sqlite3
import subprocess
import unittest

from support import INVENTORY, PATIENCE, PE_A, PE_B, TRUNKWATCH, link, role, send, wait_for
from web import WebCase

PE_C, PE_D = "127.0.1.3", "127.0.1.4"
MORE = """  pe-c: {addresses: [127.0.1.3], hostnames: [PE-C]}
  pe-d: {addresses: [127.0.1.4], hostnames: [PE-D]}
pairs:
  metro-8:
    devices: [pe-c, pe-d]
    e-trunks:
      1: {members: [{trunks: {pe-c: Eth-Trunk10, pe-d: Eth-Trunk20}}]}
"""


class Incidents(WebCase):
    def setUp(self):
        super().setUp()
        self.configure("outputs:", "state: state\noutputs:")
        self.write("inventory.yaml", INVENTORY.replace("pairs:\n", MORE))

    def kill(self):
        self.daemon.kill()
        self.daemon.wait(timeout=PATIENCE)

    def again(self):
        before = self.log().count("store: recovered")
        self.told.clear()
        self.start()
        self.wait_log("store: recovered", before + 1)

    def say(self, *lines):
        for line, source in lines:
            send(self.syslog, line, source)

    def roles(self):
        self.say((role("PE-A", "Master"), PE_A), (role("PE-B", "Backup"), PE_B))

    def down(self, name, up=False):
        self.say((link("PE-A", name, up=up), PE_A))

    def incidents(self, query=""):
        return self.json("/api/v1/incidents" + query)["incidents"]

    def wait_incidents(self, what, condition, query=""):
        def find():
            found = self.incidents(query)
            return found if condition(found) else None
        return wait_for(what, find, log=self.log)

    def story(self, *more, status=0):
        done = self.run_command("incidents", *more)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout if status == 0 else done.stderr

    def looked(self, *more):
        return json.loads(self.story("--json", "--state", self.path("state"), *more))

    def two_that_overlap(self):
        """One sub-interface, another one shut by somebody while it is down, then both are well."""
        self.roles()
        self.down("Eth-Trunk10.100")
        first = self.wait_transition("raised", "no-switchover")
        self.say((link("PE-A", "Eth-Trunk10.200").replace("AdminStatus=UP", "AdminStatus=DOWN"), PE_A))
        second = self.wait_transition("raised", "admin-down")
        return first, second

    def test_one_spans_alerts_restarts_and_a_kill(self):
        self.configure("no-switchover: {hold: 1s}", "no-switchover: {hold: 1s}\n  admin-down: {hold: 1s}")
        self.start()
        first, second = self.two_that_overlap()
        one = self.wait_incidents("two alerts", lambda found: found and found[0]["alerts_n"] == 2)[0]
        self.assertEqual((one["id"], one["pair"], one["state"], one["severity"]), (first["alert_id"], "metro-7", "open", "critical"))
        self.assertEqual(one["conditions"], ["no-switchover", "admin-down"])
        self.assertEqual((one["began"], one["ended"], one["open_n"]), (first["since"], None, 2))
        # By the command, which asks the daemon, and by the store beside it.
        self.assertIn("open, ", self.story("-c", self.path("trunkwatchd.yaml")))
        self.assertEqual([i["id"] for i in self.looked()["incidents"]], [one["id"]])
        self.assertIn("no-switchover", self.run_command("alerts", "--state", self.path("state")).stdout)
        self.kill()
        self.assertEqual([i["state"] for i in self.looked()["incidents"]], ["open"])
        told = self.story("--state", self.path("state"), second["alert_id"])  # an alert of it will do
        for part in ("Incident " + one["id"], "Eth-Trunk10.100", "goes on", "not yet"):
            self.assertIn(part, told)
        self.again()
        self.down("Eth-Trunk10.100", up=True)
        cleared = self.wait_transition("cleared", "no-switchover")
        self.assertEqual(self.stop(), 0)
        self.again()
        self.down("Eth-Trunk10.200", up=True)
        ended = self.wait_transition("cleared", "admin-down")
        one = self.wait_incidents("it is over", lambda found: found[0]["state"] == "ended")[0]
        self.assertEqual((len(self.incidents()), one["ended"], one["open_n"]), (1, ended["time"], 0))
        story = self.json("/api/v1/incidents/" + one["id"][:6])
        rows = {r["sub_interface"]: r for r in story["outage"]["sub_interfaces"]}
        self.assertAlmostEqual(rows["Eth-Trunk10.100"]["outage_s"], cleared["duration_s"], places=3)
        self.assertAlmostEqual(rows["Eth-Trunk10.200"]["outage_s"], ended["duration_s"], places=3)
        services = {r["service"]: r["outage_s"] for r in story["outage"]["services"]}
        self.assertEqual(services, {"arp": rows["Eth-Trunk10.100"]["outage_s"], "igmp": rows["Eth-Trunk10.200"]["outage_s"]})
        self.assertEqual(story["timeline"][0]["text"], first["summary"])
        self.assertTrue(any("messages of this pair were lost" in s["text"].lower() for s in story["timeline"]), story["timeline"])
        self.assertTrue(any("ifName=Eth-Trunk10.100" in e["text"] for e in story["evidence"]))
        self.assertTrue(story["complete"])
        # The daemon and the store beside it say the same.
        same = self.looked(one["id"])
        self.assertEqual({k: v for k, v in same.items() if k != "as_of"}, {k: v for k, v in story.items() if k != "as_of"})
        self.stop()
        self.assertEqual(self.looked(one["id"])["outage"], story["outage"])
        self.assertNotIn("trunkwatch.db-wal", os.listdir(self.path("state")))  # who looked left nothing behind

    def test_two_pairs_pages_and_what_people_did(self):
        self.configure("listen:\n", f"control: {self.path('control.sock')}\nlisten:\n")
        self.start()
        self.roles()
        self.say((role("PE-C", "Master"), PE_C), (role("PE-D", "Backup"), PE_D))
        self.down("Eth-Trunk10.100")
        alert = self.wait_transition("raised", "no-switchover")
        done = self.run_command("ack", "-c", self.path("trunkwatchd.yaml"), "-m", "on my way", "--as", "pat", alert["alert_id"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.down("Eth-Trunk10.100", up=True)
        self.wait_transition("cleared", "no-switchover")
        self.say((link("PE-C", "Eth-Trunk10.5"), PE_C))
        other = self.wait_transition("raised", "no-switchover", count=2)
        self.wait_incidents("two", lambda found: len(found) == 2)
        self.assertEqual([i["pair"] for i in self.incidents()], ["metro-8", "metro-7"])  # what goes on is first
        self.assertEqual([i["pair"] for i in self.incidents("?state=ended")], ["metro-7"])
        self.assertEqual([i["pair"] for i in self.incidents("?pair=metro-8&state=open")], ["metro-8"])
        page = self.json("/api/v1/incidents?limit=1")
        self.assertEqual((len(page["incidents"]), page["next"]), (1, other["alert_id"]))
        page = self.json("/api/v1/incidents?limit=1&before=" + page["next"])
        self.assertEqual(([i["pair"] for i in page["incidents"]], page["next"]), (["metro-7"], None))
        people = self.json("/api/v1/incidents/" + alert["alert_id"])["people"]
        self.assertEqual([(p["what"], p["why"]) for p in people], [("acknowledged", "on my way")])
        self.assertIn("pat", people[0]["by"])
        self.assertIn("on my way", self.story("-c", self.path("trunkwatchd.yaml"), alert["alert_id"]))
        for path, status in [("/api/v1/incidents/0000", 404), ("/api/v1/incidents/", 404), ("/api/v1/incidents?state=x", 400), ("/api/v1/incidents?limit=0", 400),
                             ("/api/v1/incidents?limit=501", 400), ("/api/v1/incidents?before=0000", 404), ("/api/v1/incidents?x=1", 400)]:
            code, _, body = self.request(path)
            self.assertEqual((code, list(json.loads(body))), (status, ["error"]), path)
        self.assertIn("no incident", self.story("-c", self.path("trunkwatchd.yaml"), "0000", status=1))
        # Many at once, some of whom do not wait for the answer.
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", self.http), timeout=PATIENCE) as s:
                s.sendall(b"GET /api/v1/incidents HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertEqual(len(self.wait_incidents("still there", lambda found: len(found) == 2)), 2)

    def test_without_a_store(self):
        self.configure("state: state\n", "")
        self.start()
        for path in ("/api/v1/incidents", "/api/v1/incidents/0123"):
            code, _, body = self.request(path)
            self.assertEqual(code, 503)
            self.assertIn("set state:", json.loads(body)["error"])
        self.assertIn("set state:", self.story("-c", self.path("trunkwatchd.yaml"), status=2))

    def test_folders_that_can_not_be_looked_at(self):
        os.mkdir(self.path("empty"))
        self.assertIn("there is no store in it", self.story("--state", self.path("empty"), status=2))
        self.assertEqual(os.listdir(self.path("empty")), [])
        self.assertIn("there is no store in it", self.story("--state", self.path("nowhere"), status=2))
        os.mkdir(self.path("bad"))
        self.write("bad/trunkwatch.db", "this is no database" * 1000)
        self.assertIn("not a database", self.story("--state", self.path("bad"), status=2))
        self.start()
        self.roles()
        self.down("Eth-Trunk10.100")
        self.wait_transition("raised", "no-switchover")
        self.wait_incidents("one", lambda found: len(found) == 1)
        # Somebody who may read and not write, while the daemon writes and after it. Root may write everywhere.
        file = self.path("state/trunkwatch.db")
        nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] if os.geteuid() == 0 else []
        os.chmod(self.folder, 0o755)
        for mode in ("live", "ended"):
            os.chmod(self.path("state"), 0o555)
            for name in os.listdir(self.path("state")):
                os.chmod(self.path("state/" + name), 0o444)
            if subprocess.run([*nobody, TRUNKWATCH, "--version"], capture_output=True).returncode == 0:
                done = subprocess.run([*nobody, TRUNKWATCH, "incidents", "--state", self.path("state")], capture_output=True, text=True,
                                      timeout=PATIENCE, env=self.environment())
                self.assertEqual(done.returncode, 0, mode + done.stderr)
                self.assertIn("metro-7", done.stdout)
            os.chmod(self.path("state"), 0o755)
            for name in os.listdir(self.path("state")):
                os.chmod(self.path("state/" + name), 0o644)
            if mode == "live":
                self.stop()
        status = self.run_command("status", "--state", self.path("state"))
        self.assertEqual(status.returncode, 0, status.stderr)
        for part in ("firing: no-switchover, 1", "ended in order", "alerts.jsonl"):
            self.assertIn(part, status.stdout)
        with sqlite3.connect(file) as db:
            db.execute("PRAGMA user_version = 99")
        db.close()
        self.assertIn("newer version", self.story("--state", self.path("state"), status=2))
        with sqlite3.connect(file) as db:
            db.execute("PRAGMA user_version = 1")
        db.close()
        size = os.path.getsize(file)
        with open(file, "r+b") as f:  # all but the first page
            f.seek(4096)
            f.write(b"\xa5" * (size - 4096))
        self.assertIn("can't be read", self.story("--state", self.path("state"), status=2))

    def test_what_makes_no_sense_is_refused(self):
        for command in (["ack", "0123"], ["reload"], ["unknown"], ["silence", "list"]):
            done = self.run_command(*command, "--state", "x")
            self.assertEqual(done.returncode, 2)
            self.assertIn("--state is for commands that can read a store", done.stderr)
        for arguments in (["xyz!"], ["0123", "4567"], ["--open", "--ended"], ["--open", "0123"], ["--state", "x", "--url", "http://127.0.0.1:1"]):
            self.assertEqual(self.run_command("incidents", *arguments).returncode, 2, arguments)
        self.assertIn("firing, resolved, all, or a state folder", self.run_command("alerts", "--state", "burning").stderr)


if __name__ == "__main__":
    unittest.main()
