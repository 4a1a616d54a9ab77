"""Peak memory of a replay: it must not grow with the length of the log."""
import os

from suite.common import RULES, say, table


def run(b):
    lengths = [25000, 100000, 400000] if b.quick else [250000, 1000000, 4000000]
    rows, data = [], {}
    for n in lengths:
        folder = b.mix("memory", "-n", n)
        log = os.path.join(folder, "mix.log")
        cost = b.measure([b.program("trunkwatch"), "replay", "-i", os.path.join(folder, "inventory.yaml"), "-r", RULES, log])
        rows.append([f"{n:,}", f"{os.path.getsize(log) / 1e6:.0f}", f"{cost['rss'] / 1024:.1f}"])
        data[n] = cost["rss"]
        os.remove(log)
        say(f"memory: {n:,} lines done")
    return table(["lines", "MB", "peak RSS, MiB"], rows), data
