"""A disk that is slow: what has to be safe first waits for it, and nothing else does."""
import os
import time

from ports import free_port
from support import PATIENCE, PE_A, PE_B, TEST_DISK, link, role, send, wait_for
from usm import ENGINE_A, ENGINE_B, OTHER, Usm
from web import WebCase

SOON = 5.0  # a hold of a second, patience with the disk of a second, a tick, and what a busy machine needs


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
