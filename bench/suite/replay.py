"""Judging a recorded log: trunkwatch and its peers on the same lines."""
import os
import shutil
import statistics

from suite.common import Failed, RULES, HERE, read_alerts, read_raised, read_truth, say, spread, table, verdict, verdict_exact
from suite import peers

PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else "python3"  # Debian's own, if there
RELEVANT = r"%%01(IFNET/[0-9]/link(Down|Up)|ETRUNK/)"


class Trunkwatch:
    def __init__(self, b, name="trunkwatch replay", build=None):
        self.b, self.name, self.program = b, name, b.program("trunkwatch", build)

    def run(self, folder, out):
        log = os.path.join(folder, "mix.log")
        return self.b.measure([self.program, "replay", "-i", os.path.join(folder, "inventory.yaml"), "-r", RULES, log], output=out)

    def judge(self, folder, out):
        return verdict_exact(read_alerts(out), read_truth(folder)[0])


class Peer:
    """A command that prints RAISED lines."""

    def __init__(self, b, name, command, fed=False, environment=None, once=False):
        self.b, self.name, self.command, self.fed, self.environment, self.once = b, name, command, fed, environment, once

    def run(self, folder, out):
        log = os.path.join(folder, "mix.log")
        return self.b.measure(self.command(folder, log), output=out, errors=self.b.path("peer.err"),
                              source=log if self.fed else "/dev/null", environment=self.environment)

    def judge(self, folder, out):
        return verdict(read_raised(out), read_truth(folder)[1])


class Grep(Peer):
    def judge(self, folder, out):
        return None


def contestants(b):
    """(runner, does it take the long file)"""
    yield Trunkwatch(b), True
    if b.baseline:
        yield Trunkwatch(b, "trunkwatch replay, the other build", b.baseline), True
    environment = {**os.environ, "LC_ALL": "C"}
    yield Grep(b, "grep -cE (counts, judges nothing)", lambda _, log: ["grep", "-cE", RELEVANT, log], environment=environment), True
    yield Peer(b, "limit.c (this mix only)", lambda _, log: [b.tool("limit"), log]), True
    yield Peer(b, "Python script", lambda _, log: [PYTHON, os.path.join(HERE, "peers", "script.py"), log]), True
    if shutil.which("sec"):
        def sec(conf):
            return lambda _, log: ["sec", "--conf=" + os.path.join(HERE, "peers", conf), "--input=" + log, "--fromstart",
                                   "--notail", "--bufsize=1"]
        yield Peer(b, "SEC, one Perl function", sec("sec-tuned.conf")), False
        yield Peer(b, "SEC, PairWithWindow", sec("sec-pair.conf")), False
    else:
        say("sec is not installed: bench/deps")
    ng = peers.SyslogNg(b)
    if ng.there():
        yield Peer(b, "syslog-ng, grouping-by", lambda folder, _: ng.judging(folder), fed=True, environment=ng.environment()), False
    else:
        say("syslog-ng is not there: bench/deps")


def show_verdict(v):
    return "–" if v is None else f"{v['found']} of {v['of']}, {v['missed']} missed, {v['invented']} invented"


def run(b):
    lines, short = (100000, 50000) if b.quick else (1000000, 100000)
    folders = {True: b.mix("replay", "-n", lines), False: b.mix("replay-short", "-n", short)}
    runners = list(contestants(b))
    costs, verdicts = {r.name: [] for r, _ in runners}, {}
    for round_ in range(-1, b.rounds):
        for r, long in runners:
            if round_ < 0 and not long:
                continue
            out = b.path("replay.out")
            costs[r.name].append(r.run(folders[long], out))
            if r.name not in verdicts:
                verdicts[r.name] = r.judge(folders[long], out)
        say(f"replay: {'warm-up' if round_ < 0 else 'round %d of %d' % (round_ + 1, b.rounds)} done")
    first = runners[0][0].name
    rows, data = [], {}
    for r, long in runners:
        runs, n = costs[r.name][-b.rounds:], lines if long else short
        per = [c["cpu"] * 1e6 / n for c in runs]
        walls = [c["wall"] * 1e6 / n for c in runs]
        mine = costs[first][-b.rounds:]
        ratio = [p / (m["cpu"] * 1e6 / lines) for p, m in zip(per, mine)]
        longer = [w / (m["wall"] * 1e6 / lines) for w, m in zip(walls, mine)]
        rows.append([r.name, f"{n:,}", spread(walls), "1" if r.name == first else spread(longer), spread(per), "1" if r.name == first else spread(ratio),
                     f"{max(c['rss'] for c in runs) / 1024:.1f}", show_verdict(verdicts[r.name])])
        data[r.name] = {"us_per_line": statistics.median(per), "verdict": verdicts[r.name]}
    own = verdicts[first]
    if own["missed"] or own["invented"]:
        raise Failed(f"trunkwatch is not right: {show_verdict(own)}")
    head = ["", "lines", "wall, s per million lines", "times trunkwatch's", "CPU, s per million lines", "times trunkwatch's", "peak RSS, MiB",
            "interruptions"]
    size = os.path.getsize(os.path.join(folders[True], "mix.log")) / 1e6
    return table(head, rows) + f"\n\n{b.rounds} rounds, one after the other in turn; {lines:,} lines are {size:.0f} MB.", data
