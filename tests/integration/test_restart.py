"""The sockets outlive the daemon: over restarts under load every datagram that was sent is heard, once."""
import os
import re
import signal
import socket
import sys
import threading
import time
import unittest

from support import Case, PATIENCE, PE_A, PE_B, SOURCE, link, role, wait_for

sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
from make_pcap import trap  # noqa: E402

RATE = 2000          # datagrams per second, of each kind
RECEIVE_BUFFER = 64 << 20  # as the socket units have it
GAP = 4.0            # seconds that the queue must hold, at the most
TRUESIZE = 2304      # more than the kernel counts for one of ours
SO_RCVBUFFORCE = 33


class Sender(threading.Thread):
    """Numbered datagrams, at an even pace."""

    def __init__(self, port, source, rate, make):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((source, 0))
        self.socket.connect(("127.0.0.1", port))
        self.rate, self.make = rate, make
        self.sent, self.ends, self.running, self.resting = 0, False, threading.Event(), threading.Event()

    def run(self):
        while not self.ends:
            if not self.running.is_set():
                self.resting.set()
                self.running.wait(0.01)
                continue
            self.resting.clear()
            began = time.monotonic()
            for _ in range(max(1, self.rate // 100)):
                self.socket.send(self.make(self.sent))
                self.sent += 1
            time.sleep(max(0.0, began + 0.01 - time.monotonic()))
        self.socket.close()

    def rest(self):
        self.running.clear()
        self.resting.wait(PATIENCE)

    def end(self):
        self.ends = True
        self.join(PATIENCE)


class Restart(Case):
    def setUp(self):
        super().setUp()
        self.sockets = [self.held(socket.SOCK_DGRAM), self.held(socket.SOCK_DGRAM), self.held(socket.SOCK_STREAM)]
        self.sockets[2].listen(128)
        self.syslog, self.snmp, self.tcp = (s.getsockname()[1] for s in self.sockets)
        self.runs = []
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml") + "state: state\n")

    def held(self, kind):
        s = socket.socket(socket.AF_INET, kind)
        self.addCleanup(s.close)
        s.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_DGRAM:
            try:
                s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
            except PermissionError:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        return s

    def rate(self):
        """What the queue holds for so long, where root can't have it larger."""
        room = min(s.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) for s in self.sockets[:2])
        return max(100, min(RATE, int(room / TRUESIZE / GAP)) // 100 * 100)

    def senders(self):
        rate = self.rate()
        notice = "<190>Nov 25 2026 12:00:00 PE-A %%01TEST/6/NOTHING(l):n={}"
        both = [Sender(self.syslog, PE_A, rate, lambda n: notice.format(n).encode()),
                Sender(self.snmp, PE_B, rate, lambda n: trap(PE_B, "link-up", {"index": "37"}, 1000 + n / 100, n + 1))]
        for s in both:
            self.addCleanup(s.end)
            s.start()
            s.running.set()
        return both

    def launch(self):
        ready = self.hear().count("READY=1")
        self.runs.append(len(self.log()))
        self.start_with("syslog:snmp:syslog-tcp", self.sockets)
        self.wait_told("READY=1", ready + 1)

    def last_counts(self, kind, run):
        """What a run said last of a socket."""
        run %= len(self.runs)
        part = self.log()[self.runs[run]:(self.runs + [None])[run + 1]]
        line = re.findall(rf"report\.socket: {re.escape(kind)}://\S+ (.*)", part)[-1]
        return {k: int(v) for k, v in (w.split("=") for w in line.split())}

    def received(self, kind):
        return sum(self.last_counts(kind, run)["received"] for run in range(len(self.runs)))

    def assert_all(self, senders):
        for kind, sender in zip(("syslog", "snmp"), senders):
            self.assertGreater(sender.sent, 0)
            self.assertEqual(self.received(kind), sender.sent, kind)
            self.assertEqual(self.last_counts(kind, -1)["kernel_drops"], 0)
            for run in range(len(self.runs)):
                counts = self.last_counts(kind, run)
                self.assertEqual(counts["fed"], counts["received"])

    def wait_all(self, senders):
        """Until the running daemon has read all that was sent; asked, not stopped."""
        def caught_up():
            self.counters()
            return all(self.received(k) == s.sent for k, s in zip(("syslog", "snmp"), senders))
        wait_for("all to be read", caught_up)

    def test_stopped_again_and_again(self):
        senders = self.senders()
        time.sleep(0.2)  # the first one finds a queue already
        for _ in range(5):
            self.launch()
            time.sleep(0.4)
            self.assertEqual(self.stop(), 0)
        time.sleep(0.2)
        self.launch()
        for s in senders:
            s.rest()
        self.wait_all(senders)
        self.assertEqual(self.stop(), 0)
        self.assert_all(senders)
        for run in range(5):
            self.assertGreater(self.last_counts("syslog", run)["received"], 0)
        # What was known went on, and nothing counts as lost.
        self.assertEqual(self.log().count("store: recovered records=0 "), 5)
        self.assertEqual(self.log().count(" clean=yes"), 5)
        self.assertIn(" feed=ok ", self.log())
        self.assertNotIn(" feed=lossy ", self.log())

    def test_killed(self):
        # What it has read dies with it; what it has not read is there for the next.
        senders = self.senders()
        self.launch()
        time.sleep(0.4)
        for s in senders:
            s.rest()
        self.wait_all(senders)
        self.daemon.send_signal(signal.SIGSTOP)
        for s in senders:
            s.running.set()
        time.sleep(0.3)
        self.daemon.kill()
        self.daemon.wait(timeout=PATIENCE)
        self.launch()
        time.sleep(0.3)
        for s in senders:
            s.rest()
        self.wait_all(senders)
        self.assertEqual(self.stop(), 0)
        self.assert_all(senders)

    def test_connections_wait_too(self):
        self.launch()
        self.assertEqual(self.stop(), 0)
        for text, source in ((role("PE-A", "Master"), PE_A), (role("PE-B", "Backup"), PE_B), (link("PE-A", "Eth-Trunk10.100"), PE_A)):
            with socket.socket() as s:
                s.bind((source, 0))
                s.settimeout(PATIENCE)
                s.connect(("127.0.0.1", self.tcp))
                s.sendall(f"{len(text)} {text}".encode())
        self.launch()
        alert = self.wait_transition("raised", "no-switchover")
        self.assertEqual((alert["device"], alert["feed"]), ("pe-a", "ok"))
        self.assertEqual(self.stop(), 0)
        counts = self.last_counts("syslog+tcp", -1)
        self.assertEqual((counts["received"], counts["accepted"], counts["ended"]), (3, 3, 3))


if __name__ == "__main__":
    unittest.main()
