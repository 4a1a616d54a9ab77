"""Nagios itself, as scripts/peers unpacks it, with a service that waits for results in its external command file."""
import grp
import os
import pwd
import re
import subprocess
import unittest

from support import PATIENCE, PE_A, SOURCE, TRUNKWATCH, link, send, wait_for
from test_webhook import Outputs

NAGIOS = os.path.join(SOURCE, "build", "peers", "usr/sbin/nagios4")
CONFIG = """log_file={0}/nagios.log
cfg_file={0}/objects.cfg
object_cache_file={0}/objects.cache
resource_file={0}/resource.cfg
status_file={0}/status.dat
status_update_interval=1
nagios_user={1}
nagios_group={2}
check_external_commands=1
command_file={0}/nagios.cmd
lock_file={0}/lock
temp_file={0}/temp
temp_path={0}
check_result_path={0}/spool
query_socket={0}/nagios.qh
log_rotation_method=n
use_syslog=0
execute_service_checks=0
execute_host_checks=0
enable_notifications=0
check_workers=1
"""
OBJECTS = """define command {
  command_name silent
  command_line /bin/true
}
define timeperiod {
  timeperiod_name always
  alias always
}
define contact {
  contact_name noc
  host_notification_commands silent
  service_notification_commands silent
  host_notification_period always
  service_notification_period always
}
define host {
  host_name metro-7
  address 127.0.0.1
  max_check_attempts 1
  check_command silent
  contacts noc
}
"""
SERVICE = """define service {{
  host_name metro-7
  service_description {}
  check_command silent
  max_check_attempts 1
  active_checks_enabled 0
  contacts noc
}}
"""


class Nagios:
    def __init__(self, test, services):
        self.test, self.process, self.folder = test, None, test.path("nagios")
        os.makedirs(os.path.join(self.folder, "spool"))
        user, group = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
        test.write("nagios/nagios.cfg", CONFIG.format(self.folder, user, group))
        test.write("nagios/objects.cfg", OBJECTS + "".join(SERVICE.format(s) for s in services))
        test.write("nagios/resource.cfg", "")
        self.command_file = os.path.join(self.folder, "nagios.cmd")
        test.addCleanup(self.stop)

    def start(self):
        with open(self.test.path("nagios.out"), "a") as log:
            self.process = subprocess.Popen([NAGIOS, os.path.join(self.folder, "nagios.cfg")], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)
        wait_for("Nagios' command file", lambda: os.path.exists(self.command_file) or self.process.poll() is not None)
        self.test.assertIsNone(self.process.poll(), self.test.read("nagios.out"))

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=PATIENCE)
            self.process = None

    def service(self, name):
        """What it shows of it: name -> value."""
        for block in re.findall(r"^servicestatus \{\n(.*?)^\s*\}", self.test.read("nagios/status.dat"), re.M | re.S):
            values = dict(line.strip().split("=", 1) for line in block.splitlines() if "=" in line)
            if values["service_description"] == name:
                return values
        return {}

    def wait_state(self, name, state, text):
        def right():
            s = self.service(name)
            return s if s.get("current_state") == str(state) and text in s.get("plugin_output", "") else None
        return wait_for(f"{name} {state} '{text}': {self.service(name)}\n{self.test.log()}\n{self.test.read('nagios/nagios.log')}", right)


@unittest.skipUnless(os.path.exists(NAGIOS), "no Nagios here: scripts/peers brings it")
class OfNagios(Outputs):
    def test_states_of_services(self):
        nagios = Nagios(self, ["no-switchover", "trunkwatch"])
        self.outputs(f'{{type: nagios, name: main, command-file: "{nagios.command_file}", alive: "metro-7!trunkwatch", ttl: 3s}}')
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml").replace("outputs:", f"control: {self.path('control')}\noutputs:"))
        self.start()
        self.fault()
        raised = self.wait_transition("raised", "no-switchover")
        self.wait_why("main", "No such file or directory")
        # A pipe that nobody reads from is no place to wait.
        os.mkfifo(nagios.command_file)
        done = subprocess.run([TRUNKWATCH, "test-output", "-c", self.path("trunkwatchd.yaml"), "main"], capture_output=True, text=True,
                              timeout=PATIENCE)
        self.assertIn("main: failed: nobody reads the command file", done.stderr)
        os.unlink(nagios.command_file)
        nagios.start()
        shown = nagios.wait_state("no-switchover", 2, "Traffic interruption, no switchover")
        self.assertEqual(shown["plugin_output"], raised["summary"].replace(";", ":"))
        self.assertIn("\\n          display e-trunk 1\\n", shown["long_plugin_output"])
        self.assertEqual(shown["performance_data"], "open=1;;;0 sub_interfaces=1;;;0")
        nagios.wait_state("trunkwatch", 0, "is alive, open alerts: 1")
        self.clear()
        nagios.wait_state("no-switchover", 0, "Traffic interruption, no switchover")
        lines = [l for l in self.read("nagios/nagios.log").splitlines() if "EXTERNAL COMMAND" in l]
        self.assertTrue(all(re.search(r"PROCESS_SERVICE_CHECK_RESULT;metro-7;(no-switchover|trunkwatch);[0-3];[^;]", l) for l in lines), lines)


class Pipes(Outputs):
    def test_a_reader_that_sleeps_and_files_that_are_no_pipe(self):
        """The pipe fills up: nothing waits, no line is torn, nothing is lost when it is read again."""
        os.mkfifo(self.path("pipe"))
        reader = os.open(self.path("pipe"), os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        self.write("plain", "")
        self.outputs("{type: nagios, name: sleeper, command-file: pipe}", "{type: nagios, name: file, command-file: plain}")
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml").replace("hold: 100ms", "hold: 0s"))
        self.start()
        self.fault()
        self.wait_why("file", "the command file is no pipe")
        flaps = 0
        while "output=sleeper" not in self.log():
            self.assertLess(flaps, 100)
            for up in (True, False):
                send(self.syslog, link("PE-A", "Eth-Trunk10.100", up=up), PE_A)
            flaps += 1
            self.wait_log("transition=cleared", flaps)
        self.wait_why("sleeper", "Nagios does not read its command file, which is full")
        text = b""

        def drained():
            nonlocal text
            try:
                text += os.read(reader, 1 << 20)
            except BlockingIOError:
                pass
            return "output: can be written again output=sleeper" in self.log()
        wait_for("it goes on", drained)
        lines = text.split(b"\n")[:-1]
        self.assertGreater(len(lines), 16)
        for line in lines:
            self.assertRegex(line, rb"^\[\d+\] PROCESS_SERVICE_CHECK_RESULT;metro-7;[a-z-]+;[012];[^;].*\|open=\d+;;;0 sub_interfaces=\d+;;;0$")
            self.assertLess(len(line), 4096)
        self.assertEqual(self.read("plain"), "")

    def test_settings_that_can_not_work(self):
        to = "command-file: pipe"
        self.assert_wrong("nagios", (f'{to}, host: "a;b"', "host: it has a character"), (f"{to}, alive: trunkwatch", "alive: expected HOST!SERVICE"))


if __name__ == "__main__":
    unittest.main()
