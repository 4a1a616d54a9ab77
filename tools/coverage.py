#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Reads what `llvm-cov export` wrote and prints how much of each room the tests ran.

usage: coverage.py COVERAGE.json [--lines PERCENT] [--branches PERCENT] [--missing ROOM]...

What counts: a line, when a region of code begins or goes on in it; a branch, twice for every condition (also each part of
`a && b`): once true, once false. A place counts once, however many files include the header or use the macro it is in; so that
TW_ASSERT fails is one branch in base/err.h.

A line with the comment `not covered: REASON` does not count, nor do its branches; on a line of its own, the comment stands for
the block that begins on the next line. It is for what cannot happen in a test (no memory, a library that refuses its own
options). Every one is listed with its number, so that they stay few.
"""
import argparse, collections, json, os, re, sys

CORE = "base model doc oids topology decode ruleset policy normalise facts conditions alert pipeline".split()
EXCUSE = re.compile(r"not covered: \S")
SRC = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "src") + os.sep


def excused(path):
    """The lines of a file that its author has excused."""
    out = set()
    with open(path, encoding="utf-8") as f:
        lines = f.read().splitlines()
    for i, text in enumerate(lines):
        if not EXCUSE.search(text):
            continue
        out.add(i + 1)
        if not text.strip().startswith("/*"):
            continue
        indent = len(lines[i + 1]) - len(lines[i + 1].lstrip())
        for k in range(i + 1, len(lines)):
            if k > i + 1 and lines[k].strip() and len(lines[k]) - len(lines[k].lstrip()) <= indent:
                if lines[k].strip() == "}":
                    out.add(k + 1)
                break
            out.add(k + 1)
    return out


class Places:
    """How often each line and each side of each branch ran, by its place in the source."""

    def __init__(self):
        self.lines = collections.defaultdict(dict)
        self.branches = collections.defaultdict(dict)

    def add_lines(self, path, regions):
        """A line's count is the largest of the regions that begin in it, else that of the innermost around it."""
        begins, inner = collections.defaultdict(list), {}
        for first, col, last, end, count in sorted(regions, key=lambda r: (r[0], r[1], -r[2], -r[3])):
            begins[first].append(count)
            for n in range(first, last + 1):
                inner[n] = count
        lines = self.lines[path]
        for n, count in inner.items():
            lines[n] = max(lines.get(n, 0), count, *begins.get(n, [0]))

    def add(self, function):
        names = function["filenames"]
        regions = collections.defaultdict(list)
        for first, col, last, end, count, file, _, kind in function["regions"]:
            if kind == 0 and names[file].startswith(SRC):
                regions[file].append((first, col, last, end, count))
        for file, found in regions.items():
            self.add_lines(names[file], found)
        for first, col, last, end, yes, no, file, _, _ in function["branches"]:
            if names[file].startswith(SRC):
                seen = self.branches[names[file]].setdefault((first, col), [0, 0])
                seen[0] += yes
                seen[1] += no


def count(places, path):
    """(lines, lines run, branches, branches taken, what is missing, excused lines) of a file"""
    skip = excused(path)
    with open(path, encoding="utf-8") as f:
        text = f.read().splitlines()
    lines = {n: c for n, c in places.lines[path].items() if n not in skip and text[n - 1].strip() not in ("", "{", "}")
             and not text[n - 1].strip().startswith(("/*", "* ", "*/"))}
    sides = {(n, col, side): c for (n, col), both in places.branches[path].items() if n not in skip
             for side, c in zip(("true", "false"), both)}
    missing = [f"{n}: {text[n - 1].strip()}" for n, c in sorted(lines.items()) if c == 0]
    missing += [f"{n}:{col}: never {side}: {text[n - 1][col - 1:].strip()[:70]}" for (n, col, side), c in sorted(sides.items())
                if c == 0 and lines.get(n, 1) > 0]
    return [len(lines), sum(c > 0 for c in lines.values()), len(sides), sum(c > 0 for c in sides.values())], missing, len(skip)


def percent(part, whole):
    return 100.0 if whole == 0 else 100.0 * part / whole


def row(name, n):
    return f"{name:<12} {n[0]:>6} {percent(n[1], n[0]):>7.1f} %   {n[2]:>6} {percent(n[3], n[2]):>7.1f} %"


def main():
    p = argparse.ArgumentParser()
    p.add_argument("json")
    p.add_argument("--lines", type=float, default=0)
    p.add_argument("--branches", type=float, default=0)
    p.add_argument("--missing", action="append", default=[])
    a = p.parse_args()
    with open(a.json, encoding="utf-8") as f:
        data = json.load(f)["data"][0]
    places, names = Places(), collections.defaultdict(set)
    for function in data["functions"]:
        places.add(function)
        if function["filenames"][0].endswith(".c"):
            names[function["name"]].add(function["filenames"][0])
    # clang 14 tells static functions apart by "file.c:function" alone, and would count two for one.
    twins = {n: sorted(f) for n, f in names.items() if len(f) > 1 and n != "main"}
    for name, files in sorted(twins.items()):
        print(f"{name} is in {' and in '.join(os.path.relpath(f, SRC) for f in files)}: rename one, they can't be told apart", file=sys.stderr)

    rooms, excuses = collections.defaultdict(lambda: [0, 0, 0, 0]), 0
    for folder, _, files in sorted(os.walk(SRC)):
        for name in sorted(files):
            path = os.path.join(folder, name)
            if not name.endswith((".c", ".h")) or (name.endswith(".h") and path not in places.lines):
                continue
            room = os.path.relpath(path, SRC).split(os.sep)[0]
            if path not in places.lines and excused(path):
                continue  # a table
            if path not in places.lines:
                print(f"{os.path.relpath(path, SRC)}: was not compiled, or has no code", file=sys.stderr)
                continue
            n, missing, skipped = count(places, path)
            rooms[room] = [x + y for x, y in zip(rooms[room], n)]
            excuses += skipped if room in CORE else 0
            for text in missing if room in a.missing else []:
                print(f"{os.path.relpath(path, SRC)}:{text}")
    head = f"{'':<12} {'lines':>6} {'covered':>9}   {'branches':>6} {'covered':>7}"
    core = [sum(rooms[r][i] for r in CORE) for i in range(4)]
    print(head)
    for r in CORE:
        print(row(r, rooms[r]))
    print(row("the core", core) + f"   ({excuses} lines are excused)")
    print("\n" + head)
    rest = [r for r in sorted(rooms) if r not in CORE]
    for r in rest:
        print(row(r, rooms[r]))
    print(row("the rest", [sum(rooms[r][i] for r in rest) for i in range(4)]))
    low = percent(core[1], core[0]) < a.lines or percent(core[3], core[2]) < a.branches
    if low:
        print(f"the core is below {a.lines:g} % of lines or {a.branches:g} % of branches", file=sys.stderr)
    return 1 if low or twins else 0


if __name__ == "__main__":
    sys.exit(main())
