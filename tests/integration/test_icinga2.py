"""Icinga 2 itself, as scripts/peers unpacks it, with its API and objects that wait for results."""
import base64
import glob
import grp
import http.client
import json
import os
import pwd
import shutil
import ssl
import subprocess
import unittest

from certificates import Authority
from receivers import Receiver
from ports import free_port
from support import PATIENCE, PE_A, PE_B, SOURCE, link, role, send, wait_for
from test_webhook import Outputs

PEERS = os.path.join(SOURCE, "build", "peers")
PROGRAM = (glob.glob(os.path.join(PEERS, "usr/lib/*/icinga2/sbin/icinga2")) or [""])[0]
OBJECTS = """const NodeName = "localhost"
const ZoneName = "localhost"
object Endpoint NodeName {{ }}
object Zone ZoneName {{ endpoints = [ NodeName ] }}
object ApiListener "api" {{ bind_host = "127.0.0.1"; bind_port = {port} }}
object ApiUser "tw" {{ password = "geheim"; permissions = [ "actions/process-check-result", "objects/query/*" ] }}
object CheckerComponent "checker" {{ }}
object CheckCommand "silent" {{ command = [ "/bin/sh", "-c", "echo nobody watches; exit 2" ] }}
template Service "results" {{ check_command = "silent"; enable_active_checks = false; max_check_attempts = 1 }}
object Host "metro-7" {{ check_command = "silent"; enable_active_checks = false }}
object Service "no-switchover" {{ import "results"; host_name = "metro-7" }}
object Service "e-trunk 1" {{ import "results"; host_name = "metro-7" }}
object Service "trunkwatch" {{ import "results"; host_name = "metro-7"; enable_active_checks = true; check_interval = 1h }}
"""


class Icinga:
    def __init__(self, test):
        self.test, self.port, self.process = test, free_port(), None
        for folder in ("log", "run", "cache", "spool", "data/certs"):
            os.makedirs(test.path("icinga/" + folder))
        test.write("icinga/icinga2.conf", OBJECTS.format(port=self.port))
        self.ca = Authority(test.folder)
        files = self.ca.sign("localhost", common="localhost", alternatives="DNS:localhost,IP:127.0.0.1")
        for name, path in (("localhost.crt", files[0]), ("localhost.key", files[1]), ("ca.crt", self.ca.pem)):
            shutil.copy(path, test.path("icinga/data/certs/" + name))
        self.url = f"https://127.0.0.1:{self.port}"
        test.addCleanup(self.stop)

    def start(self):
        home = self.test.path("icinga")
        environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(glob.glob(os.path.join(PEERS, "usr/lib/*-linux-gnu"))),
                       "ICINGA2_USER": pwd.getpwuid(os.geteuid()).pw_name, "ICINGA2_GROUP": grp.getgrgid(os.getegid()).gr_name}
        places = {"DataDir": "data", "LogDir": "log", "InitRunDir": "run", "CacheDir": "cache", "SpoolDir": "spool", "ConfigDir": ""}
        with open(self.test.path("icinga.log"), "a") as log:
            self.process = subprocess.Popen([PROGRAM, "daemon", "-c", os.path.join(home, "icinga2.conf"),
                                             *[f"-D{k}={os.path.join(home, v)}" for k, v in places.items()]], env=environment, stdout=log,
                                            stderr=log, stdin=subprocess.DEVNULL)
        wait_for("Icinga's API", lambda: self.service("e-trunk%201"))

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=PATIENCE)
            self.process = None

    def service(self, name):
        """Its attributes, or None."""
        context = ssl.create_default_context(cafile=self.ca.pem)
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=PATIENCE, context=context)
        try:
            connection.request("GET", f"/v1/objects/services/metro-7!{name}",
                               headers={"Authorization": "Basic " + base64.b64encode(b"tw:geheim").decode()})
            return json.loads(connection.getresponse().read())["results"][0]["attrs"]
        except OSError:
            return None
        finally:
            connection.close()

    def wait_state(self, name, state, text):
        def right():
            s = self.service(name)
            result = s and s["last_check_result"]
            return result if result and s["state"] == state and text in result["output"] else None
        return wait_for(f"{name} {state} '{text}': {self.service(name)}\n{self.test.log()}", right)


@unittest.skipUnless(PROGRAM, "no Icinga 2 here: scripts/peers brings it")
class Icinga2(Outputs):
    def test_states_of_objects(self):
        icinga = Icinga(self)
        self.write("password", "geheim\n")
        self.write("wrong", "falsch\n")
        login = f'type: icinga2, url: "{icinga.url}", ca-file: {icinga.ca.pem}, user: tw, ttl: 3s'
        self.outputs(f'{{{login}, name: main, password-file: password, alive: "metro-7!trunkwatch"}}',
                     f'{{{login}, name: all, password-file: password, service: "e-trunk {{e-trunk}}"}}',
                     f'{{{login}, name: nobody, password-file: password, service: "no {{trunk}}"}}',
                     f"{{{login}, name: wrong, password-file: wrong}}")
        self.write("inventory.yaml", self.read("inventory.yaml").replace(
            "        members:\n", "        members:\n          - trunks: {pe-a: Eth-Trunk11, pe-b: Eth-Trunk21}\n"))
        icinga.start()
        self.start()
        self.fault()
        raised = self.wait_transition("raised", "no-switchover")
        result = icinga.wait_state("no-switchover", 2, "Traffic interruption, no switchover")
        self.assertLessEqual(len(result["output"].split("\n")[0]), 250)
        self.assertIn("display e-trunk 1", result["output"])
        self.assertEqual((result["performance_data"], result["check_source"], result["ttl"]),
                         (["open=1;;;0", "sub_interfaces=1;;;0"], "trunkwatch", 3))
        icinga.wait_state("trunkwatch", 0, "is alive")
        icinga.wait_state("e-trunk%201", 2, "Traffic interruption")
        self.wait_why("wrong", "HTTP 401 Unauthorized")
        # An object that Icinga does not have stops none that it has.
        self.wait_log('were passed over output=nobody why="Icinga says 404: No objects found."')
        # One that comes back without a memory is told again.
        icinga.stop()
        os.unlink(self.path("icinga/data/icinga2.state"))
        icinga.start()
        icinga.wait_state("no-switchover", 2, "Traffic interruption, no switchover")
        # Two alerts of one object: it is good again when both are over.
        for line, source in ((role("PE-A", "Master").replace("MemberId=10", "MemberId=11"), PE_A),
                             (role("PE-B", "Backup").replace("MemberId=20", "MemberId=21"), PE_B),
                             (link("PE-A", "Eth-Trunk11.7"), PE_A)):
            send(self.syslog, line, source)
        icinga.wait_state("no-switchover", 2, "2 alerts; the worst: Traffic interruption")
        self.clear()
        cleared = self.wait_transition("cleared", "no-switchover")
        self.assertEqual(cleared["alert_id"], raised["alert_id"])
        icinga.wait_state("no-switchover", 2, "Traffic interruption, no switchover: Eth-Trunk11.7")
        send(self.syslog, link("PE-A", "Eth-Trunk11.7", up=True), PE_A)
        icinga.wait_state("no-switchover", 0, "over (recovered)")
        icinga.wait_state("e-trunk%201", 0, "over (recovered)")
        # Silence is noticed.
        self.daemon.kill()
        self.daemon.wait(timeout=PATIENCE)
        icinga.wait_state("trunkwatch", 2, "nobody watches")
        self.assertNotIn("geheim", self.log())


class Answers(Outputs):
    def test_a_yes_with_a_no_inside(self):
        def results(code):
            return ("status", 200, [], json.dumps({"results": [{"code": code, "status": "so it is"}]}).encode())
        answers = {"later": (results(503), "Icinga says 503: so it is"), "empty": (("status", 200, [], b'{"results":[]}'), "no results"),
                   "other": (("status", 200, [], b"<html>welcome</html>"), "the answer is no JSON"),
                   "deep": (("status", 200, [], b"[" * 60000), "the answer is no JSON")}
        receivers = {name: Receiver(self, usual=answer) for name, (answer, _) in answers.items()}
        yes = Receiver(self, usual=results(200.0))
        self.outputs(*[f'{{type: icinga2, name: {name}, url: "http://127.0.0.1:{r.port}"}}' for name, r in [*receivers.items(), ("yes", yes)]])
        self.start()
        self.fault()
        self.wait_transition("raised", "no-switchover")
        for name, (_, why) in answers.items():
            wait_for(name, lambda: [l for l in self.log().splitlines() if f"tried again output={name} why=\"" in l and why in l])
        with yes.lock:
            self.assertEqual([json.loads(r[2])["service"] for r in yes.requests], ["metro-7!no-switchover"])

    def test_settings_that_can_not_work(self):
        url = 'url: "http://127.0.0.1:1"'
        self.assert_wrong("icinga2", (f'{url}, host: "{{nobody}}"', "host: expected {pair}"), (f'{url}, service: "a!b"', "service: expected a name without !"),
                          (f"{url}, alive: trunkwatch", "alive: expected HOST!SERVICE"))


if __name__ == "__main__":
    unittest.main()
