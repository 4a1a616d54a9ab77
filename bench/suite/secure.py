"""SNMPv3 traps through the socket: what is received at steady rates, and as fast as one core can send them."""
import os
import shutil
import statistics

from suite.common import say, spread, table
from suite.live import one_run, percent, together
from suite.receivers import Snmptrapd, Trunkwatchd

PAIRS = 32  # as many engines as the part in memory has: twice that
SECONDS = 5  # at the greatest rate ten times what fits into a buffer


def receivers(b, folder):
    inventory = os.path.join(folder, "inventory.yaml")
    yield Trunkwatchd(b, "trunkwatchd", inventory, users=True)
    if b.baseline:
        yield Trunkwatchd(b, "trunkwatchd, the other build", inventory, build=b.baseline, users=True)
    if shutil.which("snmptrapd"):
        yield Snmptrapd(b, "snmptrapd → file", engines=2 * PAIRS)
        yield Snmptrapd(b, "snmptrapd → file, large buffer, no notification log", big=True, engines=2 * PAIRS)


def run(b):
    folder = b.mix("secure", "-n", 20000, "-p", PAIRS, "-l", "-3", "-t", 60)
    rates, seconds, rounds = ([20000, 60000], 3, 1) if b.quick else ([5000, 20000, 60000, 200000], SECONDS, min(b.rounds, 3))
    runs = {}
    for _ in range(rounds):
        for receiver in receivers(b, folder):
            for rate in [*rates, 0]:
                r = one_run(b, receiver, folder, "secure", rate * seconds or 1 << 62, seconds, rate)
                runs.setdefault(receiver.name, {}).setdefault(rate, []).append(r)
                say(f"secure: {receiver.name} at {rate or 'full speed'}: {percent(r['received'], r['sent'])}")
    rows = []
    for name, by in runs.items():
        flood = by[0]
        rows.append([name, *(together(by[rate]) for rate in rates), spread([r["rate"] / 1000 for r in flood]),
                     spread([r["received"] / r["seconds"] / 1000 for r in flood]), together(flood),
                     percent(sum(r["aside"] for r in flood), sum(r["received"] for r in flood)), spread([r["cpu_us"] for r in flood]),
                     max(r["drops"] for many in by.values() for r in many), max(abs(r["lost"]) for many in by.values() for r in many),
                     max(r["refused"] for many in by.values() for r in many)])
    head = ["receiver", *(f"{rate:,} a second: received" for rate in rates), "full speed: thousand sent/s", "thousand received/s", "received",
            "of it put aside", "CPU, µs each", "most dropped by the kernel", "not accounted for", "refused"]
    text = table(head, rows)
    text += (f"\n\nauthPriv (SHA-256, AES-128), one user, {2 * PAIRS} engines; traps made before, {seconds} s each, {rounds} rounds in turn.")
    return text, {name: {str(rate): {k: statistics.median(r[k] for r in many) for k in ("rate", "sent", "received", "cpu_us", "lost", "drops")}
                         for rate, many in by.items()} for name, by in runs.items()}
