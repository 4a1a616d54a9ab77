"""Real relays in front of the daemon: rsyslog and syslog-ng, as scripts/peers unpacks them, else the host's own."""
import glob
import os
import shutil
import socket
import subprocess
import unittest

from ports import free_port
from support import PATIENCE, PE_A, PE_B, SOURCE, link, role, wait_for
from tls import Tls

PEERS = os.path.join(SOURCE, "build", "peers")
LIBRARIES = [os.path.join(PEERS, "usr/lib/syslog-ng"), *glob.glob(os.path.join(PEERS, "usr/lib/*-linux-gnu"))]
RELAY = "127.0.0.1"  # where its own connections come from: in the inventory's relays
LISTEN = "127.0.4.1"


def program(name):
    unpacked = os.path.join(PEERS, "usr/sbin", name)
    return unpacked if os.path.exists(unpacked) else shutil.which(name)


def modules(pattern):
    """The folder of a peer's modules."""
    found = glob.glob(os.path.join(PEERS, "usr/lib", pattern)) or glob.glob(os.path.join("/usr/lib", pattern))
    return found[0] if found else ""


class Relayed(Tls):
    """A daemon, and a relay that forwards to it. Routers send to the relay by UDP and TCP."""

    def setUp(self):
        super().setUp()
        self.tcp, self.entry = free_port(), free_port()
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml").replace(
            f'"tls://127.0.0.1:{self.port}"', f'"tls://127.0.0.1:{self.port}", "tcp://127.0.0.1:{self.tcp}"'))
        self.relay_certificate = self.ca.sign("relay", alternatives="DNS:relay.example", usage="clientAuth")

    def start_relay(self, *command):
        environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(LIBRARIES)}
        for preloaded in ("LD_PRELOAD", "NOTIFY_SOCKET"):
            environment.pop(preloaded, None)
        with open(self.path("relay.log"), "w") as log:
            relay = subprocess.Popen(command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.addCleanup(self.end_relay, relay)
        def listens():
            self.assertIsNone(relay.poll(), self.read("relay.log"))
            ours = f":{self.entry:04X} "
            return ours in self.read("/proc/net/udp") and ours in self.read("/proc/net/tcp")
        wait_for(f"a relay:\n{self.read('relay.log')}", listens)

    def end_relay(self, relay):
        relay.terminate()
        try:
            relay.wait(timeout=PATIENCE)
        finally:
            if relay.poll() is None:
                relay.kill()
                relay.wait()

    def say(self, line, source, tcp):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) as s:
            s.settimeout(PATIENCE)
            s.bind((source, 0))
            s.connect((LISTEN, self.entry))
            s.sendall(line.encode() + (b"\n" if tcp else b""))

    def assert_raised(self, kind):
        """A fault behind the relay; what the routers said of their roles came through too, else it would be a guess."""
        messages = ((role("PE-A", "Master"), PE_A), (role("PE-B", "Backup"), PE_B), (link("PE-A", "Eth-Trunk10.100"), PE_A))
        for i, (line, source) in enumerate(messages):
            self.say(line, source, tcp=i % 2 == 1)
        alert = self.wait_transition("raised", "no-switchover")
        self.assertEqual((alert["device"], alert["sub_interfaces"], alert["confidence"]), ("pe-a", ["Eth-Trunk10.100"], "confirmed"))
        counters = self.counters()
        self.assertEqual((counters["events"], counters["malformed_log"], counters["ignored_unknown_host"]), (3, 0, 0))
        if kind != "syslog":
            found = self.socket_counters(kind)
            self.assertEqual((found["framing_errors"], found["refused_source"]), (0, 0))


def skip_without(name):
    return unittest.skipUnless(program(name), f"{name} is not here: scripts/peers brings it")
