#!/usr/bin/env python3
"""A simulated network day for the real daemon: faults, switchovers, noise, storms, strangers, reloads; and what it needs must not grow.

usage: soak.py TRUNKWATCHD RULES-DIR TEST_CLOCK [--seconds S] [--pairs N] [--rate R] [--any-memory]

The daemon is the program as it is; a preloaded library (tests/support/test_clock.c) runs its clocks R times faster, so a day
takes 864 s at the default rate of 100. Routers are sockets on loopback addresses; their messages and faults are simulated,
with a fixed seed: a fifth of the pairs each says them as log lines over UDP, over TLS (connections come and go), as SNMPv3 traps,
as SNMPv3 informs, and as log lines and SNMPv3 traps both. Among them strangers, malformed input, storms, connections that
break off, forged and old SNMPv3 messages, and somebody who reads the metrics.

Checked: every sub-interface that is down for long is in one alert, raised once and cleared once; nothing else is raised but what is
taken back at once (`retracted`); every message, connection and inform is accounted for, by socket, reason and device; and from the second quarter
of the time to the last the memory (VmRSS) grows by no more than 3 % + 512 KiB and descriptors by no more than one. Prints one line of
figures: memory is that of the first sample and the means of the four quarters. Exit status 0: all held.
SIGTERM ends it in order, with what was played until then.
"""
import argparse
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "integration")]
import account  # noqa: E402
import snmp  # noqa: E402
from certificates import Certificates  # noqa: E402
from guests import Guests  # noqa: E402
from network import Clock, Network  # noqa: E402
from ports import free_port  # noqa: E402
from routers import World  # noqa: E402

DRAIN = 2.0  # seconds of real time for the last messages
TRIES = 10   # of a page
CONFIG = """inventory: inventory.yaml
rules: {rules}
state: kept
listen:
  syslog: ["udp://127.0.0.1:{syslog}", "tls://127.0.0.1:{tls}", "tcp://127.0.0.1:{tcp}"]
  snmp: ["udp://127.0.0.1:{snmp}"]
  http: "127.0.0.1:{http}"
tls: {{certificate: daemon.pem, key: key.pem, client-ca: ca.pem}}
streams: {{handshake-time: 1h, message-time: 1h}}    # of simulated time
snmp: {{users: [{{name: noc, auth: SHA-256, auth-passphrase-file: auth, priv: AES, priv-passphrase-file: priv}}]}}
outputs:
  - {{type: file, path: alerts.jsonl}}
  - {{type: file, path: alerts.txt, format: text}}
"""


class Daemon:
    def __init__(self, args, folder, world, inventory):
        self.folder, self.http = folder, world.ports["http"]
        self.put("inventory.yaml", inventory)
        self.put("d.yaml", CONFIG.format(rules=args.rules, **world.ports))
        for name, words in (("auth", snmp.AUTH), ("priv", snmp.PRIV)):
            self.put(name, words + "\n")
            os.chmod(self.path(name), 0o600)
        self.log = open(self.path("log"), "w+b")
        asan = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]))
        self.process = subprocess.Popen([args.daemon, "-c", self.path("d.yaml")], stderr=self.log, stdin=subprocess.DEVNULL,
                                        env={**os.environ, **world.clock.environment(), "LD_PRELOAD": args.clock, "ASAN_OPTIONS": asan})

    def path(self, name):
        return os.path.join(self.folder, name)

    def put(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)

    def read_log(self):
        with open(self.path("log"), errors="replace") as f:
            return f.read()

    def said(self, text, patience=20.0):
        end = time.monotonic() + patience
        while time.monotonic() < end and self.process.poll() is None:
            if text in self.read_log():
                return
            time.sleep(0.02)
        raise SystemExit(f"soak: the daemon never said '{text}'\n{self.read_log()[-3000:]}")

    def report(self):
        self.process.send_signal(signal.SIGUSR1)
        self.said("report.log: lines")
        return account.Report(self.read_log())

    def page(self, name):
        """Its patience with readers is short when its clock runs so fast: tried again."""
        for left in reversed(range(TRIES)):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/{name}", timeout=20) as answer:
                    return answer.read()
            except (OSError, http.client.HTTPException):
                if left == 0:
                    raise

    def sample(self):
        """Memory and descriptors; and a look at its pages, as a monitoring system has it."""
        self.page("metrics")
        self.page("api/v1/status")
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


def run(daemon, network, guests, clock, seconds):
    """Plays the network; gives the samples. SIGTERM: ends in order, now."""
    samples, began, next_sample, rotations, pause = [], time.monotonic(), 0.0, 0, min(1.0, seconds / 40)

    def end(*_):
        nonlocal seconds
        seconds = min(seconds, time.monotonic() - began + DRAIN + 400 / clock.rate)
    signal.signal(signal.SIGTERM, end)
    while time.monotonic() - began < seconds:
        passed = time.monotonic() - began
        # What began shortly before the end would be judged after it.
        network.quiet = network.quiet or passed > seconds - DRAIN - 400 / clock.rate
        network.play(clock.now())
        network.hear()
        if passed >= next_sample:
            samples.append(daemon.sample())
            next_sample += pause
            # As logrotate does it; often at first: the heap settles with the first reloads, which build all anew beside the old.
            due = len(samples) % 10 == 0 or (passed < seconds / 4 and len(samples) % 2 == 0)
            if due and os.path.exists(daemon.path("alerts.jsonl")):  # else it has not yet heard of the last time
                rotations += 1
                os.rename(daemon.path("alerts.jsonl"), daemon.path(f"alerts.jsonl.{rotations:04d}"))
                daemon.process.send_signal(signal.SIGHUP)
        time.sleep(max(0.0, min(0.005, (network.heap[0][0] - clock.now()) / clock.rate)) if network.heap else 0.005)
    network.close()
    guests.close()
    end = time.monotonic() + DRAIN
    while time.monotonic() < end or (network.unanswered() and time.monotonic() < end + 30):
        network.hear()
        time.sleep(0.01)
    time.sleep(0.5)  # the second answers to what was sent twice
    network.hear()
    return samples


def soak(args, folder):
    """Gives what did not hold, and the figures."""
    ports = {name: free_port() for name in ("syslog", "snmp", "tls", "tcp", "http")}
    world = World(None, ports)
    network, guests = Network(args.pairs, world, random.Random(1)), Guests(world, random.Random(2))
    world.certificates = Certificates(folder, [r.name for r in network.routers() + guests.routers() if r.connection] + ["NOBODY"])
    world.clock = clock = Clock(args.rate)
    daemon = Daemon(args, folder, world, network.inventory(guests.routers()))
    try:
        daemon.said("live: ready")
        network.begin()
        guests.begin(network)
        samples = run(daemon, network, guests, clock, args.seconds)
        hours, report = clock.now() / 3600, daemon.report()
    finally:
        status = daemon.end()
    bad, taken_back = account.alerts(daemon.transitions(), network.fallen)
    bad += account.accounts(report, world.tally, network.unanswered())
    grown, figures = account.needs(samples, args.any_memory)
    bad += grown
    if status != 0:
        bad.append(f"the daemon ended with status {status}")
    if bad:
        with open(daemon.path("log"), errors="replace") as f:
            sys.stderr.write("".join(line for line in f if any(w in line for w in (" error ", "Sanitizer", "#")))[-4000:])
    sent = world.tally.sent
    drops = sum(s.get("kernel_drops", 0) for s in report.sockets.values())
    return bad, (f"hours={hours:.1f} rate={args.rate} syslog={sent['syslog']} tls={sent['tls']} tcp={sent['tcp']} snmp={sent['snmp']} "
                 f"informs={sent['answers']} connections={sent['tls connections'] + sent['tcp connections']} kernel_drops={drops} "
                 f"again={sent['again']} faults={network.lasting} fallen={network.fallen} raised={report.core['raised']} "
                 f"cleared={report.core['cleared']} retracted={taken_back} {figures}")


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
    with tempfile.TemporaryDirectory(prefix="trunkwatch-soak-") as folder:
        bad, figures = soak(args, folder)
    print(figures)
    for line in bad[:20]:
        print(f"soak: {line}", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
