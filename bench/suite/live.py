"""Datagrams as fast as one core can send them: who receives how many; and how late an alert is in the middle of it."""
import json
import os
import select
import shutil
import statistics
import subprocess
import time

from suite.common import Failed, read_truth, say, spread, table
from suite.receivers import Rsyslog, Snmptrapd, SyslogNgd, Trunkwatchd

HOLD = 2     # seconds, for the latency of alerts
NAMES = {"syslog": "syslog", "snmp": "traps", "both": "both in turn"}
FILES = {"syslog": ["syslog.dgrams"], "snmp": ["traps.dgrams"], "both": ["syslog.dgrams", "traps.dgrams"], "secure": ["secure.dgrams"]}
STEADY = 20000
CALM = 1000  # messages a second among which the faults are


def blast(b, receiver, folder, what, count, rate=0, seconds=60, burst=1):
    """Starts the sender; its result is in the returned process's output."""
    ports = receiver.ports
    return subprocess.Popen([b.tool("blast"), "-s", str(ports.get("syslog", 9)), "-p", str(ports.get("snmp", 9)), "-n", str(count),
                             "-r", str(rate), "-b", str(burst), "-t", str(seconds), *(os.path.join(folder, f) for f in FILES[what])],
                            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)


def finish(process, seconds):
    try:
        out, _ = process.communicate(timeout=seconds + 30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise Failed("the sender does not end") from None
    if process.returncode != 0:
        raise Failed(f"the sender ended with {process.returncode}")
    return json.loads(out)


def one_run(b, receiver, folder, what, count, seconds, rate=0, burst=1):
    """A fresh receiver, one burst, bursts or a flood of some seconds."""
    receiver.seen = {}
    receiver.start()
    try:
        before = receiver.cpu()
        began = time.monotonic()
        sent = finish(blast(b, receiver, folder, what, count, rate, seconds, burst), seconds)
        got, drops = receiver.settled(), receiver.drops()
        return {"sent": sent["sent"], "rate": sent["sent"] / sent["seconds"], "received": got, "drops": drops,
                "cpu_us": (receiver.cpu() - before) * 1e6 / max(got, 1), "buffer": receiver.buffer(),
                "lost": sent["sent"] - got - drops, "seconds": sent["seconds"], "all": time.monotonic() - began, **receiver.more()}
    finally:
        receiver.stop()


def receivers(b, folder):
    inventory = os.path.join(folder, "inventory.yaml")
    yield "syslog", Trunkwatchd(b, "trunkwatchd", inventory)
    if b.baseline:
        yield "syslog", Trunkwatchd(b, "trunkwatchd, the other build", inventory, build=b.baseline)
    if shutil.which("rsyslogd"):
        yield "syslog", Rsyslog(b, "rsyslog → file")
        yield "syslog", Rsyslog(b, "rsyslog → file, large buffer", big=True)
    ng = SyslogNgd(b, "syslog-ng → file", "live-syslog-ng.conf")
    if ng.ng.there():
        yield "syslog", ng
    if ng.ng.there() and not b.quick:
        yield "syslog", SyslogNgd(b, "syslog-ng → file, large buffer", "live-syslog-ng.conf", big=True)
        yield "syslog", SyslogNgd(b, "syslog-ng → file and grouping-by", "live-syslog-ng-judge.conf")
        yield "syslog", SyslogNgd(b, "syslog-ng → file and grouping-by, large buffer", "live-syslog-ng-judge.conf", big=True)
    yield "snmp", Trunkwatchd(b, "trunkwatchd", inventory)
    if b.baseline:
        yield "snmp", Trunkwatchd(b, "trunkwatchd, the other build", inventory, build=b.baseline)
    if shutil.which("snmptrapd"):
        yield "snmp", Snmptrapd(b, "snmptrapd → file")
        yield "snmp", Snmptrapd(b, "snmptrapd → file, large buffer, no notification log", big=True)
    yield "both", Trunkwatchd(b, "trunkwatchd", inventory)


def percent(part, whole):
    if part == whole:
        return "all"
    if part == 0:
        return "none"
    return f"{100 * part / whole:.1f} %" if part < 0.9995 * whole else f"{100 * part / whole:.3f} %"


def together(runs):
    """What all rounds received."""
    return percent(sum(r["received"] for r in runs), sum(r["sent"] for r in runs))


def receiving(b, folder):
    bursts = [10000] if b.quick else [1000, 10000, 100000]
    flood, rounds = (1, 1) if b.quick else (5, min(b.rounds, 3))
    runs = {}
    for _ in range(rounds):
        for what, receiver in receivers(b, folder):
            at = runs.setdefault((what, receiver.name), {})
            for n in bursts:
                at.setdefault(f"burst of {n:,}", []).append(one_run(b, receiver, folder, what, n, 60))
            if not b.quick:
                at.setdefault("steady", []).append(one_run(b, receiver, folder, what, STEADY * flood, flood, STEADY))
            at.setdefault("flood", []).append(one_run(b, receiver, folder, what, 1 << 62, flood))
            say(f"live: {NAMES[what]} to {receiver.name} done")
    rows, data, own = [], [], {}
    for (what, name), at in runs.items():
        floods = at["flood"]
        got = [r["received"] / r["seconds"] for r in floods]
        first = own.setdefault(what, got)
        buffer = floods[0]["buffer"]
        rows.append([NAMES[what], name, *(together(at[k]) for k in at if k != "flood"), spread([r["rate"] / 1000 for r in floods]),
                     spread([g / 1000 for g in got]), "1" if first is got else spread([g / f for g, f in zip(got, first)]), together(floods),
                     spread([r["cpu_us"] for r in floods]), "?" if buffer is None else f"{buffer / 1048576:.1f}",
                     f"{sum(abs(r['lost']) for many in at.values() for r in many):,}"])
        data += [{"receiver": name, "what": what, "kind": kind, **r} for kind, many in at.items() for r in many]
    steady = [] if b.quick else [f"{STEADY:,} a second for {flood} s: received"]
    head = ["what", "receiver", *(f"burst of {n:,}: received" for n in bursts), *steady, f"full speed for {flood} s: thousand sent/s",
            "thousand received/s", "times trunkwatchd's", "received", "CPU, µs each", "buffer, MiB", "not accounted for"]
    return table(head, rows) + f"\n\n{rounds} rounds in turn, each receiver started anew for each run.", data


def listen(pipe, process, seconds):
    """Lines of the pipe with the time at which each came, until the sender is done and some time after."""
    end, rest, lines = None, b"", []
    while end is None or time.time() < end:
        if end is None and process.poll() is not None:
            end = time.time() + HOLD + 3
        if not select.select([pipe], [], [], 0.2)[0]:
            continue
        chunk = os.read(pipe, 1 << 20)
        at = time.time()
        *whole, rest = (rest + chunk).split(b"\n")
        lines += [(at, line) for line in whole]
    return lines


def when(text):
    seconds, fraction = text[:-1].split(".")
    return time.mktime(time.strptime(seconds, "%Y-%m-%dT%H:%M:%S")) - time.timezone + float("0." + fraction)


def latency_run(b, rate, seconds, what, make=Trunkwatchd):
    """Real faults at a calm thousand messages a second, in the middle of a storm of `rate` a second (None: full speed)."""
    folder = b.mix("live-late", "-n", seconds * CALM // 2, "-l", "-t", seconds, "-H", HOLD)
    storm = b.mix("live-storm", "-n", 100000, "-l", "-t", 5, "-H", 3600)  # the same routers; nothing fails
    receiver = make(b, "trunkwatchd", os.path.join(folder, "inventory.yaml"), output=b.path("alerts.pipe"), hold=f"{HOLD}s")
    if os.path.exists(receiver.output):
        os.remove(receiver.output)
    os.mkfifo(receiver.output)
    pipe = os.open(receiver.output, os.O_RDWR | os.O_NONBLOCK)
    senders = []
    try:
        receiver.start()
        if rate != 0:
            senders.append(blast(b, receiver, storm, what, 1 << 62, rate or 0, seconds + HOLD))
        senders.append(blast(b, receiver, folder, "both", seconds * CALM, CALM, seconds + 1))
        lines = listen(pipe, senders[0], seconds)
        sent = [finish(s, seconds) for s in senders]
        got = receiver.settled()
        report = receiver.report()
    finally:
        for s in senders:
            if s.poll() is None:
                s.kill()
                s.wait()
        receiver.stop()
        os.close(pipe)
    late = []
    for at, line in lines:
        t = json.loads(line)
        if t["transition"] == "raised" and t["condition"] == "no-switchover":
            late.append((at - when(t["time"])) * 1000)
    return {"sent": sum(s["sent"] for s in sent), "rate": sum(s["sent"] / s["seconds"] for s in sent), "received": got,
            "drops": report["kernel_drops"], "aside": report["aside"], "expected": len(read_truth(folder)[0]), "raised": len(late), "late_ms": sorted(late)}


def percentiles(r):
    late = r["late_ms"]
    if len(late) < 2:
        raise Failed(f"{len(late)} alerts at {r['rate']:.0f} a second: too few to say how late they are")
    p = statistics.quantiles(late, n=100, method="inclusive")
    return {**{k: v for k, v in r.items() if k != "late_ms"}, "p50": p[49], "p99": p[98], "most": late[-1]}


def latency(b, rates, seconds):
    """A table with a row for each (rate, what); rate 0: no storm, None: full speed."""
    rounds = 1 if b.quick else min(b.rounds, 3)
    runs = {key: [] for key in rates}
    for _ in range(rounds):
        for rate, what in rates:
            runs[rate, what].append(percentiles(latency_run(b, rate, seconds, what)))
            say(f"latency at {'full speed' if rate is None else rate} done")
    rows = []
    for (rate, what), many in runs.items():
        total = {k: sum(r[k] for r in many) for k in ("sent", "received", "aside", "raised", "expected", "drops")}
        storm = "no storm" if rate == 0 else NAMES[what] + ("" if rate else ", full speed")
        rows.append([storm, spread([r["rate"] / 1000 for r in many]), percent(total["received"], total["sent"]), percent(total["aside"], total["received"]),
                     f"{total['raised']} of {total['expected']}", *(spread([r[k] for r in many]) for k in ("p50", "p99", "most")),
                     total["sent"] - total["received"] - total["drops"]])
    head = ["storm", "thousand sent/s in all", "received", "of it put aside", "interruptions found", "alert late by, ms: median", "99 %", "most",
            "not accounted for"]
    return table(head, rows) + f"\n\n{rounds} rounds in turn.", [r for many in runs.values() for r in many]


def run(b):
    folder = b.mix("live", "-n", 200000, "-l", "-t", 60)
    first, data = receiving(b, folder)
    second, late = latency(b, [(20000, "both")] if b.quick else [(0, "both"), (20000, "syslog"), (20000, "snmp"), (50000, "both")],
                           15 if b.quick else 20)
    text = f"{first}\n\nHow late an alert is written, measured by its reader, with a hold of {HOLD} s:\n\n{second}"
    return text, {"receiving": data, "latency": late}
