"""Reading a large inventory: time and memory, with what libyaml alone needs for the same file beside it."""
import os
import socket
import statistics
import subprocess
import time

from suite.common import RULES, say, spread, table
from suite.receivers import PATIENCE, free_port


def write_config(b, folder):
    path = os.path.join(folder, "trunkwatchd.yaml")
    with open(path, "w") as f:
        f.write(f"inventory: inventory.yaml\nrules: {RULES}\nlisten:\n  syslog: [\"udp://127.0.0.1:{free_port()}\"]\n"
                f"  snmp: [\"udp://127.0.0.1:{free_port()}\"]\noutputs:\n  - {{type: file, path: alerts.jsonl}}\n")
    return path


def ready_after(b, config):
    """Seconds until the daemon tells its service manager that it hears."""
    path = os.path.join(os.path.dirname(config), "notify")
    if os.path.exists(path):
        os.unlink(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(path)
        s.settimeout(PATIENCE)
        began = time.monotonic()
        daemon = subprocess.Popen([b.program("trunkwatchd"), "-c", config], env={**os.environ, "NOTIFY_SOCKET": path},
                                  stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while b"READY=1" not in s.recv(65536):
                pass
            return time.monotonic() - began
        finally:
            daemon.terminate()
            daemon.wait(timeout=PATIENCE)


def run(b):
    pairs = 1000 if b.quick else 10000
    rounds = min(b.rounds, 3)
    kinds = [("rules and one pair", 1, []), (f"{pairs:,} pairs, `100: {{}}`", pairs, []),
             (f"{pairs:,} pairs, `100: {{services: [arp]}}`", pairs, ["-r"])]
    folders = [b.mix(f"start-{i}", "-n", 0, "-p", n, "-s", 100, *more) for i, (_, n, more) in enumerate(kinds)]
    check, ready, floor, ratio = [[[] for _ in kinds] for _ in range(4)]
    for round_ in range(-1, rounds):
        for i, folder in enumerate(folders):
            inventory = os.path.join(folder, "inventory.yaml")
            config = write_config(b, folder)
            done = b.measure([b.program("trunkwatchd"), "-c", config, "--check"], errors=b.path("start.err"))
            after = ready_after(b, config)
            least = b.measure([b.tool("yamlfloor"), inventory])
            if round_ >= 0:
                check[i].append(done)
                ready[i].append(after)
                floor[i].append(least)
                ratio[i].append(done["cpu"] / least["cpu"])
        say(f"start: round {round_ + 1} of {rounds} done")
    rows, data = [], {}
    for i, (name, n, _) in enumerate(kinds):
        size = os.path.getsize(os.path.join(folders[i], "inventory.yaml")) / 1e6
        rows.append([name, f"{n * 100:,}", f"{size:.1f}", spread([c["cpu"] for c in check[i]]), spread([c["wall"] for c in check[i]]),
                     f"{max(c['rss'] for c in check[i]) / 1024:.0f}", spread(ready[i]), spread([c["cpu"] for c in floor[i]]), spread(ratio[i]) if n > 1 else "–"])
        data[name] = {"cpu": statistics.median(c["cpu"] for c in check[i]), "rss": max(c["rss"] for c in check[i])}
    head = ["inventory", "sub-interfaces in it", "MB", "`trunkwatchd --check`, CPU s", "wall s", "peak RSS, MiB",
            "the daemon is ready after, s", "libyaml alone, CPU s", "times that"]
    return table(head, rows) + f"\n\n{rounds} rounds in turn. A sub-interface in the inventory stands for one on each side.", data
