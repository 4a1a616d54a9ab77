"""Kills the daemon at random moments while interfaces fail, and compares what arrived with what happened.

Routers tell of faults by informs, again and again until they are answered: so what was answered must not be lost. Or by syslog
to a relay, which sends it on over TCP, and again what the connection did not outlive by a second. Receivers are a file, a
webhook, and Debian's snmptrapd that is told by informs, authenticated and encrypted; the last two fail at times, and the disk is slow.
Each fault is longer than the hold: it must become one alert, raised and cleared, everywhere, under one id; what comes twice must
be the same to the letter.
"""
import collections
import http.server
import json
import os
import random
import select
import signal
import socket
import sys
import threading
import time

from ports import free_port
from support import PATIENCE, RULES, SOURCE, TEST_DISK, link, role, send, wait_for
from test_snmp_out import ENGINE, SNMPTRAPD, V3, Trapd
from usm import AUTH, PRIV
from web import WebCase

sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
from make_pcap import trap  # noqa: E402

PAIRS, TRUNKS, HOLD = 6, 4, 0.5
SETTLED_S = 1   # a connection that lives so long after a message has brought it
SLOW_MS = 100   # a disk that is so slow holds up an alert, and does not let one go unsafe


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
    return "\n".join(devices + pairs) + "\nrelays: [127.0.0.1]\n"


class Receiver(http.server.BaseHTTPRequestHandler):
    """A webhook that remembers; at times it is in trouble, before or after."""

    def do_POST(self):
        body, trouble = self.rfile.read(int(self.headers["Content-Length"])), self.server.trouble
        if trouble == "busy":
            self.send_error(503)
            return
        self.server.got.append((self.headers["Idempotency-Key"], body))
        if trouble == "breaks off":
            return
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


class Router(threading.Thread):
    """The sub-interface of one Eth-Trunk, which fails and recovers, again and again."""
    least = 0
    lull = 0  # at least so long it goes well between two kills

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

    def tell(self, up):
        self.inform("link-up" if up else "link-down")

    def run(self):
        try:
            while not self.campaign.ends.is_set():
                time.sleep(self.least + self.random.uniform(0.2, 1.5))
                self.tell(up=False)
                self.faults += 1
                time.sleep(self.least + HOLD + self.random.uniform(0.5, 2))
                self.tell(up=True)
        except Exception as e:  # told by the main thread
            self.trouble = e
        finally:
            self.socket.close()


class LoggingRouter(Router):
    """By syslog. Its stamps have whole seconds: nothing happens twice in one."""
    least = 1
    lull = SETTLED_S + 0.2

    def tell(self, up):
        self.campaign.relay.send(link(f"R{self.pair}-0", f"Eth-Trunk{self.trunk}.100", up=up))


class Relay(threading.Thread):
    """One connection to the daemon. When it breaks off, what was sent just before goes again over the next: nobody has said that it arrived."""

    def __init__(self, campaign):
        super().__init__(daemon=True)
        self.campaign, self.lock, self.socket, self.trouble = campaign, threading.Lock(), None, None
        self.sent, self.connections, self.ends = [], 0, threading.Event()

    def send(self, line):
        with self.lock:
            self.sent.append((time.monotonic(), line.encode() + b"\n"))
            self.pass_on(self.sent[-1:])

    def pass_on(self, messages):
        try:
            for _, message in messages:
                if self.socket:
                    self.socket.sendall(message)
        except OSError:
            self.hang_up()

    def hang_up(self):
        self.socket.close()
        self.socket = None

    def connect(self):
        try:
            self.socket = socket.create_connection(("127.0.0.1", self.campaign.tcp), timeout=PATIENCE)
        except OSError:
            return
        self.connections += 1
        self.sent = [(time.monotonic(), message) for _, message in self.sent]
        self.pass_on(self.sent)

    def is_broken(self):
        return bool(select.select([self.socket], [], [], 0)[0])  # nobody has anything to say to a relay but good-bye

    def run(self):
        while not self.ends.wait(0.02):
            with self.lock:
                if self.socket and self.is_broken():
                    self.hang_up()
                if not self.socket:
                    self.connect()
                    continue
                settled = time.monotonic() - SETTLED_S
                self.sent = [m for m in self.sent if m[0] > settled]


class Trouble(threading.Thread):
    """Of receivers and disk: one of them is away or slow for a while, then the next."""

    def __init__(self, campaign):
        super().__init__(daemon=True)
        self.campaign, self.random, self.count, self.trouble = campaign, random.Random(campaign.seed + 1), 0, None

    def run(self):
        c = self.campaign
        try:
            while not c.ends.wait(self.random.uniform(0.5, 2)):
                kind = self.random.choice(["busy", "breaks off", "trapd", "disk"])
                c.server.trouble = kind
                c.write("disk", str(SLOW_MS if kind == "disk" else 0))
                if kind == "trapd":
                    c.trapd.stop()
                c.ends.wait(self.random.uniform(0.1, 1.5))
                c.server.trouble = None
                c.write("disk", "0")
                if kind == "trapd":
                    c.trapd.start()
                self.count += 1
        except Exception as e:  # told by the main thread
            self.trouble = e


class Campaign(WebCase):
    seed = 1

    def setUp(self):
        super().setUp()
        self.tcp = free_port()
        self.write("disk", "0")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self.server.got, self.server.trouble = [], None
        self.trapd = Trapd(self, "trapd")
        for name, text in (("auth", AUTH), ("priv", PRIV)):
            self.write(name, text + "\n")
            os.chmod(self.path(name), 0o600)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.write("inventory.yaml", inventory())
        self.write("trunkwatchd.yaml", f"""inventory: inventory.yaml
rules: {RULES}
state: state
listen:
  syslog: ["udp://127.0.0.1:{self.syslog}", "tcp://127.0.0.1:{self.tcp}"]
  snmp: ["udp://127.0.0.1:{self.snmp}"]
  http: "127.0.0.1:{self.http}"
conditions:
  no-switchover: {{hold: {int(HOLD * 1000)}ms}}
outputs:
  - {{type: file, path: alerts.jsonl}}
  - {{type: webhook, url: "http://127.0.0.1:{self.server.server_port}/"}}
  - {{type: snmp, {self.trapd.to}, {V3}, timeout: 1s}}
snmp: {{engine-id: "{ENGINE}"}}
""")
        self.ends = threading.Event()

    def start(self):
        super().start(environment=self.preloading(TEST_DISK, TEST_DISK_FILE=self.path("disk")))

    def roles(self):
        for p in range(PAIRS):
            for side, state in ((0, "Master"), (1, "Backup")):
                for t in range(1, TRUNKS + 1):
                    line = role(f"R{p}-{side}", state).replace("MemberId=20", f"MemberId={t}")
                    send(self.syslog, line, address(p, side))
        wait_for("roles are kept", lambda: self.json("/api/v1/status")["store"]["records"] >= 2 * PAIRS * TRUNKS)
        time.sleep(0.5)

    def run_campaign(self, kills, kind=Router):
        chance = random.Random(self.seed)
        self.began = time.time()
        self.start()
        self.roles()
        self.relay = Relay(self)
        routers = [kind(self, p, t) for p in range(PAIRS) for t in range(1, TRUNKS + 1)]
        trouble = Trouble(self)
        for r in [self.relay, *routers, trouble]:
            r.start()
        for n in range(kills):
            time.sleep(kind.lull + chance.choice([0.01, 0.05, 0.1, 0.3, 0.7, 1.5]) * chance.random())
            self.daemon.kill()
            self.daemon.wait(timeout=PATIENCE)
            self.told.clear()
            self.start()
            if sys.stderr.isatty():
                print(f"\r{n + 1} of {kills} ", end="", file=sys.stderr)
        self.ends.set()
        for r in [*routers, trouble]:
            r.join(2 * PATIENCE)
            self.assertIsNone(r.trouble, self.log()[-3000:])
        self.failures = trouble.count
        self.faults = {(f"pair-{r.pair}", f"Eth-Trunk{r.trunk}"): r.faults for r in routers}
        self.wait_arrived()
        self.relay.ends.set()
        self.assertEqual(self.stop(), 0)

    def wait_arrived(self):
        """Everything is over, in the file; the others have what the file has."""
        def over():
            return {t["alert_id"] for t in self.transitions() if t["transition"] == "cleared"}
        wait_for("the end of every alert", lambda: len(over()) >= sum(self.faults.values()), 2 * PATIENCE)
        time.sleep(HOLD + 1)  # nor does anything begin
        self.daemon.send_signal(signal.SIGHUP)  # no output waits for the end of a pause
        want = {(t["alert_id"], t["number"]) for t in self.transitions()}
        for name, got in (("webhook", self.hooked), ("informs", self.informed)):
            wait_for(f"{name}: {len(want)} transitions",
                     lambda got=got: want <= {(t["alert_id"], t["number"]) for t in got()}, 2 * PATIENCE)

    def transitions(self, name="alerts.jsonl"):
        """Without the lines that a kill has cut off: these are written again."""
        found, self.torn = [], 0
        for line in self.read(name).split("\n")[:-1]:
            try:
                found.append(json.loads(line))
            except json.JSONDecodeError:
                self.torn += 1
        return found

    def hooked(self):
        return [json.loads(body) for _, body in list(self.server.got)]

    def informed(self):
        """What snmptrapd has written, with our names for it."""
        mib = "TRUNKWATCH-MIB::trunkwatch"
        names = {"alert_id": "AlertId", "condition": "AlertCondition", "pair": "Pair", "device": "Device", "trunk": "Trunk",
                 "cleared_by": "ClearedBy", "summary": "Summary", "time": "AlertTime"}
        return [{"number": int(r[mib + "AlertNumber"]),
                 "transition": r["SNMPv2-MIB::snmpTrapOID"].removeprefix(mib + "Alert").lower(),
                 **{ours: r[mib + theirs] for ours, theirs in names.items()}} for r in self.trapd.received()]

    def judge(self, where, got):
        """got: transitions as they arrived."""
        by_number, alerts, repeats = {}, collections.defaultdict(list), 0
        for t in got:
            key = (t["alert_id"], t["number"])
            repeats += key in by_number
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
        self.repeats[where] = repeats
        return {key: (t["transition"], t["pair"], t["trunk"]) for key, t in by_number.items()}

    def judge_all(self):
        """How many alerts there were."""
        self.repeats = {}
        said = self.judge("file", self.transitions())
        self.assertEqual(self.judge("webhook", self.hooked()), said)
        self.assertEqual(self.judge("informs", self.informed()), said)
        for key, body in self.server.got:
            t = json.loads(body)
            self.assertEqual(key, f"{t['alert_id']}.{t['number']}")
        return len({alert for alert, _ in said})
