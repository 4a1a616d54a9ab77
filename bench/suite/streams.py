"""Log lines over TCP and TLS: as many as the receiver takes, from one connection and from eight."""
import json
import os
import shutil
import statistics
import subprocess

from suite.common import Failed, say, spread, table
from suite.live import percent
from suite.receivers import StreamRsyslog, StreamSyslogNg, StreamTrunkwatchd

KINDS = {"lines": "TCP, line feeds", "counted": "TCP, octet counting", "tls": "TLS, line feeds"}
CONNECTIONS = [1, 8]
SECONDS = 2


def certificate(b):
    """For the receivers; who sends does not ask whose it is."""
    pem, key = b.path("stream.pem"), b.path("stream.key")
    done = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "30",
                           "-subj", "/CN=collector", "-keyout", key, "-out", pem], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise Failed(done.stderr)
    return pem, key


def inventory(b, folder):
    """The sender is a relay: whose line it is stands in the line."""
    path = b.path("streams", "relayed.yaml")
    with open(os.path.join(folder, "inventory.yaml")) as f, open(path, "w") as out:
        out.write(f.read() + "relays: [127.0.0.1]\n")
    return path


def receivers(b, kind, pair, listed):
    yield StreamTrunkwatchd(b, "trunkwatchd", kind, pair, listed)
    if b.baseline:
        yield StreamTrunkwatchd(b, "trunkwatchd, the other build", kind, pair, listed, b.baseline)
    if shutil.which("rsyslogd"):
        for driver in ("gtls", "ossl") if kind == "tls" else ("",):
            if StreamRsyslog.there(driver):
                yield StreamRsyslog(b, f"rsyslog{driver and f' ({driver})'} → file", kind, pair, driver)
    for name, only in (("syslog-ng → file", False), ("syslog-ng, a filter → file", True)):
        ng = StreamSyslogNg(b, name, kind, pair, only)
        if ng.ng.there():
            yield ng


def one_run(b, receiver, folder, kind, connections, seconds):
    receiver.seen = {}
    receiver.start()
    try:
        before = receiver.cpu()
        more = {"lines": [], "counted": ["-o"], "tls": ["-r"]}[kind]
        done = subprocess.run([b.tool("pour"), "-p", str(receiver.ports["stream"]), "-c", str(connections), "-n", str(1 << 40), "-t", str(seconds),
                               *more, os.path.join(folder, "syslog.dgrams")], capture_output=True, text=True, timeout=seconds + 90)
        if done.returncode != 0:
            raise Failed(f"the sender to {receiver.name}: {done.stderr}\n{receiver.read('err')[-1000:]}")
        sent = json.loads(done.stdout)
        got = receiver.settled()
        return {**sent, "received": got, "rate": got / sent["seconds"], "cpu_us": (receiver.cpu() - before) * 1e6 / max(got, 1)}
    finally:
        receiver.stop()


def run(b):
    folder = b.mix("streams", "-n", 100000, "-l", "-t", 60)
    pair, listed = certificate(b), inventory(b, folder)
    rounds, seconds = (1, 1) if b.quick else (min(b.rounds, 3), SECONDS)
    runs = {}
    for _ in range(rounds):
        for kind in KINDS:
            for connections in CONNECTIONS:
                for receiver in receivers(b, kind, pair, listed):
                    r = one_run(b, receiver, folder, kind, connections, seconds)
                    runs.setdefault((kind, connections, receiver.name), []).append(r)
                    say(f"streams: {kind} by {connections} to {receiver.name}: {r['rate']:,.0f} a second")
    rows, data = [], []
    for (kind, connections, name), many in runs.items():
        first = runs[kind, connections, "trunkwatchd"]
        sent, got = sum(r["sent"] for r in many), sum(r["received"] for r in many)
        rows.append([KINDS[kind], connections, name, spread([r["rate"] / 1000 for r in many]),
                     spread([r["rate"] / f["rate"] for r, f in zip(many, first)]) if many is not first else "1", percent(got, sent),
                     spread([r["cpu_us"] for r in many]), sent - got])
        data.append({"kind": kind, "connections": connections, "receiver": name, "sent": sent, "received": got,
                     **{k: statistics.median(r[k] for r in many) for k in ("rate", "cpu_us")}})
    text = table(["how", "connections", "receiver", "thousand lines/s", "times trunkwatchd's", "received", "CPU, µs a line", "not accounted for"], rows)
    return text + f"\n\n{seconds} s each, {rounds} rounds in turn; lines of {os.path.getsize(os.path.join(folder, 'syslog.dgrams')) // 100000 - 16} bytes.", data
