"""What an event costs in networks of different size: it must not grow with the size."""
import os
import statistics

from suite.common import Failed, RULES, read_alerts, read_truth, say, spread, table, verdict_exact


def replay(b, folder, log, out="/dev/null"):
    return b.measure([b.program("trunkwatch"), "replay", "-i", os.path.join(folder, "inventory.yaml"), "-r", RULES, log], output=out)


def run(b):
    lines, sizes = (100000, [10, 100, 1000]) if b.quick else (1000000, [10, 100, 1000, 10000])
    rounds = b.rounds
    folders = {n: b.mix(f"scale-{n}", "-n", lines, "-p", n) for n in sizes}
    empty, out = b.path("empty.log"), b.path("scale.out")
    open(empty, "w").close()
    load, judge, verdicts = {n: [] for n in sizes}, {n: [] for n in sizes}, {}
    for round_ in range(-1, rounds):
        for n in sizes:
            load[n].append(replay(b, folders[n], empty))
            judge[n].append(replay(b, folders[n], os.path.join(folders[n], "mix.log"), out))
            if n not in verdicts:
                verdicts[n] = verdict_exact(read_alerts(out), read_truth(folders[n])[0])
        say(f"scale: round {round_ + 1} of {rounds} done")
    rows, data, first = [], {}, None
    for n in sizes:
        start = statistics.median(c["cpu"] for c in load[n][1:])
        per = [(c["cpu"] - start) * 1e6 / lines for c in judge[n][1:]]
        first = first or per
        ratio = [p / f for p, f in zip(per, first)]
        v = verdicts[n]
        rows.append([f"{n:,}", f"{50 * n * 2:,}", f"{start:.2f}", spread(per), "1" if per is first else spread(ratio),
                     f"{max(c['rss'] for c in judge[n][1:]) / 1024:.0f}", f"{v['found']} of {v['of']}, {v['missed']} missed, {v['invented']} invented"])
        data[n] = {"us_per_line": statistics.median(per), "ratio": statistics.median(ratio), "verdict": v}
        if v["missed"] or v["invented"]:
            raise Failed(f"trunkwatch is not right with {n} pairs: {v}")
    head = ["pairs", "sub-interfaces, both sides", "start, CPU s", "CPU, s per million lines after the start", "times the first row's",
            "peak RSS, MiB", "interruptions"]
    return table(head, rows) + f"\n\n{lines:,} lines each, {rounds} rounds in turn.", data
