"""Kills the daemon at random moments while interfaces fail, and compares what arrived with what happened.

Routers tell of faults by informs, again and again until they are answered: so what was answered must not be lost. Receivers
are a file, a webhook and an SNMP receiver. Each fault is longer than the hold: it must become one alert, raised and cleared,
everywhere, under one id; what comes twice must be the same to the letter.
"""
import collections
import http.server
import json
import os
import random
import socket
import sys
import threading
import time

from support import PATIENCE, RULES, SOURCE, free_tcp_port, role, send, wait_for
from web import WebCase

sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
from make_pcap import trap  # noqa: E402

PAIRS, TRUNKS, HOLD = 6, 4, 0.5


def address(pair, side):
    return f"127.1.{pair}.{side + 1}"


def inventory():
    devices, pairs = ["devices:"], ["pairs:"]
    for p in range(PAIRS):
        for side in (0, 1):
            names = ", ".join(f"{s}: Eth-Trunk{s}.100" for s in range(1, TRUNKS + 1))
            devices.append(f"  r{p}-{side}: {{addresses: [{address(p, side)}], hostnames: [R{p}-{side}], interfaces: {{{names}}}}}")
        pairs += [f"  pair-{p}:", f"    devices: [r{p}-0, r{p}-1]", "    e-trunks:", "      1:", "        members:"]
        pairs += [f"          - {{trunks: {{r{p}-0: Eth-Trunk{t}, r{p}-1: Eth-Trunk{t}}}}}" for t in range(1, TRUNKS + 1)]
    return "\n".join(devices + pairs) + "\n"


class Receiver(http.server.BaseHTTPRequestHandler):
    """A webhook that answers as it should, and remembers."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.headers["Idempotency-Key"], body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


class Router(threading.Thread):
    """The sub-interface of one Eth-Trunk, which fails and recovers, again and again."""

    def __init__(self, campaign, pair, trunk):
        super().__init__(daemon=True)
        self.campaign, self.pair, self.trunk = campaign, pair, trunk
        self.random = random.Random(f"{campaign.seed} {pair} {trunk}")
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address(pair, 0), 0))
        self.faults, self.sent, self.trouble = 0, 0, None

    def inform(self, kind):
        """Until it is answered."""
        self.sent += 1
        request = 1000000 + self.pair * 100000 + self.trunk * 10000 + self.sent
        uptime = time.time() - self.campaign.began + 1000
        message = trap(address(self.pair, 0), kind, {"index": str(self.trunk), "inform": "yes"}, uptime, request)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                self.socket.settimeout(0.2)
                self.socket.sendto(message, ("127.0.0.1", self.campaign.snmp))
                while True:
                    if request.to_bytes(3, "big") in self.socket.recv(2000):
                        return
            except (socket.timeout, ConnectionRefusedError):
                time.sleep(0.02)
        raise AssertionError(f"not answered: {kind} of pair {self.pair}, Eth-Trunk{self.trunk}")

    def run(self):
        try:
            while not self.campaign.ends.is_set():
                time.sleep(self.random.uniform(0.2, 1.5))
                self.inform("link-down")
                self.faults += 1
                time.sleep(HOLD + self.random.uniform(0.5, 2))
                self.inform("link-up")
        except Exception as e:  # told by the main thread
            self.trouble = e
        finally:
            self.socket.close()


class Campaign(WebCase):
    seed = 1

    def setUp(self):
        super().setUp()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self.server.got = []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.write("inventory.yaml", inventory())
        self.write("trunkwatchd.yaml", f"""inventory: inventory.yaml
rules: {RULES}
state: state
listen:
  syslog: ["udp://127.0.0.1:{self.syslog}"]
  snmp: ["udp://127.0.0.1:{self.snmp}"]
  http: "127.0.0.1:{self.http}"
conditions:
  no-switchover: {{hold: {int(HOLD * 1000)}ms}}
outputs:
  - {{type: file, path: alerts.jsonl}}
  - {{type: webhook, url: "http://127.0.0.1:{self.server.server_port}/"}}
{self.more_outputs()}""")
        self.ends = threading.Event()

    def more_outputs(self):
        return ""

    def roles(self):
        for p in range(PAIRS):
            for side, state in ((0, "Master"), (1, "Backup")):
                for t in range(1, TRUNKS + 1):
                    line = role(f"R{p}-{side}", state).replace("MemberId=20", f"MemberId={t}")
                    send(self.syslog, line, address(p, side))
        wait_for("roles are kept", lambda: self.json("/api/v1/status")["store"]["records"] >= 2 * PAIRS * TRUNKS)
        time.sleep(0.5)

    def run_campaign(self, kills):
        chance = random.Random(self.seed)
        self.began = time.time()
        self.start()
        self.roles()
        routers = [Router(self, p, t) for p in range(PAIRS) for t in range(1, TRUNKS + 1)]
        for r in routers:
            r.start()
        for n in range(kills):
            time.sleep(chance.choice([0.01, 0.05, 0.1, 0.3, 0.7, 1.5]) * chance.random())
            self.daemon.kill()
            self.daemon.wait(timeout=PATIENCE)
            self.told.clear()
            self.start()
            if sys.stderr.isatty():
                print(f"\r{n + 1} of {kills} ", end="", file=sys.stderr)
        self.ends.set()
        for r in routers:
            r.join(2 * PATIENCE)
            self.assertIsNone(r.trouble, self.log()[-3000:])
        self.faults = {(f"pair-{r.pair}", f"Eth-Trunk{r.trunk}"): r.faults for r in routers}
        time.sleep(HOLD + 1)
        wait_for("every output has everything", lambda: all(
            o["waiting"] == 0 and not o["failing"] for o in self.json("/api/v1/status")["outputs"]), 2 * PATIENCE)
        self.assertEqual(self.stop(), 0)

    def judge(self, where, got):
        """got: transitions as they arrived."""
        by_number, alerts = {}, collections.defaultdict(list)
        for t in got:
            key = (t["alert_id"], t["number"])
            self.assertEqual(by_number.setdefault(key, t), t, f"{where}: said twice, and not the same")
        for t in by_number.values():
            alerts[t["alert_id"]].append(t)
        interruptions = collections.Counter()
        for found in alerts.values():
            found.sort(key=lambda t: t["number"])
            kinds = [t["transition"] for t in found]
            self.assertEqual((kinds[0], kinds[-1]), ("raised", "cleared"), f"{where}: {found[0]['summary']}")
            self.assertEqual(kinds.count("raised") + kinds.count("cleared"), 2, f"{where}: {kinds}")
            self.assertEqual(found[0]["condition"], "no-switchover", f"{where}: {found[0]['summary']}")
            self.assertEqual(found[-1]["cleared_by"], "recovered", where)
            interruptions[(found[0]["pair"], found[0]["trunk"])] += 1
        for key, n in self.faults.items():
            self.assertEqual(interruptions.pop(key, 0), n, f"{where}: {key}")
        self.assertEqual(interruptions, {}, f"{where}: nobody has seen these")
        return len(alerts)

    def judge_all(self):
        n = self.judge("file", self.transitions())
        self.judge("webhook", [json.loads(body) for _, body in self.server.got])
        for key, body in self.server.got:
            t = json.loads(body)
            self.assertEqual(key, f"{t['alert_id']}.{t['number']}")
        return n
