"""The control socket: who may ask, for what, and what it does with those who mean no good."""
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import unittest

from support import PATIENCE, PE_A, RULES, TRUNKWATCH, link, send, wait_for
from web import WebCase

NOT_ALLOWED = "not allowed: who asks is neither root, nor the daemon's user, nor in the group of its control socket"
LINE_MAX, CONNECTIONS_MAX = 16384, 8
# Asks as another user.
AS_NOBODY = """import os, socket, sys
os.setgroups([int(g) for g in sys.argv[2:]])
os.setgid(65534)
os.setuid(65534)
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
try:
    s.sendall(b'{"command":"reload"}\\n')
except OSError:
    pass  # turned away, and answered
print(s.recv(4096).decode())"""


class Control(WebCase):
    def setUp(self):
        super().setUp()
        self.configure("outputs:", "control: control.sock\noutputs:")

    def connect(self):
        s = socket.socket(socket.AF_UNIX)
        self.addCleanup(s.close)
        s.connect(self.path("control.sock"))
        s.settimeout(PATIENCE)
        return s

    def ask(self, data):
        """What is answered to these bytes, until it closes."""
        with self.connect() as s:
            try:
                s.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass
            return self.rest(s)

    def reload(self, *more):
        return self.run_command("reload", "-c", self.path("trunkwatchd.yaml"), *more)


class Socket(Control):
    def test_is_there_and_goes(self):
        self.start()
        mode = os.lstat(self.path("control.sock")).st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o660)
        self.assertEqual(self.stop(), 0)
        self.assertFalse(os.path.lexists(self.path("control.sock")))

    def test_left_behind_is_replaced(self):
        self.start()
        self.daemon.kill()
        self.daemon.wait(timeout=PATIENCE)
        self.assertTrue(os.path.lexists(self.path("control.sock")))
        self.told.clear()
        self.start()
        self.assertEqual(self.reload().returncode, 0)

    def test_of_another_daemon_is_not(self):
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(self.path("control.sock"))
            other.listen(1)
            self.start(ready=False)
            self.assertEqual(self.daemon.wait(timeout=PATIENCE), 1)
            self.assertIn("is another daemon running?", self.log())
            self.assertTrue(os.path.lexists(self.path("control.sock")))

    def test_a_file_is_not_touched(self):
        self.write("control.sock", "mine\n")
        self.start(ready=False)
        self.assertEqual(self.daemon.wait(timeout=PATIENCE), 1)
        self.assertEqual(self.read("control.sock"), "mine\n")

    def test_what_replaced_it_is_kept(self):
        self.start()
        os.unlink(self.path("control.sock"))
        self.write("control.sock", "mine\n")
        self.assertEqual(self.stop(), 0)
        self.assertEqual(self.read("control.sock"), "mine\n")

    def test_a_path_that_is_too_long(self):
        self.configure("control.sock", "x" * 120)
        self.start(ready=False)
        self.assertEqual(self.daemon.wait(timeout=PATIENCE), 1)
        self.assertIn("File name too long", self.log())


class Asked(Control):
    def test_reload(self):
        self.start()
        done = self.reload()
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertIn("reload: done", self.log())
        self.assertIn(f"control: asked for command=reload uid={os.getuid()} gid={os.getgid()} pid=", self.log())
        self.assertEqual(self.metrics()["trunkwatch_reloads_total"], 1)
        self.wait_told("READY=1", 2)

    def test_reload_that_is_refused(self):
        self.start()
        self.fault()
        alert = self.wait_transition("raised", "no-switchover")
        good = self.read("inventory.yaml")
        self.write("inventory.yaml", good.replace("hostnames", "hostname").replace("arp", "arc"))
        done = self.reload()
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 4)
        for line in lines[:3]:
            self.assertRegex(line, r"^\S+/inventory\.yaml:\d+:\d+: (unknown key|service is) ")
        self.assertEqual(lines[3], "trunkwatch reload: refused: everything stays as it was")
        status = self.json("/api/v1/status")
        self.assertEqual((status["last_reload"]["ok"], status["last_reload"]["errors"]), (False, lines[:3]))
        self.assertEqual(self.metrics()["trunkwatch_last_reload_successful"], 0)
        # The file that names the socket may itself be what is wrong.
        self.write("inventory.yaml", good)
        self.configure("hold: 1s", "hold: x")
        done = self.reload()
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"trunkwatchd.yaml:\d+:\d+: hold is 'x'")
        self.configure("hold: x", "hold: 1s")
        self.assertEqual(self.reload().returncode, 0)
        self.assertEqual(self.json("/api/v1/status")["last_reload"]["errors"], [])
        send(self.syslog, link("PE-A", "Eth-Trunk10.100", up=True), PE_A)
        self.assertEqual(self.wait_transition("cleared", "no-switchover")["alert_id"], alert["alert_id"])

    def test_no_daemon(self):
        done = self.reload()
        self.assertEqual(done.returncode, 2)
        self.assertIn("Is trunkwatchd running?", done.stderr)
        self.configure("control: control.sock\n", "")
        done = self.reload()
        self.assertEqual(done.returncode, 2)
        self.assertIn("has no control socket", done.stderr)

    @unittest.skipUnless(os.getuid() == 0, "only root can ask as somebody else")
    def test_somebody_else(self):
        self.start()
        os.chmod(self.folder, 0o755)
        ask = [sys.executable, "-c", AS_NOBODY, self.path("control.sock")]
        # The mode of the socket keeps him out.
        done = subprocess.run(ask, capture_output=True, text=True, timeout=PATIENCE)
        self.assertIn("PermissionError", done.stderr)
        # So does who he is; but not those of its group.
        os.chmod(self.path("control.sock"), 0o666)
        done = subprocess.run(ask, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(json.loads(done.stdout), {"ok": False, "error": NOT_ALLOWED}, done.stderr)
        self.wait_log("control: refused command=- uid=65534 gid=65534")
        self.assertNotIn("reload: done", self.log())
        done = subprocess.run([*ask, str(os.lstat(self.path("control.sock")).st_gid)], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(json.loads(done.stdout), {"ok": True, "errors": []}, done.stderr)

    @unittest.skipUnless(os.getuid() == 0, "only root can ask as somebody else")
    def test_somebody_else_is_told_why(self):
        """Whether he writes before the connection is closed or after."""
        self.start()
        os.chmod(self.folder, 0o755)
        os.chmod(self.path("control.sock"), 0o666)
        command = [TRUNKWATCH, "reload", "-c", self.path("trunkwatchd.yaml")]
        environment = {**os.environ, "LLVM_PROFILE_FILE": "/dev/null"}  # where coverage is counted: that file is not his to write
        for _ in range(10):
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, env=environment, user=65534, group=65534,
                                      extra_groups=[])
            except PermissionError:
                self.skipTest("nobody may not run what was built here")
            self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "", f"trunkwatch reload: {NOT_ALLOWED}\n"))

    def test_no_place_is_told(self):
        """Also to who has written all that he wanted before the daemon looks."""
        self.start()
        for _ in range(CONNECTIONS_MAX):
            self.connect()
        self.daemon.send_signal(signal.SIGSTOP)
        with self.connect() as waits:
            waits.sendall(b'{"command":"reload"}\n')
            asks = subprocess.Popen([TRUNKWATCH, "reload", "-c", self.path("trunkwatchd.yaml")], stderr=subprocess.PIPE, text=True)
            time.sleep(0.3)
            self.daemon.send_signal(signal.SIGCONT)
            self.assertEqual(json.loads(waits.recv(4096)), {"ok": False, "error": "too many connections"})
        self.assertEqual(asks.communicate(timeout=PATIENCE)[1], "trunkwatch reload: too many connections\n")
        self.assertEqual(asks.returncode, 1)


class Hostile(Control):
    def refused(self, data, why):
        answer = json.loads(self.ask(data))
        self.assertEqual((answer["ok"], answer["error"]), (False, why))

    def test_requests(self):
        self.start()
        none = 'no JSON object, expected {"command": "…"}'
        for data, why in [(b"\n", none), (b"reload\n", none), (b"[]\n", none), (b"{\n", none), (b'{"command":"reload"} x\n', none),
                          (b'{"command":"reload","command":"reload"}\n', none), (b'{"command":"\xff"}\n', none), (b"\0\n", none),
                          (b'{"command":"\\u0000"}\n', none), (b"[" * 16000 + b"\n", none),
                          (b"{}\n", 'no command, expected {"command": "…"}'),
                          (b'{"command":1}\n', "an argument is no string"),
                          (b'{"command":"reload","a":{}}\n', "an argument is no string"),
                          (b'{"command":"reload","a":"b"}\n', "the command has no such argument"),
                          (b'{"command":"Reload"}\n', "there is no such command"),
                          (b'{"command":"\\n\\u001b[1m%n"}\n', "there is no such command"),
                          (b'{"command":"' + b"a" * LINE_MAX + b'"}\n', "the request is too long"),
                          (b"a" * (LINE_MAX + 1), "the request is too long")]:
            self.refused(data, why)
        self.assertNotIn("\x1b", self.log())
        self.assertEqual(self.ask(b'{"command":"reload"}\n{"command":"reload"}\n').count(b"\n"), 1)
        self.assertEqual(self.log().count("reload: done"), 1)
        self.assertEqual(self.json("/healthz"), {"status": "ok"})

    def test_slow_ones_make_room(self):
        self.start()
        begun = time.monotonic()
        slow = [self.connect() for _ in range(CONNECTIONS_MAX)]
        slow[0].sendall(b'{"command":')
        with self.connect() as one_more:
            self.assertEqual(json.loads(self.rest(one_more)), {"ok": False, "error": "too many connections"})
        self.wait_log("why=\"too many connections\"")
        for s in slow:
            self.assertEqual(self.rest(s), b"")
        self.assertGreater(time.monotonic() - begun, 4)
        self.assertEqual(self.reload().returncode, 0)

    def test_gone_before_the_answer(self):
        self.start()
        for _ in range(5):
            with self.connect() as s:
                s.sendall(b'{"command":"reload"}\n')
        wait_for("all of them", lambda: self.log().count("reload: done") == 5)
        self.assertEqual(self.reload().returncode, 0)


if __name__ == "__main__":
    unittest.main()
