"""What waits when the disk or a receiver is behind: it is bounded, and nothing of it is lost."""
import os
import re
import shutil
import signal
import socket
import sqlite3
import threading
import time
import unittest

from ports import free_port
from support import PATIENCE, PE_A, PE_B, SANITIZE, TEST_DISK, role, send, stamp, wait_for
from test_outputs import can_mount
from web import WebCase

TEXT = "x" * 12000
FULL = 16 << 20  # of what waits to be written; beyond it streams are not read


def long_link(n, up):
    """A message that counts, and is long."""
    word, state = ("clear", "UP") if up else ("active", "DOWN")
    return (f"<186>{stamp()} PE-A %%01IFNET/2/linkDown_{word}(l):CID=0x807a0405-alarmID=0x08520003;The interface status changes. "
            f"(ifName=Eth-Trunk10.100, AdminStatus=UP, OperStatus={state}, Reason=number {n} {TEXT}, mainIfname=Eth-Trunk10)\n").encode()


class Sender(threading.Thread):
    """Over TCP, from a router that is heard of all the time; the last thing that it says is that the sub-interface is down."""

    def __init__(self, case, count):
        super().__init__(daemon=True)
        self.count, self.sent, self.trouble = count, 0, None
        self.socket = socket.socket()
        case.addCleanup(self.socket.close)
        self.socket.bind((PE_A, 0))
        self.socket.settimeout(2 * PATIENCE)
        self.socket.connect(("127.0.0.1", case.tcp))

    def run(self):
        try:
            for n in range(self.count):
                self.socket.sendall(long_link(n, up=n % 2 == self.count % 2))
                self.sent += 1
        except OSError as e:  # told by the main thread
            self.trouble = e


class Disk(WebCase):
    def setUp(self):
        super().setUp()
        self.tcp = free_port()
        self.configure("outputs:", "state: state\noutputs:")
        self.configure(f'"udp://127.0.0.1:{self.syslog}"', f'"udp://127.0.0.1:{self.syslog}", "tcp://127.0.0.1:{self.tcp}"')

    def roles(self):
        for line, source in ((role("PE-A", "Master"), PE_A), (role("PE-B", "Backup"), PE_B)):
            send(self.syslog, line, source)
        wait_for("roles are kept", lambda: self.store()["records"] >= 2 and self.store()["pending_bytes"] == 0)

    def store(self):
        return self.json("/api/v1/status")["store"]

    def accepted(self, scheme):
        return sum(s["accepted"] for s in self.json("/api/v1/status")["sources"] if s["name"].startswith(scheme))

    def bounded(self, mib):
        """Resident memory; a sanitizer's is another matter."""
        if not SANITIZE:
            self.assertLess(self.metrics()["process_resident_memory_bytes"], mib << 20)

    def test_a_stream_waits_for_a_disk_that_stands_still(self):
        self.write("disk", "0")
        self.start(environment=self.preloading(TEST_DISK, TEST_DISK_FILE=self.path("disk")))
        self.roles()
        self.write("disk", "1000000")
        self.addCleanup(self.write, "disk", "0")
        sender = Sender(self, 3 * FULL // len(TEXT))
        sender.start()
        wait_for("the sender is held back", lambda: self.store()["streams_held_back"])
        before, heard = sender.sent, self.accepted("syslog://")
        for _ in range(20):
            send(self.syslog, "<189>PE-B %%01SSH/5/SSH_CONNECT(l):CID=1;nothing that matters", PE_B)
        wait_for("datagrams are heard", lambda: self.accepted("syslog://") == heard + 20)
        time.sleep(1)
        # What the kernel holds of the connection may still have gone.
        self.assertLess(sender.sent, sender.count - 100)
        self.assertLess(sender.sent - before, FULL // len(TEXT))
        self.assertLess(self.store()["pending_bytes"], FULL + (2 << 20))
        self.bounded(150)
        self.write("disk", "0")
        sender.join(2 * PATIENCE)
        self.assertEqual((sender.sent, sender.trouble), (sender.count, None))
        wait_for("all of it", lambda: self.accepted("syslog+tcp://") == sender.count)
        wait_for("it is safe", lambda: self.store()["pending_bytes"] == 0)
        self.assertFalse(self.store()["streams_held_back"])
        self.assertEqual(self.store()["given_up"], {"records": 0, "transitions": 0})
        self.daemon.kill()
        self.daemon.wait(timeout=PATIENCE)
        with sqlite3.connect(f"file:{self.path('state/trunkwatch.db')}?mode=ro", uri=True) as db:
            kept = db.execute("SELECT sum(n) FROM journal").fetchone()[0]
        self.assertGreaterEqual(kept, sender.count + 2)
        self.told.clear()
        self.start()
        self.wait_firing()

    def wait_firing(self):
        return wait_for("the alert", lambda: [a["alert_id"] for a in self.json("/api/v1/alerts?state=firing")["alerts"]
                                              if a["condition"] == "no-switchover"])

    @unittest.skipUnless(can_mount(), "no file system can be mounted here")
    def test_a_stream_does_not_wait_for_a_disk_that_is_full(self):
        """Alerting goes on from memory, which is bounded; when there is room again a snapshot makes up for what was given up."""
        os.mkdir(self.path("state"))
        self.start("unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size=160m none "$1" && shift && exec "$@"', "sh", self.path("state"))
        inside = f"/proc/{self.daemon.pid}/root{self.path('state')}/"
        self.roles()
        with open(inside + "ballast", "wb", buffering=0) as f:
            try:
                while f.write(b"x" * (1 << 20)) == 1 << 20:
                    pass
            except OSError:
                pass
        sender = Sender(self, 90 * (1 << 20) // len(TEXT))
        sender.start()
        sender.join(2 * PATIENCE)
        self.assertEqual((sender.sent, sender.trouble), (sender.count, None))
        wait_for("all of it", lambda: self.accepted("syslog+tcp://") == sender.count)
        self.wait_log("store: can't be written")
        found = self.wait_firing()
        self.assertGreater(self.store()["given_up"]["records"], 0)
        self.assertLess(self.store()["pending_bytes"], 2 * (64 << 20) + (1 << 20))
        self.bounded(300)
        os.unlink(inside + "ballast")
        self.wait_log("store: can be written again")
        wait_for("it is safe", lambda: self.store()["pending_bytes"] == 0 and self.store()["snapshots"] >= 2)
        shutil.copytree(inside, self.path("copy"))
        self.daemon.kill()
        self.daemon.wait(timeout=PATIENCE)
        self.configure("state: state", "state: copy")
        self.told.clear()
        self.start()
        self.assertEqual(self.wait_firing(), found)


class Receiver(WebCase):
    """More than the queue of an output holds: 4096 transitions."""
    PAIRS, TRUNKS = 24, 44

    def setUp(self):
        super().setUp()
        devices, pairs = ["devices:"], ["pairs:"]
        for p in range(self.PAIRS):
            for side in (0, 1):
                names = ", ".join(f"{t}: Eth-Trunk{t}.100" for t in range(1, self.TRUNKS + 1))
                devices.append(f"  r{p}-{side}: {{addresses: [127.1.{p}.{side + 1}], hostnames: [R{p}-{side}], interfaces: {{{names}}}}}")
            pairs += [f"  pair-{p}:", f"    devices: [r{p}-0, r{p}-1]", "    e-trunks:", "      1:", "        members:"]
            pairs += [f"          - {{trunks: {{r{p}-0: Eth-Trunk{t}, r{p}-1: Eth-Trunk{t}}}}}" for t in range(1, self.TRUNKS + 1)]
        self.write("inventory.yaml", "\n".join(devices + pairs) + "\n")
        self.configure("hold: 1s", "hold: 100ms")
        self.configure("outputs:", f"state: state\noutputs:\n  - {{type: file, name: late, path: {self.path('late.jsonl')}}}")

    def everywhere(self, line_of):
        for p in range(self.PAIRS):
            for side in (0, 1):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                    s.bind((f"127.1.{p}.{side + 1}", 0))
                    for t in range(1, self.TRUNKS + 1):
                        line = line_of(p, side, t)
                        if line:
                            s.sendto(line.encode(), ("127.0.0.1", self.syslog))
                    time.sleep(0.001)

    def down(self):
        if os.path.exists(self.path("late.jsonl")):
            os.unlink(self.path("late.jsonl"))
        os.symlink("/dev/full", self.path("late.jsonl"))
        self.daemon.send_signal(signal.SIGHUP)

    def up(self):
        os.unlink(self.path("late.jsonl"))

    def change(self, up, total):
        word, state = ("clear", "UP") if up else ("active", "DOWN")
        self.everywhere(lambda p, side, t: side == 0 and (
            f"<186>{stamp()} R{p}-0 %%01IFNET/2/linkDown_{word}(l):CID=0x807a0405-alarmID=0x08520003;The interface status changes. "
            f"(ifName=Eth-Trunk{t}.100, AdminStatus=UP, OperStatus={state}, Reason=x, mainIfname=Eth-Trunk{t})"))
        wait_for(f"{total} transitions", lambda: self.read("alerts.jsonl").count("\n") >= total)

    def seqs(self, name):
        """They stand first in a line, or nearly."""
        return [int(n) for n in re.findall(r'^\{.*?"seq":(\d+)', self.read(name), re.M)]

    def test_everything_comes_in_order_from_the_store(self):
        self.start()
        self.everywhere(lambda p, side, t: role(f"R{p}-{side}", ("Master", "Backup")[side]).replace(
            "MemberId=20", f"MemberId={t}").replace("MemberId=10", f"MemberId={t}"))
        each = self.PAIRS * self.TRUNKS
        self.down()
        self.change(False, each)
        self.change(True, 2 * each)
        self.change(False, 3 * each)
        self.change(True, 4 * each)
        self.assertEqual(self.transitions("late.jsonl") if os.path.isfile(self.path("late.jsonl")) else [], [])
        self.up()
        wait_for("everything", lambda: self.read("late.jsonl").count("\n") >= 4 * each)
        self.assertEqual(self.seqs("late.jsonl"), self.seqs("alerts.jsonl"))
        os.rename(self.path("late.jsonl"), self.path("early.jsonl"))
        self.down()
        self.change(False, 5 * each)
        self.change(True, 6 * each)
        self.daemon.kill()
        self.daemon.wait(timeout=PATIENCE)
        self.up()
        self.told.clear()
        self.start()
        wait_for("everything", lambda: len(set(self.seqs("late.jsonl"))) >= 2 * each)
        self.assertEqual(list(dict.fromkeys(self.seqs("early.jsonl") + self.seqs("late.jsonl"))),
                         list(dict.fromkeys(self.seqs("alerts.jsonl"))))


if __name__ == "__main__":
    unittest.main()
