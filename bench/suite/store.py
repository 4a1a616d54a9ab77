"""What it costs to keep a state: throughput with and without, pauses in reading, recovery, and how late alerts are."""
import json
import os
import re
import signal
import socket
import sqlite3
import statistics
import struct
import subprocess
import sys
import threading
import time

from suite.common import SOURCE, Failed, say, spread, table
from suite.live import HOLD, blast, finish, latency_run, one_run, percent, percentiles
from suite.receivers import PATIENCE, StreamTrunkwatchd, Trunkwatchd

sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
from make_pcap import TRAPS, trap  # noqa: E402

TRAPS["nothing"] = "1.3.6.1.4.1.2011.5.25.9999.1"
PROBE = "127.0.3.1"

STEADY, STORM = 20000, 100000
SLOW_MS = 200
HEAD = struct.Struct("=IHHBBH")  # datagram.h
KEPT = 1000000
KINDS = {"none": "no state", "crash": "`store.safe: crash`", "power-loss": "`store.safe: power-loss`"}


class Kept:
    """A trunkwatchd, as a part of a Receiver: `safe` says what is kept, and `disk` how many ms a slow one needs for each fsync."""
    safe, disk = "none", 0

    def configuration(self):
        state = "" if self.safe == "none" else f"state: state\nstore: {{safe: {self.safe}}}\n"
        return super().configuration() + state

    def command(self):
        with open(self.path("disk"), "w") as f:
            f.write(str(self.disk))
        return super().command()

    def environment(self):
        slow = self.b.preload("test_disk")
        return {**os.environ, "LD_PRELOAD": slow, "TEST_DISK_FILE": self.path("disk")} if self.disk else None

    def database(self):
        return self.path("state/trunkwatch.db")


class KeptDatagrams(Kept, Trunkwatchd):
    pass


class KeptStream(Kept, StreamTrunkwatchd):
    pass


def made(receiver, safe, disk=0):
    receiver.safe, receiver.disk, receiver.seen = safe, disk, {}
    return receiver


# ---- throughput ----

def pour_run(b, receiver, folder, seconds):
    """Lines over one connection, as fast as they are taken."""
    receiver.start()
    try:
        before = receiver.cpu()
        done = subprocess.run([b.tool("pour"), "-p", str(receiver.ports["stream"]), "-c", "1", "-n", str(1 << 40), "-t", str(seconds),
                               os.path.join(folder, "syslog.dgrams")], capture_output=True, text=True, timeout=seconds + 90)
        if done.returncode != 0:
            raise Failed(f"the sender: {done.stderr}")
        sent = json.loads(done.stdout)
        got = receiver.settled()
        return {"rate": got / sent["seconds"], "cpu_us": (receiver.cpu() - before) * 1e6 / max(got, 1), "lost": sent["sent"] - got, "received": got,
                **growth(receiver)}
    finally:
        receiver.stop()


def growth(receiver):
    """What is in the file of a daemon that goes on."""
    if receiver.safe == "none":
        return {"records": 0, "kept_bytes": 0, "digest_bytes": 0, "transition_bytes": 0, "transitions": 0}
    with sqlite3.connect(f"file:{receiver.database()}?mode=ro", uri=True) as db:
        one = [db.execute(sql).fetchone() for sql in ("SELECT coalesce(sum(n), 0), coalesce(sum(length(records)), 0) FROM journal",
                                                      "SELECT coalesce(sum(length(record)), 0) FROM digest",
                                                      "SELECT count(*), coalesce(sum(length(json)), 0) FROM transition")]
    return {"records": one[0][0], "kept_bytes": one[0][1], "digest_bytes": one[1][0], "transitions": one[2][0], "transition_bytes": one[2][1]}


def worst(b, folder):
    """The lines of a mix that a rule is about, alone: each is kept whole."""
    out = b.path("store-worst")
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(folder, "syslog.dgrams"), "rb") as f, open(os.path.join(out, "syslog.dgrams"), "wb") as o:
        while head := f.read(HEAD.size):
            line = f.read(HEAD.unpack(head)[1])
            if b"IFNET/2/linkDown" in line or b"ETRUNK/4/" in line:
                o.write(head + line)
    return out


def throughput(b, folder, listed):
    rounds, seconds = (1, 2) if b.quick else (b.rounds, 5)
    runs, only = {}, worst(b, folder)
    for _ in range(rounds):
        for safe in KINDS:
            stream = made(KeptStream(b, "trunkwatchd", "lines", ("", ""), listed), safe)
            runs.setdefault(("TCP, one connection, every line counts", safe), []).append(pour_run(b, stream, only, seconds))
            stream = made(KeptStream(b, "trunkwatchd", "lines", ("", ""), listed), safe)
            runs.setdefault(("TCP, one connection", safe), []).append(pour_run(b, stream, folder, seconds))
            udp = made(KeptDatagrams(b, "trunkwatchd", os.path.join(folder, "inventory.yaml")), safe)
            r = one_run(b, udp, folder, "both", 1 << 62, seconds)
            runs.setdefault(("UDP, syslog and traps in turn", safe), []).append({**r, "rate": r["received"] / r["seconds"]})
            say(f"store: throughput, {safe}")
    rows = []
    for (how, safe), many in sorted(runs.items(), key=lambda x: x[0][0]):
        first = runs[how, "none"]
        rows.append([how, KINDS[safe], spread([r["rate"] / 1000 for r in many]),
                     "1" if many is first else spread([r["rate"] / f["rate"] for r, f in zip(many, first)]), spread([r["cpu_us"] for r in many]),
                     "1" if many is first else spread([r["cpu_us"] / f["cpu_us"] for r, f in zip(many, first)])])
    grown = runs["TCP, one connection", "power-loss"]
    m = {k: statistics.median(r[k] * 1e6 / r["received"] for r in grown) for k in ("records", "kept_bytes", "transitions", "transition_bytes")}
    text = table(["how", "state", "thousand/s received", "times without", "CPU, µs each", "times without"], rows)
    text += (f"\n\nOf a million such messages {m['records']:,.0f} are kept whole, {m['kept_bytes'] / 1e6:.0f} MB, and {m['transitions']:,.0f} transitions, "
             f"{m['transition_bytes'] / 1e6:.0f} MB.")
    return text, [{"how": how, "safe": safe, **r} for (how, safe), many in runs.items() for r in many]


# ---- pauses ----

class Probe(threading.Thread):
    """Informs about nothing, from a router of its own, a thousand a second: each is answered when it is read. The time between is the wait."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((PROBE, 0))
        self.socket.connect(("127.0.0.1", port))
        self.socket.settimeout(5)
        self.waits, self.lost, self.ends = [], 0, threading.Event()

    def run(self):
        request = 1 << 24
        while not self.ends.wait(0.001):
            request += 1
            message = trap(PROBE, "nothing", {"inform": "yes"}, 1000, request)
            began = time.perf_counter()
            self.socket.send(message)
            try:
                while request.to_bytes(4, "big") not in self.socket.recv(2000):
                    pass
                self.waits.append((time.perf_counter() - began) * 1000)
            except socket.timeout:
                self.lost += 1
        self.socket.close()


def pause_run(b, folder, inventory, safe, disk, seconds):
    receiver = made(KeptDatagrams(b, "trunkwatchd", inventory, hold=f"{HOLD}s"), safe, disk)
    receiver.start()
    try:
        probe = Probe(receiver.ports["snmp"])
        sender = blast(b, receiver, folder, "both", STEADY * seconds, STEADY, seconds + 1)
        probe.start()
        finish(sender, seconds)
        probe.ends.set()
        probe.join(10)
        got = receiver.settled()
    finally:
        receiver.stop()
    if len(probe.waits) < 100:
        raise Failed(f"{len(probe.waits)} informs were answered: too few")
    p = statistics.quantiles(probe.waits, n=1000, method="inclusive")
    snapshots = [int(n) for n in re.findall(r"store: snapshot bytes=\d+ us=(\d+)", receiver.read("err"))]
    return {"safe": safe, "disk": disk, "answered": len(probe.waits), "lost": probe.lost, "received": got, "p50": p[499], "p999": p[998],
            "most": max(probe.waits), "over": sum(w > 50 for w in probe.waits), "snapshots": snapshots}


def pauses(b, folder):
    rounds, seconds = (1, 5) if b.quick else (min(b.rounds, 3), 15)
    inventory = b.path("store", "probed.yaml")
    with open(os.path.join(folder, "inventory.yaml")) as f, open(inventory, "w") as out:
        out.write(f.read().replace("devices:\n", f"devices:\n  probe: {{addresses: [{PROBE}], hostnames: [PROBE]}}\n", 1))
    shapes = [("none", 0), ("power-loss", 0), ("power-loss", SLOW_MS)]
    runs = {}
    for _ in range(rounds):
        for safe, disk in shapes:
            runs.setdefault((safe, disk), []).append(pause_run(b, folder, inventory, safe, disk, seconds))
            say(f"store: pauses, {safe}, disk {disk} ms: {runs[safe, disk][-1]['most']:.1f} ms")
    rows = [[KINDS[safe], f"{disk} ms for each fsync" if disk else "this machine's", sum(r["answered"] for r in many), spread([r["p50"] for r in many]),
             spread([r["p999"] for r in many]), spread([r["most"] for r in many]), sum(r["over"] for r in many), sum(r["lost"] for r in many)]
            for (safe, disk), many in runs.items()]
    head = ["state", "disk", "informs", "wait, ms: median", "99.9 %", "longest", "over 50 ms", "not answered"]
    return table(head, rows), [r for many in runs.values() for r in many]


# ---- recovery ----

def kept_by(receiver):
    try:
        with sqlite3.connect(f"file:{receiver.database()}?mode=ro", uri=True) as db:
            last = db.execute("SELECT at + n FROM journal ORDER BY at DESC LIMIT 1").fetchone()
            snapshot = db.execute("SELECT max(at) FROM snapshot").fetchone()
        return (last or (0,))[0], snapshot[0] or 0
    except sqlite3.OperationalError:
        return 0, 0


def start_again(receiver):
    """What it says of its recovery, and how long until it is ready."""
    receiver.reports = 0
    with open(receiver.path("again"), "w") as err:
        began = time.monotonic()
        receiver.process = subprocess.Popen([receiver.program, "-c", receiver.path("trunkwatchd.yaml")], stdin=subprocess.DEVNULL, stdout=err, stderr=err,
                                            cwd=receiver.folder)
    while "live: ready" not in receiver.read("again"):
        if time.monotonic() - began > 120 or receiver.process.poll() is not None:
            raise Failed(f"no recovery:\n{receiver.read('again')[-1000:]}")
        time.sleep(0.01)
    took = time.monotonic() - began
    m = re.search(r"store: recovered records=(\d+) snapshot_bytes=(\d+) ms=(\d+)", receiver.read("again"))
    receiver.process.send_signal(signal.SIGKILL)
    receiver.process.wait(timeout=PATIENCE)
    return {"records": int(m[1]), "snapshot_bytes": int(m[2]), "ms": int(m[3]), "ready_s": took}


def recover(b, folder, listed, many, forget):
    """Killed when it has kept so many; `forget`: as if no snapshot had been taken."""
    receiver = made(KeptStream(b, "trunkwatchd", "lines", ("", ""), listed), "power-loss")
    receiver.start()
    sender = None
    try:
        sender = subprocess.Popen([b.tool("pour"), "-p", str(receiver.ports["stream"]), "-c", "1", "-n", str(1 << 40), "-t", "240",
                                   os.path.join(folder, "syslog.dgrams")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 240
        while True:
            last, snapshot = kept_by(receiver)
            if last >= many if forget else last - snapshot >= many:
                break
            if time.monotonic() > end or receiver.process.poll() is not None:
                raise Failed(f"kept only {last} records")
            time.sleep(0.02)
        receiver.process.send_signal(signal.SIGKILL)
        receiver.process.wait(timeout=PATIENCE)
    finally:
        if sender is not None:
            sender.kill()
            sender.wait()
        receiver.stop()
    if forget:
        with sqlite3.connect(receiver.database()) as db:
            db.execute("DELETE FROM snapshot")
    return start_again(receiver)


def recovery(b, folder, listed):
    rounds = 1 if b.quick else min(b.rounds, 3)
    shapes = {"the most that a daemon leaves: 480,000 and more since the last snapshot": (480000, False), "a million, without a snapshot": (KEPT, True)}
    if b.quick:
        shapes = {"100,000, without a snapshot": (100000, True)}
    runs = {}
    for _ in range(rounds):
        for name, (many, forget) in shapes.items():
            runs.setdefault(name, []).append(recover(b, folder, listed, many, forget))
            say(f"store: recovery, {name}: {runs[name][-1]}")
    rows = [[name, spread([r["records"] for r in many]), spread([r["ms"] / 1000 for r in many]), spread([r["records"] / r["ms"] for r in many]),
             spread([r["ready_s"] for r in many])] for name, many in runs.items()]
    return table(["killed with", "records", "judged again in, s", "thousand/s", "ready after, s"], rows), runs


# ---- alerts ----

def latency(b):
    rounds, seconds = (1, 10) if b.quick else (min(b.rounds, 3), 20)
    runs = {}
    for _ in range(rounds):
        for rate, storm in ((STEADY, "both"), (STORM, "both")):
            for safe in ("none", "power-loss"):
                def start(*args, safe=safe, **more):
                    return made(KeptDatagrams(*args, **more), safe)
                r = latency_run(b, rate, seconds, storm, start)
                runs.setdefault((rate, safe), []).append(percentiles(r))
                say(f"store: latency at {rate}, {safe}: {runs[rate, safe][-1]['p99']:.1f} ms")
    rows = []
    for (rate, safe), many in runs.items():
        rows.append([f"{rate:,} a second", KINDS[safe], f"{sum(r['raised'] for r in many)} of {sum(r['expected'] for r in many)}",
                     *(spread([r[k] for r in many]) for k in ("p50", "p99", "most")), percent(sum(r["received"] for r in many), sum(r["sent"] for r in many)),
                     percent(sum(r["aside"] for r in many), sum(r["received"] for r in many))])
    head = ["storm", "state", "interruptions found", "alert late by, ms: median", "99 %", "most", "received", "of it put aside"]
    return table(head, rows), [r for many in runs.values() for r in many]


def run(b):
    folder = b.mix("store", "-n", 200000, "-l", "-t", 60)
    listed = b.path("store", "relayed.yaml")
    with open(os.path.join(folder, "inventory.yaml")) as f, open(listed, "w") as out:
        out.write(f.read() + "relays: [127.0.0.1]\n")
    parts = {"throughput": throughput(b, folder, listed), "pauses": pauses(b, folder), "recovery": recovery(b, folder, listed), "latency": latency(b)}
    texts = [parts["throughput"][0],
             f"How long a datagram waits until it is read, among {STEADY:,} others a second, measured by informs:\n\n{parts['pauses'][0]}",
             f"Starting after `kill -9`:\n\n{parts['recovery'][0]}",
             f"How late an alert leaves after its hold of {HOLD} s, which is when it is safe:\n\n{parts['latency'][0]}"]
    return "\n\n".join(texts), {name: data for name, (_, data) in parts.items()}
