"""What is kept over a restart: our engine ID and boots, and the engines of the routers."""
import json
import os
import re
import subprocess

from ports import free_port
from support import PATIENCE, PE_A, PE_B, STRANGER, TRUNKWATCH, role, send
from usm import ENGINE_A, OTHER, Usm


class Restart(Usm):
    def test_engine_id_and_boots(self):
        self.configure()
        seen = []
        for n in range(3):
            self.start(ready=False)
            self.wait_told("READY=1", n + 1)
            self.inform(trap=OTHER)
            text = self.state()
            seen.append((re.search(r'engine-id: "(\w+)"', text).group(1), int(re.search(r"boots: (\d+)", text).group(1))))
            self.assertEqual(self.stop(), 0)
        self.assertEqual(len({i for i, _ in seen}), 1)
        self.assertEqual([b for _, b in seen], [1, 2, 3])

    def test_a_broken_state_is_put_aside(self):
        self.configure()
        os.mkdir(self.path("kept"))
        self.write("kept/snmp.yaml", "engine-id: [1\n")
        self.start()
        self.assertIn("put aside", self.log())
        self.assertEqual(self.read("kept/snmp.yaml.bad"), "engine-id: [1\n")
        self.inform(trap=OTHER)

    def test_no_state(self):
        self.configure(state=False)
        self.start()
        self.assertIn('kept="nowhere', self.log())
        self.inform(trap=OTHER)
        first = re.search(r"engine-id=(\S+)", self.log()).group(1)
        self.assertEqual(self.stop(), 0)
        self.start(ready=False)
        self.wait_told("READY=1", 2)
        self.assertEqual(set(re.findall(r"engine-id=(\S+)", self.log())), {first})

    def test_a_configured_engine_id(self):
        self.configure(more='  engine-id: "0x800000000511223344"\n')
        self.start()
        self.assertIn('engine-id: "0x800000000511223344"', self.state())
        self.inform(trap=OTHER)

    def test_a_state_that_cannot_be_kept(self):
        self.write("kept", "a file")
        self.configure()
        self.start(ready=False)
        self.assertEqual(self.daemon.wait(timeout=PATIENCE), 1)
        self.assertRegex(self.log(), r"trunkwatchd.yaml:\d+:\d+: can't keep the state in '.*kept': Not a directory")


class Learn(Usm):
    def shown(self):
        """The page, and what `trunkwatch status` makes of it."""
        text, page = (subprocess.run([TRUNKWATCH, "status", "--url", f"http://127.0.0.1:{self.http}", *more], capture_output=True,
                                     text=True, timeout=PATIENCE, check=True).stdout for more in ([], ["--json"]))
        return json.loads(page), text

    def test_ask(self):
        """The default: heard by its address, listed until the inventory names it."""
        self.http = free_port()
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml").replace("listen:\n", f'listen:\n  http: "127.0.0.1:{self.http}"\n'))
        self.configure()
        self.start()
        self.trap(trap=OTHER)
        self.wait_counts(fed=1)
        self.assertEqual(self.log().count("engine that the inventory does not name, heard by its address"), 1)
        self.trap(trap=OTHER, at=(1, 1001))
        self.wait_counts(fed=2)
        self.assertEqual(self.log().count("engine that the inventory does not name, heard by its address"), 1)
        self.trap(trap=OTHER, at=(1, 1002), source=STRANGER)  # not by its ID
        self.wait_counts(fed=2, v3_unknown_engine=1)
        self.assertIn("report.engine: 0x800007db03aa0000000001 state=asked device=pe-a user=noc from=127.0.1.1 boots=1", self.log())
        page, text = self.shown()
        self.assertEqual(page["engines"], {"listed": [{"engine_id": "0x" + ENGINE_A, "state": "asked", "device": "pe-a", "user": "noc",
                                                       "from": PE_A, "boots": 1}], "more": 0})
        self.assertRegex(text, rf"\nENGINE +STATE +DEVICE +USER +FROM\n0x{ENGINE_A} +asked +pe-a +noc +{PE_A}\n")
        self.assertEqual(self.stop(), 0)
        self.assertRegex(self.state(), r'engine-id: "0x800007db03aa0000000001", state: asked, boots: 1, time: 100[12]')
        self.start(ready=False)
        self.wait_told("READY=1", 2)
        self.trap(trap=OTHER, at=(1, 100))  # of before: played back
        self.wait_counts(v3_not_in_time=1)

    def test_yes(self):
        self.configure(more="  learn-engines: yes\n")
        self.start()
        send(self.syslog, role("PE-A", "Master"), PE_A)
        send(self.syslog, role("PE-B", "Backup"), PE_B)
        self.trap(trap=OTHER)
        self.wait_counts(fed=1)
        self.trap(at=(1, 1001), source=STRANGER)
        self.assertEqual(self.wait_transition("raised", "no-switchover")["device"], "pe-a")
        self.assertIn("engine learnt", self.log())
        self.assertEqual(self.stop(), 0)
        self.start(ready=False)
        self.wait_told("READY=1", 2)
        self.trap(trap=OTHER, at=(2, 1), source=STRANGER)
        self.wait_counts(fed=1)

    def test_no(self):
        self.configure(more="  learn-engines: no\n")
        self.start()
        self.trap()
        self.wait_counts(fed=0, v3_unknown_engine=1)

    def test_the_inventory_has_the_last_word(self):
        self.configure(more="  learn-engines: yes\n")
        self.name_engines(a="800007db0399")
        self.start()
        self.trap()
        self.wait_counts(fed=0, v3_unknown_engine=1)
