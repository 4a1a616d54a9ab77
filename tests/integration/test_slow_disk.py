"""A disk that is slow: what has to be safe first waits for it, and nothing else does."""
import os
import re
import socket
import sqlite3
import sys
import time

from ports import free_port
from support import PATIENCE, PE_A, PE_B, SOURCE, TEST_DISK, link, role, send, wait_for
from usm import ENGINE_A, ENGINE_B, OTHER, Usm
from web import WebCase

sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
from make_pcap import trap  # noqa: E402

SOON = 5.0  # a hold of a second, patience with the disk of a second, a tick, and what a busy machine needs
SLOW_MS = 1500  # longer than an alert waits


class Engines(Usm):
    """snmp.yaml is written when an engine is new."""
    request, get, json = WebCase.request, WebCase.get, WebCase.json

    def setUp(self):
        super().setUp()
        self.http = free_port()
        text = self.read("trunkwatchd.yaml")
        self.write("trunkwatchd.yaml", text.replace("listen:\n", f'listen:\n  http: "127.0.0.1:{self.http}"\n'))
        self.configure()
        self.write("disk", "0")
        self.start(environment=self.preloading(TEST_DISK, TEST_DISK_FILE=self.path("disk")))
        send(self.syslog, role("PE-A", "Master"), PE_A)
        send(self.syslog, role("PE-B", "Backup"), PE_B)
        wait_for("roles are kept", lambda: self.store()["records"] >= 2 and self.store()["pending_bytes"] == 0)

    def store(self):
        return self.json("/api/v1/status")["store"]

    def stand_still(self):
        self.write("disk", "1000000")
        self.addCleanup(self.write, "disk", "0")

    def heard(self, n):
        wait_for(f"{n} engines", lambda: self.json("/api/v1/status")["snmp"]["engines"] == n)

    def assert_prompt(self):
        began = time.monotonic()
        self.assertEqual(self.request("/healthz")[0], 200)
        self.assertLess(time.monotonic() - began, SOON)

    def test_a_new_engine(self):
        self.stand_still()
        self.trap(trap=OTHER)
        self.heard(1)
        wait_for("it is being written", lambda: ENGINE_A in self.read("kept/snmp.yaml.new"))
        self.assert_prompt()
        began = time.monotonic()
        send(self.syslog, link("PE-A", "Eth-Trunk10.100"), PE_A)
        self.wait_transition("raised", "no-switchover")
        self.assertLess(time.monotonic() - began, SOON)
        self.trap(engine=ENGINE_B, trap=OTHER, source=PE_B)
        self.heard(2)
        time.sleep(2)  # the second that changes are collected for, and more
        self.assert_prompt()
        self.assertNotIn(ENGINE_A, self.state())
        self.assertNotIn(ENGINE_B, self.read("kept/snmp.yaml.new"))  # one at a time
        self.write("disk", "0")
        wait_for("both", lambda: ENGINE_A in self.state() and ENGINE_B in self.state())
        self.assertFalse(os.path.exists(self.path("kept/snmp.yaml.new")))
        self.assertEqual(self.store()["answers_withheld"], 0)

    def test_the_end_comes_while_it_is_written(self):
        self.stand_still()
        self.trap(trap=OTHER)
        wait_for("it is being written", lambda: ENGINE_A in self.read("kept/snmp.yaml.new"))
        self.trap(engine=ENGINE_B, trap=OTHER, source=PE_B)
        self.heard(2)
        self.daemon.terminate()
        wait_for("it ends", lambda: "STOPPING=1" in self.hear())
        time.sleep(0.5)
        self.write("disk", "0")
        self.assertEqual(self.daemon.wait(timeout=PATIENCE), 0)
        self.assertIn(ENGINE_A, self.state())
        self.assertIn(ENGINE_B, self.state())

    def test_the_boots_are_safe_before_anybody_hears_of_them(self):
        self.assertEqual(self.stop(), 0)
        self.write("disk", "500")
        self.told.clear()
        self.start(environment=self.preloading(TEST_DISK, TEST_DISK_FILE=self.path("disk")), ready=False)
        wait_for("it is being written", lambda: "boots: 2" in self.read("kept/snmp.yaml.new"))
        self.assertNotIn("READY=1", self.hear())
        self.assertIn("boots: 1", self.state())
        self.wait_told("READY=1")
        self.assertIn("boots: 2", self.state())
        self.write("disk", "0")

    def test_a_failure_is_told_once_and_tried_again(self):
        os.mkdir(self.path("kept/snmp.yaml.new"))
        self.trap(trap=OTHER)
        self.wait_log("snmp: the state can't be written, will be tried again")
        self.trap(engine=ENGINE_B, trap=OTHER, source=PE_B)
        self.heard(2)
        time.sleep(3)
        os.rmdir(self.path("kept/snmp.yaml.new"))
        wait_for("both", lambda: ENGINE_A in self.state() and ENGINE_B in self.state())
        self.assertEqual(self.log().count("the state can't be written"), 1)


class Informs(WebCase):
    def setUp(self):
        super().setUp()
        self.configure("outputs:", "state: state\noutputs:")
        self.write("disk", "0")
        self.start(environment=self.preloading(TEST_DISK, TEST_DISK_FILE=self.path("disk")))
        send(self.syslog, role("PE-A", "Master"), PE_A)
        send(self.syslog, role("PE-B", "Backup"), PE_B)
        wait_for("roles are kept", lambda: self.kept() >= 2)
        self.router = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(self.router.close)
        self.router.bind((PE_A, 0))
        self.router.connect(("127.0.0.1", self.snmp))
        self.router.settimeout(PATIENCE)

    def kept(self):
        with sqlite3.connect(f"file:{self.path('state/trunkwatch.db')}?mode=ro", uri=True) as db:
            return db.execute("SELECT coalesce(sum(n), 0) FROM journal").fetchone()[0]

    def inform(self, number, kind="link-down"):
        self.router.send(trap(PE_A, kind, {"index": "37", "inform": "yes"}, 1000 + number, 5000 + number))

    def answer(self):
        """The request's number in the next one."""
        return int(re.search(rb"\xa2.\x02\x02(..)", self.router.recv(2000), re.S).group(1).hex(), 16) - 5000

    def informs(self):
        metrics = self.metrics()
        return metrics["trunkwatch_snmp_informs_answered_total"], metrics["trunkwatch_store_answers_withheld_total"]

    def wait_informs(self, answered, withheld):
        """The answer may be here before the page says so."""
        wait_for(f"{answered} answered, {withheld} withheld", lambda: self.informs() == (answered, withheld))

    def test_an_answer_comes_after_the_commit(self):
        self.write("disk", str(SLOW_MS))
        self.addCleanup(self.write, "disk", "0")
        before = self.kept()
        for n in range(3):
            began = time.monotonic()
            self.inform(n, ("link-down", "link-up")[n % 2])
            self.assertEqual(self.answer(), n)
            self.assertGreaterEqual(time.monotonic() - began, SLOW_MS / 1000 - 0.1)
            self.assertGreaterEqual(self.kept(), before + n + 1)
        self.wait_informs(3, 0)

    def test_an_alert_leaves_while_the_answer_waits(self):
        self.write("disk", "1000000")
        self.addCleanup(self.write, "disk", "0")
        before, began = self.kept(), time.monotonic()
        self.inform(1)
        self.wait_transition("raised", "no-switchover")
        self.assertLess(time.monotonic() - began, SOON)
        self.inform(1)  # again, as a router does
        wait_for("both are heard", lambda: self.json("/api/v1/status")["store"]["records"] >= 4)
        time.sleep(2)
        self.router.setblocking(False)
        with self.assertRaises(BlockingIOError):
            self.router.recv(2000)
        self.router.settimeout(PATIENCE)
        self.assertEqual((self.kept(), self.informs()), (before, (0, 0)))
        self.write("disk", "0")
        self.assertEqual((self.answer(), self.answer()), (1, 1))
        self.wait_informs(2, 0)
        self.inform(2, "link-up")
        self.wait_transition("cleared", "no-switchover")
        self.assertEqual(self.answer(), 2)
        self.assertEqual([t["transition"] for t in self.transitions()], ["raised", "cleared"])

    def test_an_answer_is_withheld_when_the_write_fails(self):
        other = sqlite3.connect(self.path("state/trunkwatch.db"), isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")
        self.inform(1)
        self.wait_log("store: can't be written")
        self.wait_informs(0, 1)
        other.execute("ROLLBACK")
        self.wait_log("store: can be written again")
        self.inform(1)
        self.assertEqual(self.answer(), 1)
        self.wait_informs(1, 1)
