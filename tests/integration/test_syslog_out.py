"""Alerts as syslog: a real rsyslog reads their structured data, over UDP, TCP and TLS."""
import json
import os
import socket
import subprocess
import unittest

from certificates import Authority
from relay import LIBRARIES, modules, program, skip_without
from ports import free_port
from support import PATIENCE, PE_A, Case, link, send, wait_for


class SyslogOut(Case):
    def setUp(self):
        super().setUp()
        self.port = free_port()

    def output(self, scheme, more="", host="127.0.0.1"):
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml")
                   + f'  - {{type: syslog, to: ["{scheme}://{host}:{self.port}"], hostname: collector{more}}}\n')

    def rsyslog(self, module, more=""):
        self.write("rsyslog.conf", f"""global(workDirectory="{self.folder}" {more})
module(load="{module}") module(load="mmpstrucdata")
input(type="{module.split('"')[0]}" address="127.0.0.1" port="{self.port}" ruleset="all")
template(name="j" type="list") {{ property(name="jsonmesg") constant(value="\\n") }}
ruleset(name="all") {{ action(type="mmpstrucdata") action(type="omfile" file="{self.path('got')}" template="j") }}
""")
        environment = {k: v for k, v in os.environ.items() if k not in ("LD_PRELOAD", "NOTIFY_SOCKET")}
        with open(self.path("rsyslog.log"), "w") as log:
            receiver = subprocess.Popen([program("rsyslogd"), "-n", "-i", "NONE", "-M", modules("*-linux-gnu/rsyslog"), "-f",
                                         self.path("rsyslog.conf")], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                        env={**environment, "LD_LIBRARY_PATH": ":".join(LIBRARIES)})
        self.addCleanup(self.end_receiver, receiver)
        return receiver

    def end_receiver(self, receiver):
        if receiver.poll() is None:
            receiver.terminate()
            receiver.wait(timeout=PATIENCE)

    def got(self):
        return [json.loads(line) for line in self.read("got").split("\n")[:-1]]

    def assert_arrives(self):
        self.fault()
        send_up = lambda: send(self.syslog, link("PE-A", "Eth-Trunk10.100", up=True), PE_A)
        self.wait_transition("raised", "no-switchover")
        send_up()
        cleared = self.wait_transition("cleared", "no-switchover")
        raised, over = wait_for("two messages", lambda: self.got() if len(self.got()) == 2 else None,
                                log=lambda: self.read("rsyslog.log") + self.log())
        data = raised["$!"]["rfc5424-sd"]["trunkwatch@32473"]
        self.assertEqual((data["alert_id"], data["number"], data["transition"], data["sub_interfaces"]),
                         (cleared["alert_id"], "1", "raised", "Eth-Trunk10.100"))
        self.assertEqual((raised["hostname"], raised["programname"], raised["syslogseverity"]), ("collector", "trunkwatch", "2"))
        self.assertIn("Traffic interruption, no switchover", raised["msg"])
        self.assertEqual(over["$!"]["rfc5424-sd"]["trunkwatch@32473"]["cleared_by"], "recovered")
        self.assertEqual(over["$!"]["rfc5424-sd"]["meta"]["sequenceid"], "2")

    @skip_without("rsyslogd")
    def test_udp(self):
        self.output("udp")
        self.rsyslog("imudp")
        wait_for("a receiver", lambda: f":{self.port:04X} " in self.read("/proc/net/udp"))
        self.start()
        self.assert_arrives()

    @skip_without("rsyslogd")
    def test_tcp_that_comes_later(self):
        self.output("tcp", host="localhost")  # ::1 comes first, where nobody listens
        self.start()
        self.fault()
        self.wait_log("output: can't be written")
        self.assertIn("Connection refused", self.log())
        self.rsyslog("imtcp")
        wait_for("what was missed", lambda: len(self.got()) >= 1)
        self.wait_log("output: can be written again")

    @skip_without("rsyslogd")
    def test_tls(self):
        ca = Authority(self.folder)
        pem, key = ca.sign("server", alternatives="IP:127.0.0.1", usage="serverAuth")
        self.output("tls", f", ca-file: {ca.pem}")
        self.rsyslog('imtcp" StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode="anon',
                     f'DefaultNetstreamDriverCAFile="{ca.pem}" DefaultNetstreamDriverCertFile="{pem}" DefaultNetstreamDriverKeyFile="{key}"')
        wait_for("a receiver", lambda: f":{self.port:04X} " in self.read("/proc/net/tcp"))
        self.start()
        self.assert_arrives()

    def test_a_certificate_of_somebody_else(self):
        ca, other = Authority(self.folder), self.path("other")
        os.mkdir(other)
        pem, key = Authority(other).sign("server", alternatives="IP:127.0.0.1", usage="serverAuth")
        self.output("tls", f", ca-file: {ca.pem}")
        server = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{self.port}", "-cert", pem, "-key", key, "-quiet"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.end_receiver, server)
        wait_for("a receiver", lambda: f":{self.port:04X} " in self.read("/proc/net/tcp"))
        self.start()
        self.fault()
        self.wait_log("output: can't be written")
        self.assertRegex(self.log(), "why=\"TLS: .*certificate")

    def test_one_that_takes_nothing(self):
        self.output("tcp", ", timeout: 1s")
        with socket.socket() as s:
            s.bind(("127.0.0.1", self.port))
            s.listen()
            self.start()
            self.fault()
            s.accept()[0].close()  # in the middle
            self.wait_transition("raised", "no-switchover")
            send(self.syslog, link("PE-A", "Eth-Trunk10.100", up=True), PE_A)
            second = s.accept()[0]
            second.settimeout(PATIENCE)
            self.assertIn(b"transition=\"", second.recv(65536))
            second.close()


class Exec(Case):
    def output(self, *command, more=""):
        words = ", ".join(json.dumps(w) for w in command)
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml") + f"  - {{type: exec, command: [{words}]{more}}}\n")

    def script(self, text):
        self.write("script", f"#!/bin/sh\n{text}\n")
        os.chmod(self.path("script"), 0o755)
        return self.path("script")

    def test_gets_the_transition(self):
        out = self.path("seen")
        self.output(self.script(f'cat >> {out}; echo "$1 $TRUNKWATCH_TRANSITION $TRUNKWATCH_DEVICE; ls -l /proc/self/fd" >> {out}.env; '
                                f'ls /proc/$$/fd | wc -l >> {out}.fds'), "an argument; $(id)")
        self.start()
        self.fault()
        raised = self.wait_transition("raised", "no-switchover")
        self.assertEqual(self.wait_transition("raised", "no-switchover", "seen"), raised)
        wait_for("its environment", lambda: self.read("seen.env").startswith("an argument; $(id) raised pe-a"))
        wait_for("its descriptors", lambda: self.read("seen.fds"))
        self.assertLess(int(self.read("seen.fds")), 8)

    def test_one_that_fails_and_one_that_hangs(self):
        self.output(self.script('echo "no paper" >&2; exit 75'))
        self.output("/bin/sleep", "1000", more=", timeout: 1s, name: sleeper")
        self.start()
        self.fault()
        self.wait_transition("raised", "no-switchover")
        self.wait_log('why="exit status 75: no paper"')
        self.wait_log('why="it took too long and was ended"')
        self.assertEqual(self.stop(), 0)

    def test_what_could_never_run(self):
        from support import TRUNKWATCHD
        self.output("/nowhere/at/all")
        done = subprocess.run([TRUNKWATCHD, "--check", "-c", self.path("trunkwatchd.yaml")], capture_output=True, text=True,
                              timeout=PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertIn("command: No such file or directory", done.stderr)


if __name__ == "__main__":
    unittest.main()
