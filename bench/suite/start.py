"""Reading a large inventory: time and memory, with what libyaml alone needs for the same file beside it."""
import os
import statistics

from suite.common import RULES, say, spread, table


def write_config(b, folder):
    path = os.path.join(folder, "trunkwatchd.yaml")
    with open(path, "w") as f:
        f.write(f"inventory: inventory.yaml\nrules: {RULES}\noutputs:\n  - {{type: file, path: alerts.jsonl}}\n")
    return path


def run(b):
    pairs = 1000 if b.quick else 10000
    rounds = min(b.rounds, 3)
    kinds = [("rules and one pair", 1, []), (f"{pairs:,} pairs, `100: {{}}`", pairs, []),
             (f"{pairs:,} pairs, `100: {{services: [arp]}}`", pairs, ["-r"])]
    folders = [b.mix(f"start-{i}", "-n", 0, "-p", n, "-s", 100, *more) for i, (_, n, more) in enumerate(kinds)]
    check, floor, ratio = [[[] for _ in kinds] for _ in range(3)]
    for round_ in range(-1, rounds):
        for i, folder in enumerate(folders):
            inventory = os.path.join(folder, "inventory.yaml")
            done = b.measure([b.program("trunkwatchd"), "-c", write_config(b, folder), "--check"], errors=b.path("start.err"))
            least = b.measure([b.tool("yamlfloor"), inventory])
            if round_ >= 0:
                check[i].append(done)
                floor[i].append(least)
                ratio[i].append(done["cpu"] / least["cpu"])
        say(f"start: round {round_ + 1} of {rounds} done")
    rows, data = [], {}
    for i, (name, n, _) in enumerate(kinds):
        size = os.path.getsize(os.path.join(folders[i], "inventory.yaml")) / 1e6
        rows.append([name, f"{n * 100:,}", f"{size:.1f}", spread([c["cpu"] for c in check[i]]), spread([c["wall"] for c in check[i]]),
                     f"{max(c['rss'] for c in check[i]) / 1024:.0f}", spread([c["cpu"] for c in floor[i]]), spread(ratio[i]) if n > 1 else "–"])
        data[name] = {"cpu": statistics.median(c["cpu"] for c in check[i]), "rss": max(c["rss"] for c in check[i])}
    head = ["inventory", "sub-interfaces in it", "MB", "`trunkwatchd --check`, CPU s", "wall s", "peak RSS, MiB", "libyaml alone, CPU s", "times that"]
    return table(head, rows) + f"\n\n{rounds} rounds in turn. A sub-interface in the inventory stands for one on each side.", data
