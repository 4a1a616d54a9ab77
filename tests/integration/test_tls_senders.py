"""Syslog over TLS: senders that are slow, wrong, too many or too fast."""
import fcntl
import signal
import struct
import threading
import time
import unittest

from support import PATIENCE, PE_A, PE_B, SANITIZE, STRANGER, link, wait_for
from test_tcp import LINE, counted
from tls import Tls


class Senders(Tls):
    more = "streams: {message-time: 2s, handshake-time: 2s, idle-time: 4s, message-bytes: 2048, per-source: 8, connections: 16}\n"

    def setUp(self):
        super().setUp()
        self.a, self.b = self.ca.sign("a", common="pe-a.example"), self.ca.sign("b", alternatives="IP:192.0.2.2")

    def test_slow_silent_and_half(self):
        self.start()
        half = self.raw(PE_B)
        half.sendall(b"\x16\x03\x01")
        nothing = self.raw(STRANGER)
        stuck, silent = self.connect(PE_A, self.a), self.connect(PE_A, self.a)
        stuck.sendall(LINE + b"500 <190>no count but a line without its end")
        silent.sendall(LINE)
        self.wait_counts(received=2)
        for connection in (half, nothing, stuck, silent):
            self.assert_closed(connection)
        counts = self.wait_counts(timed_out=2, slow=1, idle=1, open=0, accepted=4)
        self.assertEqual((counts["received"], counts["ended"], counts["unfinished"]), (2, 0, 0))
        self.assertIn("not a byte for too long, disconnected", self.log())
        self.assertEqual(self.log().count("handshake was not finished in time"), 2)

    def test_ends(self):
        # In order, what is without an end is the last message; torn off, half a message is none.
        self.start()
        down = link("PE-A", "Eth-Trunk10.100")
        cut = down.index("00, AdminStatus")
        for stream, in_order in ((down.encode()[:cut], False), (counted(down)[:cut], True), (LINE[:-1], True), (LINE, False)):
            s = self.connect(PE_A, self.a)
            s.sendall(stream)
            self.wait_counts(open=1)
            before = self.counts()
            if in_order:
                s.unwrap()
            s.close()
            wait_for("its end", lambda: self.counts()["open"] == 0)
            after = self.counts()
            finished = stream.startswith(LINE[:-1])
            self.assertEqual((after["unfinished"] - before["unfinished"], after["ended"] - before["ended"]),
                             (0, 1) if finished else (1, 0), stream)
        self.assertEqual(self.counts()["received"], 2)
        self.wait_log("ended inside a message", 2)

    def test_counts_that_lie_and_long_messages(self):
        self.start()
        a, b = self.connect(PE_A, self.a), self.connect(PE_B, self.b)
        master, backup, down = self.messages()
        a.sendall(b"100 <190>too little" + counted(LINE.decode()) * 2 + counted("<190>" + "x" * 100000) + counted(master))
        b.sendall(b"<190>" + b"x" * 100000 + b"\0" + backup.encode() + b"\0")
        self.wait_log("length is not right", 1)
        a.sendall(counted(down))
        self.assert_heard()
        counts = self.counts()
        self.assertEqual((counts["framing_errors"], counts["cut"], counts["open"]), (1, 2, 2))

    def test_too_many(self):
        self.start()
        # Strangers may shake hands, but no more than a quarter of all; ours find room beside them.
        strangers = [self.raw(f"127.0.3.{i + 1}") for i in range(4)]
        self.wait_counts(open=4)
        self.assert_closed(self.raw(STRANGER))
        self.wait_counts(refused_total=1, open=4)
        ours = [self.connect(PE_A, self.a) for _ in range(8)]
        self.assert_closed(self.raw(PE_A))
        self.wait_counts(refused_per_source=1, refused_total=1)
        ours += [self.connect(PE_B, self.b) for _ in range(4)]
        self.assert_closed(self.raw(PE_B))
        counts = self.wait_counts(refused_total=2, accepted=16)
        self.assertEqual(counts["done"], 12)
        for s in strangers + ours:
            s.close()
        self.wait_counts(open=0)
        self.connect(STRANGER, self.a).sendall(LINE)
        self.wait_counts(received=1)


class Load(Tls):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.ca.sign("a", common="pe-a.example"), self.ca.sign("b", alternatives="IP:192.0.2.2")

    def resident(self):
        with open(f"/proc/{self.daemon.pid}/statm") as f:
            return int(f.read().split()[1]) * 4096

    def test_a_flood_waits_at_the_sender(self):
        # While the daemon stands still the sender is stopped; nothing is lost, and nothing piles up in the daemon.
        self.start()
        flood, other = self.connect(PE_A, self.a), self.connect(PE_B, self.b)
        self.wait_counts(done=2)
        self.daemon.send_signal(signal.SIGSTOP)
        sent, enough = [0], threading.Event()
        def pour():
            while not enough.is_set():
                flood.sendall(LINE * 200)
                sent[0] += 200
        pouring = threading.Thread(target=pour)
        pouring.start()
        try:
            def stands():
                before = sent[0]
                time.sleep(0.5)
                return sent[0] == before
            wait_for("a sender that is stopped", stands)
            self.assertLess(sent[0] * len(LINE), 64 << 20)
            self.daemon.send_signal(signal.SIGCONT)
            before = self.resident()
            stopped_at = sent[0]
            wait_for("more", lambda: sent[0] > stopped_at + 2000)
            for message, to in zip(self.messages(), (flood, other, None)):
                if to is other:
                    to.sendall(counted(message))
            self.fault()
            self.assert_heard()
        finally:
            self.daemon.send_signal(signal.SIGCONT)
            enough.set()
            pouring.join()
        self.wait_counts(received=sent[0] + 1, fed=sent[0] + 1)
        if not SANITIZE:
            self.assertLess(self.resident() - before, 8 << 20)

    def wait_arrived(self, *connections):
        """In the daemon's kernel."""
        wait_for("the bytes", lambda: all(struct.unpack("i", fcntl.ioctl(s, 0x5411, b"\0" * 4))[0] == 0 for s in connections))

    def test_each_has_its_share_of_a_turn(self):
        # 64 connections have a whole TLS record each: what the last says at its beginning is heard before the end of the first.
        relays = [f"127.0.5.{i + 1}" for i in range(64)]
        self.write("inventory.yaml", self.read("inventory.yaml").replace("[127.0.0.1]", f"[{', '.join(relays)}]"))
        self.start()
        connections = [self.connect(r, self.a) for r in relays]
        self.wait_counts(done=64)
        first, last = ((f"<186>{line[line.index('PE-A'):]}\n").encode() for line in (
            link("PE-A", "Eth-Trunk10.200"), link("PE-A", "Eth-Trunk10.100")))
        noise = LINE * ((16384 - len(last)) // len(LINE))
        self.daemon.send_signal(signal.SIGSTOP)
        for i, s in enumerate(connections):
            s.sendall(first + noise if i == 63 else noise + (last if i == 0 else b""))
        self.wait_arrived(*connections)
        self.daemon.send_signal(signal.SIGCONT)
        raised = self.wait_transition("raised", "no-switchover")
        self.assertEqual(raised["sub_interfaces"], ["Eth-Trunk10.200"])
        self.wait_counts(received=64 * noise.count(b"\n") + 2, framing_errors=0)

    def test_what_has_arrived_at_the_end_is_heard(self):
        self.start()
        a, b = self.connect(PE_A, self.a), self.connect(PE_B, self.b)
        self.wait_counts(done=2)
        self.daemon.send_signal(signal.SIGSTOP)
        a.sendall(LINE * 1000 + LINE[:20])
        b.sendall(LINE * 10)
        self.wait_arrived(a, b)
        self.daemon.send_signal(signal.SIGTERM)
        self.daemon.send_signal(signal.SIGCONT)
        self.assertEqual(self.daemon.wait(timeout=PATIENCE), 0)
        counts = self.socket_counters("syslog+tls")
        self.assertEqual((counts["received"], counts["fed"], counts["unfinished"], counts["gone"]), (1010, 1010, 1, 1))


if __name__ == "__main__":
    unittest.main()
