"""What systemd expects of a service, and passes to it."""
import os
import re
import shutil
import signal
import socket
import subprocess
import unittest

from support import Case, PATIENCE, TRUNKWATCHD, free_port, wait_for


class Notify(Case):
    def test_life(self):
        self.start(environment=self.environment(WATCHDOG_USEC="400000"))
        self.wait_told("WATCHDOG=1", 3)
        self.fault()
        self.wait_transition("raised", "no-switchover")
        wait_for("a status", lambda: any(re.match(r"STATUS=2 devices, 1 pairs; received=3 .*firing=1", l) for l in self.hear()))
        self.assertEqual(self.stop(), 0)
        self.assertIn("STOPPING=1", self.hear())
        self.assertIn("report: counters received=3 events=3", self.log())
        self.assertIn("live: stopped", self.log())

    def test_interrupt_ends_it_too(self):
        self.start()
        self.daemon.send_signal(signal.SIGINT)
        self.assertEqual(self.daemon.wait(timeout=PATIENCE), 0)

    def test_abstract_name(self):
        name = f"trunkwatch-test-{os.getpid()}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind("\0" + name)
            manager.settimeout(PATIENCE)
            self.start(environment=self.environment(NOTIFY_SOCKET="@" + name), ready=False)
            self.assertIn("READY=1", manager.recv(65536).decode())

    def test_journal_prefix(self):
        # A pipe's device and inode stand for the journal's.
        read, write = os.pipe()
        st = os.fstat(write)
        process = subprocess.Popen([TRUNKWATCHD, "-c", self.path("none.yaml")], stderr=write, env=self.environment())
        process.wait(timeout=PATIENCE)
        process = subprocess.Popen([TRUNKWATCHD, "-c", self.path("trunkwatchd.yaml")], stderr=write,
                                   env=self.environment(JOURNAL_STREAM=f"{st.st_dev}:{st.st_ino}"))
        self.addCleanup(self.end, process)
        os.close(write)
        self.wait_told("READY=1")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=PATIENCE), 0)
        with os.fdopen(read) as f:
            lines = f.read().splitlines()
        self.assertTrue(any(line.startswith("<5>live: ready") for line in lines), lines)


class Sockets(Case):
    def bound(self, ports):
        sockets = []
        for port in ports:
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.addCleanup(s.close)
            s.bind(("127.0.0.1", port))
            sockets.append(s)
        return sockets

    def test_told_apart_by_name(self):
        snmp, self.syslog = free_port(), free_port()
        sockets = self.bound([snmp, self.syslog])
        self.start_with("snmp:syslog", sockets)
        self.wait_told("READY=1")
        self.assertIn("listen addresses of the configuration are ignored", self.log())
        self.assertIn(f"syslog://127.0.0.1:{self.syslog} origin=systemd", self.log())
        self.assertIn(f"snmp://127.0.0.1:{snmp} origin=systemd", self.log())
        self.fault()
        self.wait_transition("raised", "no-switchover")
        # The socket outlives the daemon: what comes in between is heard by the next one.
        self.assertEqual(self.stop(), 0)
        os.unlink(self.path("alerts.jsonl"))
        self.fault()
        self.start_with("snmp:syslog", sockets)
        self.wait_transition("raised", "no-switchover")

    def test_told_apart_by_port(self):
        self.start_with("unknown:unknown", self.bound([self.snmp, self.syslog]))
        self.wait_told("READY=1")
        self.assertIn(f"syslog://127.0.0.1:{self.syslog} origin=systemd", self.log())
        self.assertIn(f"snmp://127.0.0.1:{self.snmp} origin=systemd", self.log())

    def test_cannot_be_told_apart(self):
        self.start_with("one:two", self.bound([free_port(), free_port()]))
        self.assertEqual(self.daemon.wait(timeout=PATIENCE), 1)
        self.assertIn("can't tell what a passed socket is for", self.log())

    @unittest.skipUnless(shutil.which("systemd-socket-activate"), "systemd-socket-activate is not installed")
    def test_socket_activate(self):
        # It starts the daemon with the first datagram, which is not lost.
        env = self.environment()
        more = [f"--setenv={k}" for k in ("NOTIFY_SOCKET", "ASAN_OPTIONS", "LSAN_OPTIONS") if k in env]
        self.start("systemd-socket-activate", "-d", "-l", f"127.0.0.1:{self.syslog}", "--fdname=syslog", *more, ready=False)
        wait_for("the socket", lambda: f":{self.syslog:04X} " in self.read("/proc/net/udp"))
        self.fault()
        self.wait_transition("raised", "no-switchover")
        self.assertIn("origin=systemd", self.log())
        self.assertIn("nothing listens for this transport=snmp", self.log())


if __name__ == "__main__":
    unittest.main()
