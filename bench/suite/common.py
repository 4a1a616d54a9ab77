"""What all parts of the suite share: building, running, judging, and tables."""
import calendar
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOURCE = os.path.dirname(HERE)
RULES = os.path.join(SOURCE, "rules")
README = os.path.join(HERE, "README.md")


class Failed(Exception):
    pass


def say(text):
    print(text, file=sys.stderr, flush=True)


class Bench:
    """Where things are, and how thorough to be."""

    def __init__(self, build, quick, rounds, baseline):
        self.build, self.quick, self.baseline = os.path.abspath(build), quick, baseline and os.path.abspath(baseline)
        self.rounds = rounds or (2 if quick else 5)
        self.work = os.path.join(self.build, "bench", "work")
        os.makedirs(self.work, exist_ok=True)

    def make(self):
        """Builds what is not there or not up to date."""
        quiet = {"stdout": subprocess.DEVNULL, "check": True}
        if not os.path.exists(os.path.join(self.build, "CMakeCache.txt")):
            subprocess.run(["cmake", "-S", SOURCE, "-B", self.build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release"], **quiet)
        subprocess.run(["cmake", "--build", self.build, "--target", "trunkwatch", "trunkwatchd", "bench_tools", "test_disk"], **quiet)

    def tool(self, name):
        return os.path.join(self.build, "bench", "bench_" + name)

    def program(self, name, build=None):
        return os.path.join(build or self.build, "src", "app", name)

    def preload(self, name):
        return os.path.join(self.build, "tests", "support", name + ".so")

    def path(self, *names):
        return os.path.join(self.work, *names)

    def mix(self, name, *options):
        """A folder with a mix, made anew: the generator may have changed."""
        folder = self.path(name)
        os.makedirs(folder, exist_ok=True)
        subprocess.run([self.tool("mix"), *map(str, options), folder], check=True)
        return folder

    def measure(self, command, output="/dev/null", errors="/dev/null", source="/dev/null", limit=600, environment=None):
        """Runs a command; what it cost. Its CPU time is that of all its processes."""
        result = self.path("measure.json")
        subprocess.run([self.tool("measure"), "-t", str(limit), "-i", source, "-o", output, "-e", errors, result, *command],
                       check=True, env=environment)
        with open(result) as f:
            cost = json.load(f)
        if cost["status"] != 0 or cost["late"]:
            tail = "" if errors == "/dev/null" else open(errors, errors="replace").read()[-1000:]
            raise Failed(f"{' '.join(command)}: {'not done after %d s' % limit if cost['late'] else 'status %d' % cost['status']}\n{tail}")
        cost["cpu"] = cost["user"] + cost["system"]
        return cost


def stamp_seconds(text):
    return calendar.timegm(time.strptime(text, "%b %d %Y %H:%M:%S"))


def iso_seconds(text):
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))


def read_truth(folder):
    """The alerts that must come, and the same by sub-interface: (router, interface, since)."""
    with open(os.path.join(folder, "truth.json")) as f:
        alerts = [json.loads(line) for line in f]
    return alerts, {(a["device"].upper(), name, iso_seconds(a["since"])) for a in alerts for name in a["sub_interfaces"]}


def read_alerts(path):
    """What trunkwatch wrote, an alert each."""
    alerts = {}
    with open(path) as f:
        for line in f:
            t = json.loads(line)
            if t["transition"] == "raised":
                alerts[t["alert_id"]] = {**{k: t[k] for k in ("condition", "pair", "device", "trunk", "sub_interfaces", "since")},
                                         "raised": t["time"], "cleared": None, "cleared_by": None}
            elif t["transition"] == "cleared":
                alerts[t["alert_id"]].update(cleared=t["time"], cleared_by=t["cleared_by"])
    return list(alerts.values())


def read_raised(path):
    """What a peer wrote: RAISED stamp router interface, a line each."""
    found = set()
    with open(path, errors="replace") as f:
        for line in f:
            m = re.match(r"RAISED (\w+ +\d+ \d+ [\d:]+) (\S+) (\S+)$", line)
            if m:
                found.add((m[2], m[3], stamp_seconds(m[1])))
    return found


def verdict(found, truth):
    return {"found": len(found & truth), "missed": len(truth - found), "invented": len(found - truth), "of": len(truth)}


def verdict_exact(alerts, truth):
    """trunkwatch: each alert with its raise, its end and its reason must be the same, and nothing else be there."""
    def key(a):
        return json.dumps({k: v for k, v in a.items() if k != "condition"}, sort_keys=True)
    have = {key(a) for a in alerts if a["condition"] == "no-switchover"}
    want = {key(a) for a in truth}
    others = sum(a["condition"] != "no-switchover" for a in alerts)
    return {"found": len(have & want), "missed": len(want - have), "invented": len(have - want) + others, "of": len(want)}


def spread(values, scale=1.0, digits=3):
    """median (least–most), with as many significant digits as are worth it"""
    def show(v):
        v *= scale
        return f"{v:.0f}" if v >= 100 else f"{v:.{digits}g}"
    return f"{show(statistics.median(values))} ({show(min(values))}–{show(max(values))})"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(map(str, r)) + " |" for r in rows])


def machine():
    """The kind of machine, without its name."""
    model = "unknown processor"
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    with open("/proc/meminfo") as f:
        memory = int(f.readline().split()[1]) / 1048576
    kernel = ".".join(platform.release().split(".")[:2])
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, Linux {kernel}"


def put_into_readme(section, text):
    with open(README) as f:
        whole = f.read()
    begin, end = f"<!-- {section} -->", f"<!-- end of {section} -->"
    if begin not in whole or end not in whole:
        raise Failed(f"README.md has no place for '{section}'")
    head, rest = whole.split(begin, 1)
    with open(README, "w") as f:
        f.write(head + begin + "\n" + text + "\n" + end + rest.split(end, 1)[1])
