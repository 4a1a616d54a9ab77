"""Syslog over TCP: framings, senders that are slow, wrong or too many, and what the others notice of them."""
import fcntl
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest

from streams import StreamCase
from ports import free_port
from support import PATIENCE, PE_A, PE_B, STRANGER, link, role, send, wait_for

PER_SOURCE, TOTAL, MESSAGE_S = 32, 512, 20
LINE = b"<190>Nov 25 2026 12:00:00 PE-A %%01TEST/6/NOTHING(l):x\n"


def counted(text):
    return f"{len(text.encode())} {text}".encode()


class Tcp(StreamCase):
    def setUp(self):
        super().setUp()
        self.tcp = free_port()
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml").replace(
            f'"udp://127.0.0.1:{self.syslog}"', f'"udp://127.0.0.1:{self.syslog}", "tcp://127.0.0.1:{self.tcp}"'))

    def connect(self, source):
        s = socket.socket()
        self.addCleanup(s.close)
        s.bind((source, 0))
        s.settimeout(PATIENCE)
        s.connect(("127.0.0.1", self.tcp))
        return s

    def counts(self):
        self.counters()
        return self.socket_counters("syslog+tcp")


class Framings(Tcp):
    def test_both_at_once(self):
        self.start()
        a, b, c = self.connect(PE_A), self.connect(PE_B), self.connect(PE_A)
        master, backup, down = self.messages()
        a.sendall(counted(master)[:40])
        b.sendall(backup.encode()[:40])
        c.sendall(down.encode()[:40])
        self.wait_counts(accepted=3, received=0, bytes=120)
        a.sendall(counted(master)[40:] + counted(LINE.decode()))
        b.sendall(backup.encode()[40:] + b"\r\n" + LINE)
        self.wait_counts(received=4)
        c.sendall(down.encode()[40:] + b"\0" + LINE)
        self.assert_heard()
        counts = self.wait_counts(received=6)
        self.assertEqual((counts["fed"], counts["open"], counts["framing_errors"], counts["cut"]), (6, 3, 0, 0))
        self.assertEqual(self.counters()["events"], 3)

    def test_byte_by_byte(self):
        self.start()
        a, b = self.connect(PE_A), self.connect(PE_B)
        master, backup, down = self.messages()
        for connection, stream in ((a, counted(master)), (b, backup.encode() + b"\n"), (a, counted(down))):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i in range(len(stream)):
                connection.sendall(stream[i:i + 1])
                time.sleep(0.001)
        self.assert_heard()
        self.wait_counts(received=3, framing_errors=0)

    def test_last_message_without_an_end(self):
        self.start()
        for message, source in zip(self.messages(), (PE_A, PE_B, PE_A)):
            with self.connect(source) as s:
                s.sendall(message.encode())
        self.assert_heard()
        self.wait_counts(received=3, accepted=3, ended=3, open=0, unfinished=0)

    def test_half_a_message_is_not_believed(self):
        # The half of a name is a name too: Eth-Trunk10.1 is not Eth-Trunk10.100.
        self.start()
        down = link("PE-A", "Eth-Trunk10.100")
        cut = down.index("00, AdminStatus")
        one, two = self.connect(PE_A), self.connect(PE_A)
        one.sendall(down.encode()[:cut])
        two.sendall(counted(down)[:cut])
        self.wait_counts(accepted=2, bytes=2 * cut)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # reset
        one.close()
        two.close()
        counts = self.wait_counts(open=0)
        self.assertEqual((counts["received"], counts["unfinished"]), (0, 2))
        self.wait_log("ended inside a message", 2)

    def test_half_a_message_that_came_whole(self):
        self.start()
        master, backup, down = self.messages()
        for message, source in ((master, PE_A), (backup, PE_B)):
            send(self.syslog, message, source)
        cut = down.encode()[:down.index("00, AdminStatus")]
        send(self.syslog, cut, PE_A)
        with self.connect(PE_A) as s:
            s.sendall(cut)
        with self.connect(PE_A) as s:
            s.sendall(b"%d %s" % (len(cut), down.encode()))
        wait_for("three halves", lambda: self.counters()["malformed_fields"] == 3, log=self.log)
        send(self.syslog, down, PE_A)
        self.assertEqual(self.wait_transition("raised", "no-switchover")["sub_interfaces"], ["Eth-Trunk10.100"])
        self.assertEqual(len(self.transitions()), 1)

    def test_a_count_that_lies(self):
        self.start()
        a, b = self.connect(PE_A), self.connect(PE_B)
        master, backup, down = self.messages()
        a.sendall(b"100 <190>too little" + counted(LINE.decode()) * 2 + counted(master))
        b.sendall(b"10 <190>too much of it" + counted(backup) + b"99999999 <1>" + counted(LINE.decode()))
        self.wait_log("length is not right", 2)
        a.sendall(counted(down))
        self.assert_heard()
        counts = self.counts()
        self.assertEqual((counts["open"], counts["framing_errors"]), (2, 3))
        self.assertGreater(counts["skipped_bytes"], 0)
        self.assertEqual(self.counters()["events"], 3)
        # What it ends in is told already, by its error; and what was handed out, cut, is not lost.
        a.sendall(b"what is this")
        self.wait_counts(framing_errors=4)
        a.close()
        b.sendall(counted("<190>" + "x" * 100000)[:-1000])
        self.wait_counts(cut=1)
        b.close()
        counts = self.wait_counts(open=0, unfinished=2, lost=0)
        self.assertEqual(counts["arrived"], counts["received"])
        told = [int(l.split("trunkwatch-loss framing ")[1].split()[0]) for l in self.log().splitlines() if "trunkwatch-loss framing" in l]
        self.assertEqual(sum(told), 4)
        self.assertNotIn("trunkwatch-loss disconnect", self.log())

    def test_a_message_over_the_limit(self):
        self.start()
        a, b = self.connect(PE_A), self.connect(PE_B)
        master, backup, down = self.messages()
        a.sendall(b"<190>" + b"x" * 100000 + b"\n" + master.encode() + b"\n")
        b.sendall(counted("<190>" + "x" * 100000) + counted(backup))
        self.wait_counts(received=4, cut=2, framing_errors=0)
        a.sendall(down.encode() + b"\n")
        self.assert_heard()

    @unittest.skipUnless(shutil.which("logger"), "logger is not installed")
    def test_logger(self):
        # 127.0.0.1 is a relay; the header inside the message names the router.
        self.start()
        for message, option in zip(self.messages(), (["--octet-count"], [], ["--octet-count"])):
            subprocess.run(["logger", "-n", "127.0.0.1", "-P", str(self.tcp), "-T", *option, "--rfc3164", "--",
                            message.split(">", 1)[1]], check=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
        self.assert_heard()
        self.wait_counts(received=3, accepted=3, ended=3, framing_errors=0)


class Limits(Tcp):
    def test_strangers(self):
        self.start()
        for _ in range(3):
            self.assert_closed(self.connect(STRANGER))
        self.assertEqual(self.log().count("connection of an unknown source, refused"), 1)
        counts = self.counts()
        self.assertEqual((counts["refused_source"], counts["accepted"]), (3, 0))
        self.assertIn(f"ignored from={STRANGER} unknown=0 other_community=0 connections=3", self.log())

    def test_no_longer_in_the_inventory(self):
        self.start()
        a, b = self.connect(PE_A), self.connect(PE_B)
        self.wait_counts(open=2)
        self.write("inventory.yaml", self.read("inventory.yaml").replace(PE_B, "127.0.1.3"))
        self.daemon.send_signal(signal.SIGHUP)
        self.assert_closed(b)
        a.sendall(LINE)
        self.wait_counts(open=1, gone=1, received=1)

    def test_too_many(self):
        relays = [f"127.0.2.{i + 1}" for i in range(TOTAL // PER_SOURCE)]
        self.write("inventory.yaml", self.read("inventory.yaml").replace("[127.0.0.1]", f"[127.0.0.1, {', '.join(relays)}]"))
        self.start()
        kept = [self.connect(relays[0]) for _ in range(PER_SOURCE)]
        self.assert_closed(self.connect(relays[0]))
        self.wait_counts(open=PER_SOURCE, refused_per_source=1)
        kept += [self.connect(r) for r in relays[1:] for _ in range(PER_SOURCE)]
        self.assert_closed(self.connect(PE_A))
        counts = self.wait_counts(open=TOTAL, refused_total=1, accepted=TOTAL)
        self.assertIn(f"too many connections, refused from={PE_A}", self.log())
        # All are heard, and so is UDP. Room again is used again.
        for connection in kept:
            connection.sendall(LINE)
        self.wait_counts(received=TOTAL)
        self.fault()
        self.assert_heard()
        for connection in kept:
            connection.close()
        self.wait_counts(open=0, ended=TOTAL)
        self.connect(PE_A).sendall(LINE)
        self.wait_counts(received=TOTAL + 1, refused_total=counts["refused_total"])

    def test_no_descriptors_left(self):
        self.start("sh", "-c", 'ulimit -n 40; exec "$@"', "sh")
        kept = [self.connect(PE_A) for _ in range(30)] + [self.connect(PE_B) for _ in range(30)]
        self.wait_log("can't take a connection, will be tried again")
        self.fault()
        self.assert_heard()
        self.assertGreaterEqual(self.counts()["errors"], 1)
        self.assertLess(self.log().count("can't take a connection"), 20)
        for connection in kept:
            connection.close()
        self.connect(PE_B).sendall(LINE)
        self.wait_counts(received=1)

    def test_silent_and_slow(self):
        self.start()
        silent, stuck, trickle = (self.connect(PE_A) for _ in range(3))
        silent.sendall(LINE)
        stuck.sendall(LINE + b"500 <190>no count but a line without its end")
        trickle.sendall(counted("<190>" + "x" * 1000)[:10])
        began = time.monotonic()
        stop = threading.Event()
        def drip():
            try:
                while not stop.wait(0.5):
                    trickle.sendall(b"x")
            except OSError:
                pass
        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            self.fault()
            self.assert_heard()
            # The kernel watches over the silent one: timer 2 is keepalive.
            ends = f":{self.tcp:04X}", f":{silent.getsockname()[1]:04X}"
            ours = [w for w in map(str.split, self.read("/proc/net/tcp").splitlines()) if w[1].endswith(ends[0]) and w[2].endswith(ends[1])]
            self.assertEqual(ours[0][5][:3], "02:")
            stuck.settimeout(MESSAGE_S + PATIENCE)
            self.assert_closed(stuck)
            self.assertGreater(time.monotonic() - began, MESSAGE_S - 1)
            self.wait_counts(slow=2, open=1)
        finally:
            stop.set()
            dripping.join()
        self.assertEqual(self.log().count("not finished in time"), 2)
        silent.sendall(LINE)
        self.wait_counts(received=3, open=1)


class Load(Tcp):
    def test_a_flood_holds_up_nobody(self):
        # What is sent is heard, as fast as the daemon can; UDP and another connection get their turn.
        self.start()
        flood, other = self.connect(PE_A), self.connect(PE_B)
        blocks, enough = [], threading.Event()
        def pour():
            while not enough.is_set():
                flood.sendall(LINE * 500)
                blocks.append(500)
        pouring = threading.Thread(target=pour)
        pouring.start()
        try:
            wait_for("a flood", lambda: len(blocks) > 10)
            master, backup, down = self.messages()
            send(self.syslog, master, PE_A)
            other.sendall(backup.encode() + b"\n")
            send(self.syslog, down, PE_A)
            self.assert_heard()
        finally:
            enough.set()
            pouring.join()
        self.wait_counts(received=sum(blocks) + 1, fed=sum(blocks) + 1)
        self.assertEqual(self.socket_counters("syslog")["kernel_drops"], 0)

    def test_what_has_arrived_at_the_end_is_heard(self):
        self.start()
        a, b = self.connect(PE_A), self.connect(PE_B)
        self.wait_counts(accepted=2)
        self.daemon.send_signal(signal.SIGSTOP)
        a.sendall(LINE * 1000 + LINE[:20])
        b.sendall(LINE * 10)
        wait_for("the bytes", lambda: all(self.queued(s) == 0 for s in (a, b)))
        self.daemon.send_signal(signal.SIGTERM)
        self.daemon.send_signal(signal.SIGCONT)
        self.assertEqual(self.daemon.wait(timeout=PATIENCE), 0)
        counts = self.socket_counters("syslog+tcp")
        self.assertEqual((counts["received"], counts["fed"], counts["unfinished"], counts["gone"]), (1010, 1010, 1, 1))

    def queued(self, connection):
        """Bytes that the sender's kernel still holds."""
        return struct.unpack("i", fcntl.ioctl(connection, 0x5411, b"\0" * 4))[0]


if __name__ == "__main__":
    unittest.main()
