#!/usr/bin/env python3
"""A simulated network day for the real daemon: faults, switchovers, noise, reloads; and what it needs must not grow.

usage: soak.py TRUNKWATCHD RULES-DIR TEST_CLOCK [--seconds S] [--pairs N] [--rate R] [--any-memory]

The daemon is the program as it is; a preloaded library (tests/support/test_clock.c) runs its clocks R times faster, so a day
takes 864 s at the default rate of 100. Routers are sockets on loopback addresses; their messages and faults are simulated,
with a fixed seed. Checked: every fault that lasts is raised once and cleared once, nothing else is raised but what is taken
back at once (`retracted`), every datagram is accounted for, and from the second quarter of the time to the last the memory
(VmRSS) grows by no more than 3 % + 512 KiB and descriptors by none. Prints one line of figures; exit status 0: all held.
"""
import argparse
import heapq
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time

DRAIN = 2.0  # seconds of real time for the last messages
SUBS = 20


class Clock:
    """Simulated time, the same as in the daemon."""

    def __init__(self, rate):
        self.rate, self.real, self.mono = rate, time.time_ns(), time.monotonic_ns()

    def environment(self):
        return {"TEST_CLOCK_RATE": str(self.rate), "TEST_CLOCK_REAL": str(self.real), "TEST_CLOCK_MONO": str(self.mono)}

    def now(self):
        """Seconds since the beginning."""
        return (time.monotonic_ns() - self.mono) / 1e9 * self.rate

    def stamp(self, at):
        t = time.gmtime(self.real / 1e9 + at)
        return f"{time.strftime('%b', t)} {t.tm_mday:2d} {time.strftime('%Y %H:%M:%S', t)}"


class Router:
    def __init__(self, name, address, clock, port):
        self.name, self.address, self.clock, self.port, self.sent = name, address, clock, port, 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))

    def say(self, at, severity, body):
        line = f"<{184 + severity}>{self.clock.stamp(at)} {self.name} %%01{body}"
        self.socket.sendto(line.encode(), ("127.0.0.1", self.port))
        self.sent += 1

    def role(self, at, state, why):
        self.say(at, 4, "ETRUNK/4/ETRUNK_MEMBER_STATUS_CHANGE(l):CID=0x80d8271b;The status of an E-Trunk member changed. "
                        f"(ETrunkId=1, MemberType=1, MemberId=10, State={state}, StateReason={why})")

    def link(self, at, sub, up):
        word, state = ("clear", "UP") if up else ("active", "DOWN")
        name = "Eth-Trunk10" + (f".{sub}" if sub else "")
        self.say(at, 2, f"IFNET/2/linkDown_{word}(l):CID=0x807a0405-alarmID=0x08520003;The interface status changes. (ifName={name}, "
                        f"AdminStatus=UP, OperStatus={state}, Reason=Interface physical link is {state.lower()}, "
                        "mainIfname=Eth-Trunk10)")

    def noise(self, at, what):
        self.say(at, 5, ["CLI/5/CMDRECORD(s):CID=0x80ca2713;Recorded command information. (Task=VTY1, User=noc, Command=\"display e-trunk 1\")",
                         "SSH/5/SSH_LOGIN(s):CID=0x80ca2713;The user succeeded in logging in.",
                         "LACP/4/LACP_STATE_DOWN(l)[7]:The LACP state is down. (PortName=GigabitEthernet0/1/1)"][what])


class Network:
    """Pairs of routers and what happens to them: a heap of (simulated time, number, action)."""

    def __init__(self, pairs, clock, port, dice):
        self.clock, self.dice, self.heap, self.number, self.lasting = clock, dice, [], 0, 0
        self.pairs = [[Router(f"PE-{i}{side}", f"127.{10 + k}.{i // 250}.{1 + i % 250}", clock, port) for k, side in enumerate("AB")]
                      for i in range(pairs)]
        self.master = [0] * pairs

    def at(self, when, action):
        self.number += 1
        heapq.heappush(self.heap, (when, self.number, action))

    def begin(self):
        for i, (a, b) in enumerate(self.pairs):
            a.role(0, "Master", "ETRUNK_MASTER")
            b.role(0, "Backup", "ETRUNK_BACKUP")
            # Everything is heard of once: what the daemon keeps of a sub-interface it keeps from then on.
            for sub in range(1, SUBS + 1):
                a.link(0, sub, True)
                b.link(0, sub, True)
            self.at(self.dice.uniform(5, 300), lambda now, i=i: self.happen(now, i))
            self.at(self.dice.uniform(1, 60), lambda now, i=i: self.chatter(now, i))

    def chatter(self, now, i):
        self.pairs[i][self.dice.randrange(2)].noise(now, self.dice.randrange(3))
        self.at(now + self.dice.uniform(1, 10), lambda later: self.chatter(later, i))

    def happen(self, now, i):
        """The next thing of pair i: mostly a fault that lasts, or a short one, a switchover, a repeat."""
        kind, m = self.dice.random(), self.pairs[i][self.master[i]]
        end = now
        if kind < 0.4:
            end = now + self.dice.uniform(60, 300)
            self.lasting += 1
            for sub in self.dice.sample(range(1, SUBS + 1), self.dice.choice([1, 1, 1, 2, 5])):
                m.link(now, sub, False)
                self.at(end, lambda later, sub=sub: m.link(later, sub, True))
        elif kind < 0.7:
            sub, end = self.dice.randrange(1, SUBS + 1), now + 2
            m.link(now, sub, False)
            self.at(end, lambda later: m.link(later, sub, True))
        elif kind < 0.8:
            self.switch(now, i)
            end = now + 200
        else:
            m.role(now, "Master", "ETRUNK_MASTER")
        self.at(end + self.dice.uniform(20, 600), lambda later: self.happen(later, i))

    def switch(self, now, i):
        """The main interface of the master goes down and the peer takes over, as it should; and it comes back as the standby."""
        old, new = self.pairs[i][self.master[i]], self.pairs[i][1 - self.master[i]]
        old.link(now, 0, False)
        old.role(now, "Backup", "LINK_DOWN")
        new.role(now, "Master", "PEER_MEMBER_DOWN")
        self.at(now + 100, lambda later: old.link(later, 0, True))
        self.at(now + 101, lambda later: old.role(later, "Backup", "ETRUNK_BACKUP"))
        self.at(now + 102, lambda later: new.role(later, "Master", "ETRUNK_MASTER"))
        self.master[i] = 1 - self.master[i]

    def inventory(self):
        out = ["devices:"]
        for pair in self.pairs:
            out += [f"  {r.name.lower()}: {{addresses: [{r.address}], hostnames: [{r.name}]}}" for r in pair]
        out.append("pairs:")
        subs = ", ".join(f"{s}: {{services: [arp]}}" for s in range(1, SUBS + 1))
        for i, (a, b) in enumerate(self.pairs):
            out += [f"  pair-{i}:", f"    devices: [{a.name.lower()}, {b.name.lower()}]", "    e-trunks:",
                    f"      1: {{members: [{{trunks: {{{a.name.lower()}: Eth-Trunk10, {b.name.lower()}: Eth-Trunk10}}, sub-interfaces: {{{subs}}}}}]}}"]
        return "\n".join(out) + "\n"

    def sent(self):
        return sum(r.sent for pair in self.pairs for r in pair)


class Daemon:
    def __init__(self, args, folder, clock, port, inventory):
        self.folder = folder
        self.put("inventory.yaml", inventory)
        self.put("d.yaml", f"inventory: inventory.yaml\nrules: {args.rules}\nlisten: {{syslog: [\"udp://127.0.0.1:{port}\"], snmp: []}}\n"
                           "outputs:\n  - {type: file, path: alerts.jsonl}\n  - {type: file, path: alerts.txt, format: text}\n")
        self.log = open(self.path("log"), "w+b")
        asan = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]))
        self.process = subprocess.Popen([args.daemon, "-c", self.path("d.yaml")], stderr=self.log, stdin=subprocess.DEVNULL,
                                        env={**os.environ, **clock.environment(), "LD_PRELOAD": args.clock, "ASAN_OPTIONS": asan})

    def path(self, name):
        return os.path.join(self.folder, name)

    def put(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)

    def said(self, text, patience=20.0):
        end = time.monotonic() + patience
        while time.monotonic() < end and self.process.poll() is None:
            with open(self.path("log"), errors="replace") as f:
                lines = [line for line in f if text in line]
            if lines:
                return lines[-1]
            time.sleep(0.02)
        raise SystemExit(f"soak: the daemon never said '{text}'")

    def sample(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            rss = next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))
        return rss, len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def transitions(self):
        for name in sorted(os.listdir(self.folder)):
            if name.startswith("alerts.jsonl"):
                with open(self.path(name)) as f:
                    yield from (json.loads(line) for line in f)


def run(daemon, network, clock, seconds):
    """Plays the network; gives the samples."""
    samples, began, next_sample, rotations = [], time.monotonic(), 0.0, 0
    quiet = False
    while time.monotonic() - began < seconds:
        now, passed = clock.now(), time.monotonic() - began
        # What began shortly before the end would be judged after it.
        quiet = quiet or passed > seconds - DRAIN - 400 / clock.rate
        while network.heap and network.heap[0][0] <= now:
            when, _, action = heapq.heappop(network.heap)
            if not (quiet and action.__name__ == "<lambda>" and "happen" in action.__code__.co_names):
                action(when)
        if passed >= next_sample:
            samples.append(daemon.sample())
            next_sample += min(1.0, seconds / 40)
            # As logrotate does it; often at first: the heap settles with the first reloads, which build all anew beside the old.
            due = len(samples) % 10 == 0 or (passed < seconds / 4 and len(samples) % 2 == 0)
            if due and os.path.exists(daemon.path("alerts.jsonl")):  # else it has not yet heard of the last time
                rotations += 1
                os.rename(daemon.path("alerts.jsonl"), daemon.path(f"alerts.jsonl.{rotations:04d}"))
                daemon.process.send_signal(signal.SIGHUP)
        time.sleep(max(0.0, min(0.005, (network.heap[0][0] - clock.now()) / clock.rate)) if network.heap else 0.005)
    return samples


def mean(values):
    return sum(values) / len(values)


def judge(daemon, network, samples, counters, any_memory):
    bad = []
    open_alerts, lasted, taken_back, seqs = {}, 0, 0, []
    for t in sorted(daemon.transitions(), key=lambda t: t["seq"]):
        seqs.append(t["seq"])
        if t["transition"] == "raised":
            open_alerts[t["alert_id"]] = t
        elif t["transition"] == "cleared":
            if t["alert_id"] not in open_alerts:
                bad.append(f"cleared, but not raised: {t['summary']}")
            open_alerts.pop(t["alert_id"], None)
            taken_back += t["cleared_by"] == "retracted"
            lasted += t["cleared_by"] == "recovered" and t["condition"] == "no-switchover"
            if t["cleared_by"] not in ("recovered", "retracted") or t["condition"] != "no-switchover":
                bad.append(f"not expected: {t['summary']}")
    if seqs != list(range(1, len(seqs) + 1)):
        bad.append("a transition is missing or doubled in the files")
    bad += [f"still open: {t['summary']}" for t in open_alerts.values()]
    if lasted != network.lasting:
        bad.append(f"{network.lasting} faults lasted, {lasted} alerts were raised and ended")
    if counters["received"] != network.sent():
        bad.append(f"{network.sent()} sent, {counters['received']} received")
    quarter = len(samples) // 4
    early, late = samples[quarter:2 * quarter], samples[-quarter:]
    rss = [mean([s[0] for s in part]) for part in (early, late)]
    fds = [max(s[1] for s in part) for part in (early, late)]
    if not any_memory and rss[1] > rss[0] * 1.03 + 512:
        bad.append(f"memory grew from {rss[0]:.0f} to {rss[1]:.0f} KiB")
    if fds[1] > fds[0]:
        bad.append(f"descriptors grew from {fds[0]} to {fds[1]}")
    figures = (f"sent={network.sent()} faults={network.lasting} raised={counters['raised']} cleared={counters['cleared']} "
               f"retracted={taken_back} rss_kib={rss[0]:.0f}..{rss[1]:.0f} descriptors={fds[0]}..{fds[1]}")
    return bad, figures


def main():
    p = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].splitlines()[0])
    p.add_argument("daemon")
    p.add_argument("rules")
    p.add_argument("clock")
    p.add_argument("--seconds", type=float, default=864)
    p.add_argument("--pairs", type=int, default=50)
    p.add_argument("--rate", type=int, default=100)
    p.add_argument("--any-memory", action="store_true", help="a sanitizer's allocator keeps what was freed: do not judge")
    args = p.parse_args()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    clock = Clock(args.rate)
    network = Network(args.pairs, clock, port, random.Random(1))
    with tempfile.TemporaryDirectory(prefix="trunkwatch-soak-") as folder:
        daemon = Daemon(args, folder, clock, port, network.inventory())
        try:
            daemon.said("live: ready")
            network.begin()
            samples = run(daemon, network, clock, args.seconds)
            time.sleep(DRAIN)
            daemon.process.send_signal(signal.SIGUSR1)
            line = daemon.said("report.log: lines") and daemon.said("report: counters")
            counters = {k: int(v) for k, v in (w.split("=") for w in line.split() if "=" in w)}
        finally:
            status = daemon.end()
        bad, figures = judge(daemon, network, samples, counters, args.any_memory)
        if status != 0:
            bad.append(f"the daemon ended with status {status}")
        if bad:
            with open(daemon.path("log"), errors="replace") as f:
                sys.stderr.write("".join(f.readlines()[-20:]))
    print(f"soak: {args.seconds * args.rate / 3600:.1f} simulated hours in {args.seconds:.0f} s: {figures}")
    for b in bad[:20]:
        print(f"  not held: {b}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
