"""A storm: bursts of a thousand, a hundred thousand traps a second; who receives how many, and how late an alert is in the middle."""
import os
import shutil
import statistics

from suite.common import say, spread, table
from suite.live import HOLD, NAMES, latency, one_run, percent, together
from suite.receivers import Rsyslog, Snmptrapd, SyslogNgd, Trunkwatchd

STEADY = 100000
BURST, BURSTS = 1000, 20     # ten a second
LATE_SECONDS = 20


def receivers(b, folder):
    """With the buffer that each has without being told."""
    inventory = os.path.join(folder, "inventory.yaml")
    yield "snmp", Trunkwatchd(b, "trunkwatchd", inventory)
    if shutil.which("snmptrapd"):
        yield "snmp", Snmptrapd(b, "snmptrapd → file")
    yield "syslog", Trunkwatchd(b, "trunkwatchd", inventory)
    if shutil.which("rsyslogd"):
        yield "syslog", Rsyslog(b, "rsyslog → file")
    ng = SyslogNgd(b, "syslog-ng → file", "live-syslog-ng.conf")
    if ng.ng.there():
        yield "syslog", ng


def losses(b):
    folder = b.mix("storm", "-n", 200000, "-l", "-t", 60)
    rounds, seconds = (1, 2) if b.quick else (min(b.rounds, 3), 5)
    runs = {}
    for _ in range(rounds):
        for what, receiver in receivers(b, folder):
            at = runs.setdefault((what, receiver.name), {})
            at.setdefault("one", []).append(one_run(b, receiver, folder, what, BURST, 10))
            at.setdefault("bursts", []).append(one_run(b, receiver, folder, what, BURST * BURSTS, 30, BURST * 10, BURST))
            at.setdefault("steady", []).append(one_run(b, receiver, folder, what, STEADY * seconds, seconds, STEADY))
            say(f"storm: {NAMES[what]} to {receiver.name} done")
    rows = []
    for (what, name), at in runs.items():
        every = [r for many in at.values() for r in many]
        steady = at["steady"]
        rows.append([NAMES[what], name, *(together(at[k]) for k in ("one", "bursts", "steady")),
                     percent(sum(r["aside"] for r in steady), sum(r["received"] for r in steady)), spread([r["cpu_us"] for r in steady]),
                     sum(r["drops"] for r in every), sum(abs(r["lost"]) for r in every)])
    head = ["what", "receiver", f"one burst of {BURST:,}: received", f"{BURSTS} of them, ten a second: received",
            f"{STEADY:,} a second for {seconds} s: received", "of it put aside", "CPU, µs each", "dropped by the kernel", "not accounted for"]
    data = [{"what": what, "receiver": name, "kind": kind, **{k: statistics.median(r[k] for r in many) for k in ("sent", "received", "drops", "lost", "cpu_us")}}
            for (what, name), at in runs.items() for kind, many in at.items()]
    return table(head, rows) + f"\n\n{rounds} rounds in turn, each receiver started anew for each run.", data


def run(b):
    first, data = losses(b)
    rates = [(STEADY, "snmp"), (None, "snmp")] if b.quick else [(STEADY, "snmp"), (STEADY, "both"), (None, "snmp"), (None, "syslog"), (None, "both")]
    second, late = latency(b, rates, 10 if b.quick else LATE_SECONDS)
    return f"{first}\n\nHow late an alert is written in the middle of it, measured by its reader, with a hold of {HOLD} s:\n\n{second}", {"losses": data, "latency": late}
