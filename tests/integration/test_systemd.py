"""What systemd expects of a service, and passes to it."""
import os
import re
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import unittest

from certificates import Authority
from ports import free_port
from support import Case, PATIENCE, PE_A, PE_B, TRUNKWATCHD, link, role, send, wait_for


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

    def follow(self, seconds):
        """What comes within some seconds: (when, line), in order."""
        found, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self.manager], [], [], max(0.0, end - time.monotonic()))[0]:
                now = time.monotonic()
                found += [(now, line) for line in self.manager.recv(65536).decode().split("\n")]
        return found

    def test_watchdog_at_half_the_period(self):
        self.start(environment=self.environment(WATCHDOG_USEC="1000000"))
        self.assertEqual(self.hear().count("READY=1"), 1)
        beats = [at for at, line in self.follow(4) if line == "WATCHDOG=1"]
        self.assertIn(len(beats), range(6, 10), beats)
        # Never later than the period, or systemd would kill it. One that does not get on says nothing.
        self.assertLess(max(b - a for a, b in zip(beats, beats[1:])), 1.0)
        self.daemon.send_signal(signal.SIGSTOP)
        self.follow(0.1)
        self.assertEqual(self.follow(1.2), [])
        self.daemon.send_signal(signal.SIGCONT)
        self.assertIn("WATCHDOG=1", [line for _, line in self.follow(1)])

    def test_watchdog_while_busy(self):
        self.start(environment=self.environment(WATCHDOG_USEC="1000000"))
        stop = threading.Event()

        def pour():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.bind((PE_A, 0))
                while not stop.is_set():
                    for _ in range(200):
                        s.sendto(b"<190>Nov 25 2026 12:00:00 PE-A %%01TEST/6/NOTHING(l):x", ("127.0.0.1", self.syslog))
        pouring = threading.Thread(target=pour)
        pouring.start()
        try:
            beats = [line for _, line in self.follow(3) if line == "WATCHDOG=1"]
        finally:
            stop.set()
            pouring.join()
        self.assertGreaterEqual(len(beats), 4)

    def test_watchdog_only_if_asked(self):
        for more in ({}, {"WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"}):
            self.start(environment=self.environment(**more))
            self.assertNotIn("WATCHDOG=1", [line for _, line in self.follow(0.5)])
            self.assertEqual(self.stop(), 0)
            self.told.clear()

    def test_order(self):
        self.start()
        self.daemon.send_signal(signal.SIGHUP)
        self.wait_told("READY=1", 2)
        self.write("inventory.yaml", "devices: 5\n")
        self.daemon.send_signal(signal.SIGHUP)
        self.wait_log("reload: refused")
        self.wait_told("READY=1", 3)
        self.assertEqual(self.stop(), 0)
        states = [line for line in self.hear() if line in ("READY=1", "RELOADING=1", "STOPPING=1")]
        self.assertEqual(states, ["READY=1", "RELOADING=1", "READY=1", "RELOADING=1", "READY=1", "STOPPING=1"])

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


# What MemoryDenyWriteExecute= does, by the kernel itself; it is kept over exec.
REFUSE_WRITABLE_CODE = "import ctypes, os, sys; ok = ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) == 0; "
CAN_REFUSE = subprocess.run([sys.executable, "-c", REFUSE_WRITABLE_CODE + "sys.exit(not ok)"]).returncode == 0


class Patterns(Case):
    def test_compiled(self):
        self.start()
        self.assertRegex(self.log(), r"info live: patterns are compiled patterns=(\d+) compiled=\1\n")

    @unittest.skipUnless(CAN_REFUSE, "this kernel can't refuse writable code")
    def test_interpreted_is_told_and_right(self):
        self.start(sys.executable, "-c", REFUSE_WRITABLE_CODE + "os.execv(sys.argv[1], sys.argv[1:])")
        self.assertRegex(self.log(), r"warning live: patterns are interpreted: .* compiled=0\n")
        self.fault()
        self.wait_transition("raised", "no-switchover")


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

    def listening(self, port=0):
        s = socket.socket()
        self.addCleanup(s.close)
        s.bind(("127.0.0.1", port))
        s.listen(5)
        return s

    def test_tcp(self):
        named, unnamed = self.listening(), self.listening()
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml").replace(
            f"udp://127.0.0.1:{self.syslog}", f"tcp://127.0.0.1:{unnamed.getsockname()[1]}"))
        connected = socket.create_connection(named.getsockname())
        self.addCleanup(connected.close)
        self.start_with("syslog-tcp:unknown:syslog:syslog", [named, unnamed, connected, *self.bound([self.syslog])])
        self.wait_told("READY=1")
        for s in (named, unnamed):
            self.assertIn(f"syslog+tcp://127.0.0.1:{s.getsockname()[1]} origin=systemd", self.log())
        self.assertIn(f"syslog://127.0.0.1:{self.syslog} origin=systemd", self.log())
        self.assertEqual(self.log().count("no listening TCP socket (Accept=no), ignored"), 1)
        for line, source, to in ((role("PE-A", "Master"), PE_A, named), (role("PE-B", "Backup"), PE_B, unnamed)):
            with socket.create_connection(to.getsockname(), source_address=(source, 0)) as s:
                s.sendall(line.encode() + b"\n")
        send(self.syslog, link("PE-A", "Eth-Trunk10.100"), PE_A)
        self.wait_transition("raised", "no-switchover")

    def test_tcp_that_is_not_served(self):
        # Encrypted syslog would be heard as noise, traps over TCP not at all.
        for name, why in (("syslog-tls", "a socket for TLS was passed, and tls is not configured"),
                          ("snmp", "can't tell what a passed TCP socket is for, expected FileDescriptorName=syslog"),
                          ("unknown", "can't tell what a passed TCP socket is for, expected FileDescriptorName=syslog")):
            self.start_with(name, [self.listening()])
            self.assertEqual(self.daemon.wait(timeout=PATIENCE), 1)
            self.assertIn(f"{why} name={name}", self.log())

    def test_tls(self):
        # By the name, and by the port in the configuration; beside TCP and UDP.
        authority = Authority(self.folder)
        authority.sign("server", common="collector")
        named, unnamed, plain = self.listening(), self.listening(), self.listening()
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml").replace(
            f"udp://127.0.0.1:{self.syslog}", f"tls://127.0.0.1:{unnamed.getsockname()[1]}") +
            "tls: {certificate: server.pem, key: server.key, client-ca: ca.pem}\n")
        self.start_with("syslog-tls:syslog:syslog-tcp", [named, unnamed, plain])
        self.wait_told("READY=1")
        context = ssl.create_default_context(cafile=authority.pem)
        context.check_hostname = False
        context.load_cert_chain(*authority.sign("router", common="router"))
        for line, source, to in ((role("PE-A", "Master"), PE_A, named), (role("PE-B", "Backup"), PE_B, unnamed)):
            self.assertIn(f"syslog+tls://127.0.0.1:{to.getsockname()[1]} origin=systemd", self.log())
            with socket.create_connection(to.getsockname(), source_address=(source, 0)) as s, context.wrap_socket(s) as secure:
                secure.sendall(line.encode() + b"\n")
                secure.unwrap()
        self.assertIn(f"syslog+tcp://127.0.0.1:{plain.getsockname()[1]} origin=systemd", self.log())
        with socket.create_connection(plain.getsockname(), source_address=(PE_A, 0)) as s:
            s.sendall(link("PE-A", "Eth-Trunk10.100").encode() + b"\n")
        self.wait_transition("raised", "no-switchover")

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
