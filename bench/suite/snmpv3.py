"""SNMPv3 in memory: messages a second on one core, by our own path and by libsnmp's, in turn on the same messages."""
import json
import statistics
import subprocess

from suite.common import Failed, spread, table


def run(b):
    n, rounds = (50000, 3) if b.quick else (300000, b.rounds)
    done = subprocess.run([b.tool("usm"), str(n), str(rounds)], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise Failed(f"bench_usm: {done.stderr}")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    ours, theirs = ([r[key] for r in rows] for key in ("ours_per_s", "libsnmp_per_s"))
    lines = [["trunkwatch", spread([v / 1000 for v in ours]), "1"],
             ["libsnmp, `snmpv3_parse`", spread([v / 1000 for v in theirs]), spread([t / o for o, t in zip(ours, theirs)])]]
    text = table(["path", "thousand messages/s", "times trunkwatch's"], lines)
    text += (f"\n\nauthPriv traps (SHA-256, AES-128) of {rows[0]['bytes']} bytes from {rows[0]['engines']} engines, verified, decrypted and decoded; "
             f"{rounds} rounds of {n:,} in turn.")
    return text, {"ours_per_s": statistics.median(ours), "libsnmp_per_s": statistics.median(theirs)}
