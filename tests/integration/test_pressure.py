"""Back-pressure: while the daemon is slow its TCP and TLS senders wait, and of what they said nothing is lost, and nothing comes twice."""
import collections
import itertools
import re
import signal
import socket
import sqlite3
import threading
import time
import unittest

from ports import free_port
from support import PATIENCE, PE_A, PE_B, SANITIZE, TEST_DISK, role, send, stamp, wait_for
from tls import Tls
from web import WebCase

FULL = 16 << 20  # of what waits to be written; beyond it streams are not read
LONG = "x" * 12000
MESSAGE_S, IDLE_S = 4, 5


def line(who, n, padding=""):
    """A message that counts, and has a number."""
    word, state = ("active", "DOWN") if n % 2 else ("clear", "UP")
    return (f"<186>{stamp()} PE-A %%01IFNET/2/linkDown_{word}(l):CID=0x807a0405-alarmID=0x08520003;The interface status changes. "
            f"(ifName=Eth-Trunk10.100, AdminStatus=UP, OperStatus={state}, Reason={who} number {n} {padding}, mainIfname=Eth-Trunk10)\n").encode()


class Sender(threading.Thread):
    """Says `count` lines as fast as they are taken."""

    def __init__(self, who, connection, count, padding=""):
        super().__init__(daemon=True)
        self.who, self.connection, self.count, self.padding = who, connection, count, padding
        self.sent = self.bytes = 0
        self.trouble = None
        connection.settimeout(4 * PATIENCE)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 << 10)

    def run(self):
        try:
            for n in range(self.count):
                text = line(self.who, n, self.padding)
                self.connection.sendall(text)
                self.sent += 1
                self.bytes += len(text)
        except OSError as e:  # told by the main thread
            self.trouble = e


class Pressure(Tls, WebCase):
    more = f"streams: {{message-time: {MESSAGE_S}s, idle-time: {IDLE_S}s, per-source: 64}}\n"

    def setUp(self):
        super().setUp()
        self.tcp = free_port()
        self.configure(f'"udp://127.0.0.1:{self.syslog}"', f'"udp://127.0.0.1:{self.syslog}", "tcp://127.0.0.1:{self.tcp}"')
        self.a = self.ca.sign("a", common="pe-a.example")

    def plain(self, source):
        s = socket.socket()
        self.addCleanup(s.close)
        s.bind((source, 0))
        s.connect(("127.0.0.1", self.tcp))
        return s

    def sources(self):
        return {s["name"].split(":")[0]: s for s in self.json("/api/v1/status")["sources"]}

    def store(self):
        return self.json("/api/v1/status")["store"]

    def resident(self):
        with open(f"/proc/{self.daemon.pid}/status") as f:
            return int(re.search(r"VmRSS:\s+(\d+) kB", f.read()).group(1)) << 10

    def stands(self, senders):
        """Nobody gets on: what is sent waits at the senders."""
        def still():
            before = [s.sent for s in senders]
            time.sleep(0.5)
            return [s.sent for s in senders] == before
        wait_for("senders that are held back", still)

    def assert_all(self, senders):
        """What was sent is what was received: by count, and by bytes."""
        for s in senders:
            s.join(3 * PATIENCE)
            self.assertEqual((s.sent, s.trouble), (s.count, None), s.who)
        for scheme, kind in (("syslog+tcp", socket.socket), ("syslog+tls", None)):
            ours = [s for s in senders if (type(s.connection) is socket.socket) == (kind is socket.socket)]
            wait_for("all of it", lambda: self.sources()[scheme]["accepted"] >= sum(s.count for s in ours), 2 * PATIENCE)
            if scheme == "syslog+tls":
                counts = self.counts()
            else:
                self.counters()
                counts = self.socket_counters(scheme)
            wanted = {"received": sum(s.count for s in ours), "bytes": sum(s.bytes for s in ours), "open": len(ours), "framing_errors": 0,
                      "cut": 0, "lost": 0}
            self.assertEqual({k: counts[k] for k in wanted}, wanted, scheme)


class Disk(Pressure):
    def setUp(self):
        super().setUp()
        self.configure("outputs:", "state: state\noutputs:")
        self.write("disk", "0")

    def kept(self):
        """(who, number) of each line, in the order in which they were heard. The daemon is ended for it."""
        self.daemon.kill()
        self.daemon.wait(timeout=PATIENCE)
        with sqlite3.connect(f"file:{self.path('state/trunkwatch.db')}?mode=ro", uri=True) as db:
            return [(who.decode(), int(n)) for (records,) in db.execute("SELECT records FROM journal ORDER BY at")
                    for who, n in re.findall(rb"Reason=(\w+) number (\d+) ", records)]

    def wait_safe(self):
        wait_for("it is safe", lambda: self.store()["pending_bytes"] == 0)

    def test_a_disk_that_stands_still(self):
        """For longer than a message, or silence, may last: it is not the senders that are slow."""
        self.start(environment=self.preloading(TEST_DISK, TEST_DISK_FILE=self.path("disk")))
        for text, source in ((role("PE-A", "Master"), PE_A), (role("PE-B", "Backup"), PE_B)):
            send(self.syslog, text, source)
        wait_for("roles are kept", lambda: self.store()["records"] >= 2)
        self.wait_safe()
        before = self.resident()
        # So many that the share of each is less than a record of TLS.
        each = 3 * FULL // len(LONG) // 20
        senders = [Sender(f"plain{i}", self.plain(PE_A), each, LONG) for i in range(4)]
        senders += [Sender(f"tls{i}", self.connect(PE_A, self.a), each, LONG) for i in range(20)]
        self.write("disk", "1000000")
        self.addCleanup(self.write, "disk", "0")
        for s in senders:
            s.start()
        wait_for("streams are held back", lambda: self.store()["streams_held_back"])
        self.stands(senders)
        # One that comes now may shake hands, and waits like the others.
        senders.append(Sender("late", self.connect(PE_A, self.a), each, LONG))
        senders[-1].start()
        self.stands(senders)
        held = self.sources()
        time.sleep(MESSAGE_S + IDLE_S)
        self.assertLess(sum(s.sent for s in senders), sum(s.count for s in senders))
        self.assertEqual([self.sources()[k]["accepted"] for k in ("syslog+tcp", "syslog+tls")],
                         [held[k]["accepted"] for k in ("syslog+tcp", "syslog+tls")])
        self.assertLess(self.store()["pending_bytes"], FULL + (2 << 20))
        if not SANITIZE:
            self.assertLess(self.resident() - before, 3 * FULL)
        self.write("disk", "0")
        self.assert_all(senders)
        self.wait_safe()
        self.assertEqual(self.store()["given_up"], {"records": 0, "transitions": 0})
        numbers = collections.defaultdict(list)
        for who, n in self.kept():
            numbers[who].append(n)
        self.assertEqual(numbers, {s.who: list(range(s.count)) for s in senders})

    def test_a_turn_is_short_whatever_the_streams_hold(self):
        """Lines of one byte cost more than their bytes: datagrams have their turn all the same."""
        self.start()
        connections = [self.plain(PE_A) for _ in range(8)] + [self.connect(PE_A, self.a) for _ in range(8)]
        self.wait_counts(done=8)
        piece = b"x\n" * 1000  # between two that are kept
        self.daemon.send_signal(signal.SIGSTOP)
        self.addCleanup(self.daemon.send_signal, signal.SIGCONT)
        for i, s in enumerate(connections):
            for n in range(14):
                s.sendall(line(f"stream{i}", n) + piece)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind((PE_A, 0))
            for n in range(1000):  # a turn takes 256
                udp.sendto(line("udp", n), ("127.0.0.1", self.syslog))
        self.daemon.send_signal(signal.SIGCONT)
        self.wait_counts(received=8 * 14 * 1001)
        wait_for("all of TCP", lambda: self.counters() and self.socket_counters("syslog+tcp")["received"] == 8 * 14 * 1001)
        self.wait_safe()
        kept = [who for who, _ in self.kept()]
        first, last = kept.index("udp"), len(kept) - kept[::-1].index("udp")
        runs = [len(list(run)) for of_streams, run in itertools.groupby(kept[first:last], lambda who: who != "udp") if of_streams]
        self.assertTrue(runs)
        self.assertLess(max(runs), 24, runs)


class Still(Pressure):
    def test_a_daemon_that_stands_still(self):
        self.start()
        before = self.resident()
        senders = [Sender("plain", self.plain(PE_A), 60000), Sender("tls", self.connect(PE_A, self.a), 60000)]
        self.wait_counts(done=1)
        self.daemon.send_signal(signal.SIGSTOP)
        self.addCleanup(self.daemon.send_signal, signal.SIGCONT)
        for s in senders:
            s.start()
        self.stands(senders)
        for s in senders:
            self.assertLess(s.sent, s.count, s.who)
        self.daemon.send_signal(signal.SIGCONT)
        self.assert_all(senders)
        if not SANITIZE:
            self.assertLess(self.resident() - before, 16 << 20)

    def test_time_that_the_daemon_did_not_have_is_not_the_senders(self):
        """Half a message each when it stops, the rest while it stands still: more than a turn takes when it goes on."""
        relays = [f"127.0.5.{i + 1}" for i in range(2)]
        self.write("inventory.yaml", self.read("inventory.yaml").replace("[127.0.0.1]", f"[{', '.join(relays)}]"))
        self.start()
        text = line("half", 1, LONG + "y" * 3000)
        tcp, tls = [self.plain(relays[0]) for _ in range(48)], [self.connect(relays[1], self.a) for _ in range(48)]
        for s in tcp + tls:
            s.sendall(text[:100])
        wait_for("the beginnings", lambda: self.counts()["bytes"] == 4800 and self.socket_counters("syslog+tcp")["bytes"] == 4800)
        self.daemon.send_signal(signal.SIGSTOP)
        self.addCleanup(self.daemon.send_signal, signal.SIGCONT)
        for s in tcp + tls:
            s.sendall(text[100:])
        time.sleep(MESSAGE_S + 0.5)
        self.daemon.send_signal(signal.SIGCONT)
        self.wait_counts(received=48, open=48, slow=0, lost=0)
        wait_for("all of TCP", lambda: self.counters() and self.socket_counters("syslog+tcp")["received"] == 48)
        self.assertEqual(self.socket_counters("syslog+tcp")["slow"], 0)


if __name__ == "__main__":
    unittest.main()
