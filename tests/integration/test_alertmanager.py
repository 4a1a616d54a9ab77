"""Alertmanager itself, as scripts/peers unpacks it: two of them, which come, go and come back."""
import http.client
import json
import os
import shutil
import subprocess
import unittest

from receivers import OK, Receiver
from ports import free_port
from support import PATIENCE, PE_A, PE_B, SOURCE, link, role, send, wait_for
from test_webhook import Outputs
from web import WebCase

PEERS = os.path.join(SOURCE, "build", "peers")
PROGRAM = os.path.join(PEERS, "usr/bin/prometheus-alertmanager")
TEMPLATES = os.path.join(PEERS, "usr/share/prometheus")
# It reads its own templates at a fixed place, which is empty as it is not installed.
IN_PLACE = r"""mount --bind "$1" /usr/share/prometheus && shift && exec "$@" """
CONFIG = """route: {{receiver: hook, group_wait: 0s, group_interval: 1s, repeat_interval: 1h, group_by: ['...']}}
receivers: [{{name: hook, webhook_configs: [{{url: "{url}", send_resolved: true}}]}}]
"""


def can_run():
    if not os.path.exists(PROGRAM):
        return False
    if os.path.exists("/usr/share/prometheus/alertmanager/default.tmpl"):
        return True
    done = subprocess.run(["unshare", "-rm", "sh", "-c", IN_PLACE, "sh", TEMPLATES, "true"], capture_output=True, timeout=PATIENCE)
    return done.returncode == 0


class Manager:
    def __init__(self, test, name):
        self.test, self.name, self.port, self.process = test, name, free_port(), None
        self.hook = Receiver(test)
        self.url = f"http://127.0.0.1:{self.port}"
        test.write(f"{name}.yml", CONFIG.format(url=self.hook.url))
        test.addCleanup(self.stop)

    def start(self):
        before = []
        if not os.path.exists("/usr/share/prometheus/alertmanager/default.tmpl"):
            before = ["unshare", "-rm", "sh", "-c", IN_PLACE, "sh", TEMPLATES]
        with open(self.test.path(f"{self.name}.log"), "a") as log:
            self.process = subprocess.Popen([*before, PROGRAM, f"--config.file={self.test.path(self.name + '.yml')}",
                                             f"--storage.path={self.test.path(self.name)}", "--cluster.listen-address=",
                                             f"--web.listen-address=127.0.0.1:{self.port}"], stdout=log, stderr=log)
        wait_for(f"{self.name} ready", lambda: self.get("/-/ready") is not None)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait(timeout=PATIENCE)
            self.process = None

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            return connection.getresponse().read()
        except OSError:
            return None
        finally:
            connection.close()

    def alerts(self):
        return json.loads(self.get("/api/v2/alerts") or b"[]")

    def wait_alert(self, right=lambda a: True):
        def find():
            found = self.alerts()
            return found[0] if len(found) == 1 and right(found[0]) else None
        return wait_for(f"one alert in {self.name}: {self.alerts()}", find)

    def notices(self):
        """What it told its own receiver: (status, labels)."""
        with self.hook.lock:
            bodies = [json.loads(r[2]) for r in self.hook.requests]
        return [(a["status"], a["labels"]) for b in bodies for a in b["alerts"]]

    def wait_notice(self, status, count=1):
        wait_for(f"{status} from {self.name}: {self.notices()}", lambda: [n[0] for n in self.notices()].count(status) >= count)


@unittest.skipUnless(can_run(), "no Alertmanager here: scripts/peers brings it, and unshare must be allowed to mount")
class Alertmanager(WebCase, Outputs):
    def setUp(self):
        super().setUp()
        self.a, self.b = Manager(self, "a"), Manager(self, "b")
        self.outputs(f'{{type: alertmanager, urls: ["{self.a.url}", "{self.b.url}/"], resend: 1s, labels: ["team=noc"], '
                     'link: "https://noc.example/alerts/"}')
        self.configure("outputs:", "control: control.sock\noutputs:")

    def silence(self, *arguments):
        done = self.run_command("silence", *arguments, "-c", self.path("trunkwatchd.yaml"))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_two_that_come_and_go(self):
        self.a.start()
        self.start()
        self.fault()
        raised = self.wait_transition("raised", "no-switchover")
        labels = {"alertname": "no-switchover", "pair": "metro-7", "device": "pe-a", "etrunk": "1", "interface": "Eth-Trunk10", "team": "noc"}
        alert = self.a.wait_alert()
        self.assertEqual(alert["labels"], labels)
        self.assertEqual((alert["startsAt"], alert["generatorURL"]), (raised["since"], f"https://noc.example/alerts/{raised['alert_id']}"))
        self.assertEqual((alert["annotations"]["summary"], alert["annotations"]["severity"]), (raised["summary"], "critical"))
        self.assertIn("display e-trunk 1", alert["annotations"]["description"])
        self.a.wait_notice("firing")
        # The other one is down, and comes later.
        self.wait_log("output: can't be written, will be tried again output=alertmanager:" + self.a.url + "#2 why=\"connection refused\"")
        self.b.start()
        self.b.wait_alert()
        # One more sub-interface: the same alert, with other annotations.
        self.down(200)
        self.wait_transition("updated", "no-switchover")
        for manager in (self.a, self.b):
            self.assertEqual(manager.wait_alert(lambda a: ".200" in a["annotations"]["sub_interfaces"])["labels"], labels)
        # One that forgot everything is told again.
        self.a.stop()
        shutil.rmtree(self.path("a"), ignore_errors=True)
        # That it is gone is seen by what is sent again: no transition waits.
        output = f"output=alertmanager:{self.a.url}#1"
        self.wait_log(f"output: can't be written, will be tried again {output} ")
        self.a.start()
        self.assertEqual(self.a.wait_alert()["labels"], labels)
        self.wait_log(f"output: can be written again {output} ")
        # It does not end while we live: longer than the four seconds that one post lasts.
        ends = self.a.wait_alert()["endsAt"]
        self.a.wait_alert(lambda a: a["endsAt"] > ends)
        # What is silenced ends there, and begins anew.
        silence = self.silence("--for", "1h", "pair=metro-7", "-m", "known")
        for manager in (self.a, self.b):
            manager.wait_notice("resolved")
            self.assertEqual(manager.alerts(), [])
        before = [[n[0] for n in manager.notices()].count("firing") for manager in (self.a, self.b)]
        self.silence("end", silence.split()[1].rstrip(","))
        for manager, fired in zip((self.a, self.b), before):
            self.assertEqual(manager.wait_alert()["labels"], labels)
            manager.wait_notice("firing", fired + 1)
        for sub in (100, 200):
            send(self.syslog, link("PE-A", f"Eth-Trunk10.{sub}", up=True), PE_A)
        self.wait_transition("cleared", "no-switchover")
        for manager in (self.a, self.b):
            manager.wait_notice("resolved", 2)
            self.assertEqual(manager.alerts(), [])

    def test_without_us_it_ends(self):
        self.a.start()
        self.b.start()
        self.start()
        done = self.run_command("test-output", f"alertmanager:{self.a.url}#1", "-c", self.path("trunkwatchd.yaml"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.fault()
        self.a.wait_alert()
        self.daemon.kill()
        self.daemon.wait(timeout=PATIENCE)
        self.a.wait_notice("resolved")
        # Back again, it is the same alert.
        self.start(ready=False)
        self.wait_told("READY=1", 2)
        self.fault()
        self.a.wait_notice("firing", 2)


class Refusals(Outputs):
    def test_one_that_is_refused_stops_no_other(self):
        # The real one stores the good ones of a post that it refuses; whatever it refuses, we know before it does.
        taken = []

        def judge(body):
            if b'"dual-master"' not in body or not taken:
                taken.extend([True] * (b'"dual-master"' in body))
                return OK
            return ("status", 400, [], b"bad")
        manager = Receiver(self, usual=judge)
        self.outputs(f'{{type: alertmanager, urls: ["http://127.0.0.1:{manager.port}"], resend: 1s, severity-label: true}}')
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml").replace("outputs:", "  dual-master: {hold: 100ms}\noutputs:"))
        self.start()
        self.fault()
        self.wait_transition("raised", "no-switchover")
        for host, source in (("PE-B", PE_B), ("PE-A", PE_A)):
            send(self.syslog, role(host, "Master"), source)
        self.wait_transition("raised", "dual-master")

        # Both are sent again, in one post, which is refused. Then each alone, and from then on without the bad one.
        def refused():
            with manager.lock:
                return [json.loads(r[2]) for r in manager.requests if r[3] != OK]
        wait_for("two refusals", lambda: len(refused()) >= 2)
        before = len(manager.bodies(0))
        posts = manager.bodies(before + 2)
        self.assertEqual([len(p) for p in refused()], [2, 1])
        for posted in posts[before:]:
            self.assertEqual([a["labels"]["alertname"] for a in posted], ["no-switchover"])
            self.assertEqual(posted[0]["labels"]["severity"], "critical")

    def test_settings_that_can_not_work(self):
        urls = 'urls: ["http://127.0.0.1:1"]'
        self.assert_wrong("alertmanager", ('urls: ["am-1"]', "expected a URL"),
                          (f'{urls}, labels: ["no-name=x"]', "expected \"name=value\""), (f'{urls}, labels: ["pair=x"]', "makes this label itself"),
                          (f'{urls}, labels: ["a="]', "expected \"name=value\""), (f'{urls}, link: "nowhere"', "link: "))


if __name__ == "__main__":
    unittest.main()
