"""Starts trunkwatchd in a folder of its own, sends to it, and reads what comes out."""
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

from ports import free_port

TRUNKWATCHD = os.environ["TRUNKWATCHD"]
TRUNKWATCH = os.environ["TRUNKWATCH"]
SOURCE = os.environ["TRUNKWATCH_SOURCE"]
TEST_CLOCK, TEST_ALLOC, TEST_DISK = (os.environ.get(name, "") for name in ("TEST_CLOCK", "TEST_ALLOC", "TEST_DISK"))  # to be preloaded
SANITIZE = os.environ.get("SANITIZE", "")
RULES = os.path.join(SOURCE, "rules")
PATIENCE = 30.0  # seconds until something that must happen is a failure
PE_A, PE_B, STRANGER = "127.0.1.1", "127.0.1.2", "127.0.1.9"

INVENTORY = """devices:
  pe-a:
    addresses: [127.0.1.1]
    hostnames: [PE-A]
    interfaces: {10: Eth-Trunk10, 37: Eth-Trunk10.100}
  pe-b: {addresses: [127.0.1.2], hostnames: [PE-B], interfaces: {20: Eth-Trunk20, 37: Eth-Trunk20.100}}
pairs:
  metro-7:
    devices: [pe-a, pe-b]
    e-trunks:
      1:
        members:
          - trunks: {pe-a: Eth-Trunk10, pe-b: Eth-Trunk20}
            sub-interfaces:
              100: {services: [arp]}
              200: {services: [igmp]}
relays: [127.0.0.1]
"""
CONFIG = """inventory: inventory.yaml
rules: {rules}
listen:
  syslog: ["udp://127.0.0.1:{syslog}"]
  snmp: ["udp://127.0.0.1:{snmp}"]
conditions:
  no-switchover: {{hold: 1s}}
outputs:
  - {{type: file, path: alerts.jsonl}}
"""
SAME_FIELDS = ["condition", "device", "sub_interfaces", "services", "severity", "summary"]


def stamp(at=None):
    t = time.gmtime(at)
    return f"{time.strftime('%b', t)} {t.tm_mday:2d} {time.strftime('%Y %H:%M:%S', t)}"


def role(host, state, at=None):
    return (f"<188>{stamp(at)} {host} %%01ETRUNK/4/ETRUNK_MEMBER_STATUS_CHANGE(l):CID=0x80d8271b;The status of an E-Trunk "
            f"member changed. (ETrunkId=1, MemberType=1, MemberId={10 if host == 'PE-A' else 20}, State={state}, "
            f"StateReason=ETRUNK_{state.upper()})")


def link(host, name, up=False, at=None):
    word, state = ("clear", "UP") if up else ("active", "DOWN")
    return (f"<186>{stamp(at)} {host} %%01IFNET/2/linkDown_{word}(l):CID=0x807a0405-alarmID=0x08520003;The interface status "
            f"changes. (ifName={name}, AdminStatus=UP, OperStatus={state}, Reason=Interface physical link is {state.lower()}, "
            f"mainIfname={name.split('.')[0]})")


def send(port, payload, source):
    data = payload if isinstance(payload, bytes) else payload.encode()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((source, 0))
        s.sendto(data, ("127.0.0.1", port))


def wait_for(what, find, patience=PATIENCE, log=None, alive=None):
    """The first true value of find(), or a failure that names what was waited for, with what log() says then. It fails at once
    when alive() is not true any more."""
    end = time.monotonic() + patience
    while True:
        living = alive is None or alive()
        found = find()
        if found:
            return found
        if not living or time.monotonic() >= end:
            why = f"not within {patience} s" if living else "its process ended before"
            raise AssertionError(f"{why}: {what}" + (f"; log:\n{log()}" if log else ""))
        time.sleep(0.02)


def pcap(path, packets):
    """packets: (time, source address, destination port, payload)"""
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for at, source, port, payload in packets:
            udp = struct.pack(">HHHH", 40000, port, 8 + len(payload), 0) + payload
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, socket.inet_aton(source),
                             socket.inet_aton("127.0.0.1")) + udp
            frame = b"\0" * 12 + b"\x08\x00" + ip
            f.write(struct.pack("<IIII", int(at), int(at % 1 * 1e6), len(frame), len(frame)) + frame)


# Becomes the daemon, with sockets as systemd passes them.
LAUNCH = """import os, sys
n = int(sys.argv[1])
high = [os.dup2(int(fd), 100 + i) for i, fd in enumerate(sys.argv[2:2 + n])]
for i, fd in enumerate(high):
    os.dup2(fd, 3 + i)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(n), LISTEN_FDNAMES=os.environ["NAMES"])
os.execv(sys.argv[2 + n], sys.argv[2 + n:])"""


class Case(unittest.TestCase):
    """A folder with the files of a daemon, and a service manager to hear it."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="trunkwatch-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.syslog, self.snmp = free_port(), free_port()
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.manager.close)
        self.manager.bind(self.path("notify"))
        self.manager.setblocking(False)
        self.told = []
        self.write("inventory.yaml", INVENTORY)
        self.write("trunkwatchd.yaml", CONFIG.format(rules=RULES, syslog=self.syslog, snmp=self.snmp))
        self.daemon = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)

    def read(self, name):
        try:
            with open(self.path(name), errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def log(self):
        return self.read("log")

    def environment(self, **more):
        keep = {k: v for k, v in os.environ.items() if k not in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "JOURNAL_STREAM")}
        return {**keep, "NOTIFY_SOCKET": self.path("notify"), **more}

    def preloading(self, library, **more):
        """A library before the sanitizer's own needs its leave."""
        asan = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]))
        return self.environment(LD_PRELOAD=library, ASAN_OPTIONS=asan, **more)

    def start(self, *before, environment=None, ready=True):
        with open(self.path("log"), "a") as log, open(self.path("out"), "a") as out:
            self.daemon = subprocess.Popen([*before, TRUNKWATCHD, "-c", self.path("trunkwatchd.yaml")], stderr=log, stdout=out,
                                           env=environment or self.environment(), stdin=subprocess.DEVNULL)
        self.addCleanup(self.end, self.daemon)
        if ready:
            self.wait_told("READY=1", alive=lambda: self.daemon.poll() is None)

    def start_with(self, names, sockets, before=()):
        """Starts the daemon with sockets as systemd passes them."""
        fds = [s.fileno() for s in sockets]
        with open(self.path("log"), "a") as log:
            self.daemon = subprocess.Popen([sys.executable, "-c", LAUNCH, str(len(fds)), *map(str, fds), *before, TRUNKWATCHD, "-c",
                                            self.path("trunkwatchd.yaml")], stderr=log, pass_fds=fds,
                                           env=self.environment(NAMES=names))
        self.addCleanup(self.end, self.daemon)

    def end(self, process):
        """Whatever a test did: what still runs ends cleanly (also without leaks, where that is watched)."""
        if process.poll() is not None:
            return
        process.terminate()
        try:
            self.assertEqual(process.wait(timeout=PATIENCE), 0, self.log())
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(timeout=PATIENCE)

    def stop(self):
        self.daemon.send_signal(signal.SIGTERM)
        return self.daemon.wait(timeout=PATIENCE)

    def hear(self):
        """What the daemon told the service manager so far, a line each."""
        while True:
            try:
                self.told += self.manager.recv(65536).decode().split("\n")
            except BlockingIOError:
                return self.told

    def wait_told(self, line, count=1, alive=None):
        wait_for(f"'{line}' told", lambda: self.hear().count(line) >= count, log=self.log, alive=alive)

    def wait_log(self, text, count=1):
        wait_for(f"'{text}' in the log", lambda: self.log().count(text) >= count, log=self.log)

    def transitions(self, name="alerts.jsonl"):
        # Without what is just being written.
        return [json.loads(line) for line in self.read(name).split("\n")[:-1]]

    def wait_transition(self, kind, condition, name="alerts.jsonl", count=1):
        def find():
            found = [t for t in self.transitions(name) if (t["transition"], t["condition"]) == (kind, condition)]
            return found[count - 1] if len(found) >= count else None
        return wait_for(f"{kind} {condition}", find, log=self.log)

    def fault(self, send_line=None):
        """Roles, then a sub-interface that goes down on the side that forwards."""
        one = send_line or (lambda line, source: send(self.syslog, line, source))
        for line, source in [(role("PE-A", "Master"), PE_A), (role("PE-B", "Backup"), PE_B),
                             (link("PE-A", "Eth-Trunk10.100"), PE_A)]:
            one(line, source)

    def replay(self, name, *more):
        done = subprocess.run([TRUNKWATCH, "replay", "-i", self.path("inventory.yaml"), "-r", RULES, "--hold", "no-switchover=1s",
                               *more, self.path(name)], capture_output=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def assert_same_alert(self, live, replayed):
        raised = [t for t in replayed if t["transition"] == "raised" and t["condition"] == live["condition"]]
        self.assertEqual(len(raised), 1, replayed)
        self.assertEqual({k: live[k] for k in SAME_FIELDS}, {k: raised[0][k] for k in SAME_FIELDS})

    def counters(self):
        """The last report: name -> number."""
        before = self.log().count("report.log: lines")
        self.daemon.send_signal(signal.SIGUSR1)
        self.wait_log("report.log: lines", before + 1)
        line = [l for l in self.log().splitlines() if "report: counters" in l][-1]
        return {k: int(v) for k, v in (w.split("=") for w in line.split() if "=" in w)}

    def line_counters(self, place):
        """The numbers in the last line of the log that has this in it."""
        line = [l for l in self.log().splitlines() if place in l][-1]
        return {k: int(v) for k, v in (w.split("=", 1) for w in line.split() if "=" in w) if v.lstrip("-").isdigit()}

    def socket_counters(self, kind):
        return self.line_counters(f"report.socket: {kind}://")
