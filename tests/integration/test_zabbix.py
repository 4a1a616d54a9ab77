"""Zabbix: its own proxy, as scripts/peers unpacks it, takes our values in place of a server: it has the same trapper. Its
configuration, which a server would send, stands in its database from the start."""
import glob
import gzip
import json
import os
import re
import signal
import socket
import sqlite3
import struct
import subprocess
import threading
import time
import unittest

from certificates import Authority
from ports import free_port
from support import PATIENCE, PE_A, PE_B, SOURCE, TRUNKWATCH, link, role, send, wait_for
from test_webhook import Outputs

PEERS = os.path.join(SOURCE, "build", "peers")
PROGRAM = os.path.join(PEERS, "usr/sbin/zabbix_proxy")
TRAPPER, UNSIGNED, TEXT = 2, 3, 4
OPEN, PSK, CERTIFICATE = 1, 2, 4  # what a host's data may come over
IDENTITY, KEY = "trunkwatch 1", "0123456789abcdef" * 4


class Proxy:
    """hosts: name -> (how its data may come, keys of its trapper items)"""

    def __init__(self, test, hosts, *, tls=()):
        self.test, self.process, self.port = test, None, free_port()
        os.mkdir(test.path("zabbix"))
        self.database = test.path("zabbix/proxy.db")
        with gzip.open(os.path.join(PEERS, "usr/share/zabbix-proxy-sqlite3/schema.sql.gz"), "rt") as f:
            schema = f.read()
        db = sqlite3.connect(self.database)
        db.executescript(f"PRAGMA synchronous=OFF; BEGIN; {schema}; COMMIT;")
        items = 0
        for n, (name, (accept, keys)) in enumerate(hosts.items(), start=100):
            secret = (IDENTITY, KEY) if accept & PSK else ("", "")
            db.execute("INSERT INTO hosts (hostid, host, name, tls_accept, tls_psk_identity, tls_psk) VALUES (?, ?, ?, ?, ?, ?)",
                       (n, name, name, accept, *secret))
            for key in keys:
                items += 1
                db.execute("INSERT INTO items (itemid, type, hostid, name, key_, value_type) VALUES (?, ?, ?, ?, ?, ?)",
                           (items, TRAPPER, n, key, key, UNSIGNED if key.endswith("alive") else TEXT))
                db.execute("INSERT INTO item_rtdata (itemid) VALUES (?)", (items,))
        db.commit()
        db.close()
        test.write("zabbix/proxy.conf", "\n".join([
            "ProxyMode=1", "Server=127.0.0.1", "Hostname=proxy", "ListenIP=127.0.0.1", f"ListenPort={self.port}", "LogType=console",
            f"DBName={self.database}", f"SocketDir={test.path('zabbix')}", f"PidFile={test.path('zabbix/pid')}", "AllowRoot=1",
            "StartPollers=1", "StartTrappers=2", "StartPingers=0", "StartDiscoverers=0", "StartHTTPPollers=0", "StartDBSyncers=1",
            "StartPreprocessors=1", "FpingLocation=/bin/true", *tls]) + "\n")
        test.addCleanup(self.stop)

    def start(self):
        environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(glob.glob(os.path.join(PEERS, "usr/lib/*-linux-gnu")))}
        with open(self.test.path("zabbix.log"), "a") as log:
            self.process = subprocess.Popen([PROGRAM, "-f", "-c", self.test.path("zabbix/proxy.conf")], env=environment, stdout=log,
                                            stderr=log, stdin=subprocess.DEVNULL)
        wait_for("a trapper of Zabbix", lambda: "[trapper #1]" in self.test.read("zabbix.log") or self.process.poll() is not None)
        self.test.assertIn("[trapper #1]", self.test.read("zabbix.log"))

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=PATIENCE)
            self.process = None

    def values(self, host, key="trunkwatch.state"):
        """(value, time), in order."""
        db = sqlite3.connect(self.database, timeout=PATIENCE)
        try:
            return db.execute("SELECT value, clock + ns / 1e9 FROM proxy_history JOIN items USING (itemid) JOIN hosts USING (hostid) "
                              "WHERE host = ? AND key_ = ? ORDER BY id", (host, key)).fetchall()
        finally:
            db.close()

    def states(self, host, key="trunkwatch.state"):
        return [json.loads(value) for value, _ in self.values(host, key)]

    def wait_state(self, host, key="trunkwatch.state", **want):
        def find():
            return [s for s in self.states(host, key) if {k: s[k] for k in want} == want]
        return wait_for(f"{host} {key} {want}: {self.states(host, key)}\n{self.test.log()}\n{self.test.read('zabbix.log')}", find)[-1]


@unittest.skipUnless(os.path.exists(PROGRAM), "no Zabbix here: scripts/peers brings it")
class Zabbix(Outputs):
    def test_what_arrives(self):
        zabbix = Proxy(self, {"metro-7": (OPEN, ["trunkwatch.state", "alerts[no-switchover]"]), "collector-1": (OPEN, ["trunkwatch.alive"]),
                              "locked": (PSK, ["trunkwatch.state"])})
        to = f"type: zabbix, server: 127.0.0.1, port: {zabbix.port}, ttl: 3s"
        self.outputs(f'{{{to}, name: main, alive: "collector-1!trunkwatch.alive"}}',
                     f'{{{to.replace("127.0.0.1", "localhost")}, name: each, item: "alerts[{{condition}}]"}}',
                     f'{{{to}, name: stranger, host: "{{device}}"}}', f"{{{to}, name: closed, host: locked}}")
        self.write("inventory.yaml", self.read("inventory.yaml").replace(
            "        members:\n", "        members:\n          - trunks: {pe-a: Eth-Trunk11, pe-b: Eth-Trunk21}\n"))
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml").replace("outputs:", f"control: {self.path('control')}\noutputs:"))
        # It is not there yet.
        self.start()
        self.fault()
        raised = self.wait_transition("raised", "no-switchover")
        self.wait_why("main", "Connection refused")
        zabbix.start()
        state = zabbix.wait_state("metro-7", level=4)
        self.assertEqual({k: v for k, v in state.items() if k != "text"},
                         {"level": 4, "open": 1, "sub_interfaces": 1, "summary": raised["summary"],
                          "conditions": {"no-switchover": {"level": 4, "open": 1, "summary": raised["summary"]}}})
        self.assertIn("display e-trunk 1", state["text"])
        self.assertLess(abs(zabbix.values("metro-7")[0][1] - time.time()), 60)
        zabbix.wait_state("metro-7", "alerts[no-switchover]", level=4)
        wait_for("a sign of life", lambda: zabbix.values("collector-1", "trunkwatch.alive")[-1:] and
                 zabbix.values("collector-1", "trunkwatch.alive")[-1][0] == "1")
        # What it does not know, or takes from others only, is told by name, and passed over.
        for name, host in (("stranger", "pe-a"), ("closed", "locked")):
            self.wait_log(f'were passed over output={name} why="Zabbix takes no value for item trunkwatch.state of host {host}: ')
        # Two alerts of one host: it is good again when both are over.
        for line, source in ((role("PE-A", "Master").replace("MemberId=10", "MemberId=11"), PE_A),
                             (role("PE-B", "Backup").replace("MemberId=20", "MemberId=21"), PE_B),
                             (link("PE-A", "Eth-Trunk11.7"), PE_A)):
            send(self.syslog, line, source)
        two = zabbix.wait_state("metro-7", level=4, open=2)
        self.assertEqual(two["conditions"], {"no-switchover": {"level": 4, "open": 2, "summary": raised["summary"]}})
        self.assertTrue(two["summary"].startswith("2 alerts; the worst: Traffic interruption, no switchover"), two)
        self.clear()
        zabbix.wait_state("metro-7", open=1, sub_interfaces=1)
        send(self.syslog, link("PE-A", "Eth-Trunk11.7", up=True), PE_A)
        good = zabbix.wait_state("metro-7", level=0, open=0, conditions={})
        self.assertIn("over (recovered)", good["text"])
        # What is good is sent again as well, and every value is newer than the one before.
        wait_for("repeats", lambda: len([s for s in zabbix.states("metro-7") if s["open"] == 0]) > 2)
        times = [at for _, at in zabbix.values("metro-7")]
        self.assertEqual(times, sorted(set(times)))
        done = subprocess.run([TRUNKWATCH, "test-output", "-c", self.path("trunkwatchd.yaml"), "stranger"], capture_output=True, text=True,
                              timeout=PATIENCE)
        self.assertIn("stranger: refused: Zabbix takes no value for item trunkwatch.state of host ", done.stderr)

    def test_over_tls(self):
        ca = Authority(self.folder)
        ours = ca.sign("ours", common="ours")
        server = ca.sign("server", common="server", alternatives="IP:127.0.0.1", kind=["rsa:2048"])  # it has no cipher for another
        self.write("key.psk", KEY + "\n")
        self.write("other.psk", KEY[::-1] + "\n")
        zabbix = Proxy(self, {"metro-7": (PSK | CERTIFICATE, ["trunkwatch.state", "by.psk", "by.certificate"])}, tls=[
            "TLSAccept=unencrypted,cert", f"TLSCAFile={ca.pem}", f"TLSCertFile={server[0]}", f"TLSKeyFile={server[1]}"])
        to = f"type: zabbix, server: 127.0.0.1, port: {zabbix.port}"
        psk = f'tls: psk, psk-identity: "{IDENTITY}"'
        self.outputs(f"{{{to}, name: psk, item: by.psk, {psk}, psk-file: key.psk}}", f"{{{to}, name: other, {psk}, psk-file: other.psk}}",
                     f"{{{to}, name: certificate, item: by.certificate, tls: certificate, ca-file: {ca.pem}, certificate: {ours[0]}, key: {ours[1]}}}",
                     f"{{{to}, name: unsigned, tls: certificate, certificate: {ours[0]}, key: {ours[1]}}}", f"{{{to}, name: open}}")
        zabbix.start()
        self.start()
        self.fault()
        zabbix.wait_state("metro-7", "by.psk", level=4)
        zabbix.wait_state("metro-7", "by.certificate", level=4)
        self.wait_why("other", "TLS: ")
        self.wait_why("unsigned", "TLS: ")
        self.assertRegex(self.log(), 'output=unsigned why="TLS: [^"]*certificate')
        self.wait_log("were passed over output=open ")
        self.assertEqual(zabbix.values("metro-7"), [])
        for secret in (KEY, KEY[::-1]):
            self.assertNotIn(secret, self.log())


class Answers(Outputs):
    def receiver(self, answer):
        """One that reads, and answers like this; answer None: never."""
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        held = []
        self.addCleanup(lambda: [s.close() for s in held])

        def serve():
            while True:
                try:
                    connection, _ = server.accept()
                    held.append(connection)
                    connection.settimeout(PATIENCE)
                    connection.recv(65536)
                    if answer is not None:
                        connection.sendall(answer)
                        connection.shutdown(socket.SHUT_RDWR)
                        held.remove(connection)
                        connection.close()
                except OSError:
                    return
        threading.Thread(target=serve, daemon=True).start()
        return server.getsockname()[1]

    def test_receivers_that_fail(self):
        def message(text, flags=1, length=None):
            return b"ZBXD" + bytes([flags]) + struct.pack("<II", len(text) if length is None else length, 0) + text.encode()
        answers = {"never": (None, "no answer in time"), "nothing": (b"", "the other side closed the connection without an answer"),
                   "half": (message('{"response"', length=50), "the other side closed the connection without an answer"),
                   "web": (b"HTTP/1.1 400 Bad Request\r\n\r\n", "the answer is not Zabbix'"),
                   "packed": (message("xyz", flags=3), "the answer is compressed"), "long": (message("", length=1 << 30), "the answer is too long"),
                   "text": (message("hello"), "the answer is no JSON"), "no": (message('{"response":"failed","info":"go away"}'), "Zabbix says: go away"),
                   "other": (message('{"response":"success","info":"processed: 7; failed: 0"}'), "the answer does not say")}
        self.outputs(*[f"{{type: zabbix, name: {name}, server: 127.0.0.1, port: {self.receiver(answer)}, timeout: 1s}}"
                       for name, (answer, _) in answers.items()])
        self.start()
        self.fault()
        self.wait_transition("raised", "no-switchover")
        for name, (_, why) in answers.items():
            self.wait_why(name, why)

    def test_settings_that_can_not_work(self):
        self.write("short.psk", "abcd\n")
        to = "server: 127.0.0.1"
        self.assert_wrong("zabbix", (f'{to}, host: "{{nobody}}"', "host: expected {pair}"), (f"{to}, alive: trunkwatch", "alive: expected HOST!"),
                          (f"{to}, tls: psk, psk-identity: x", "tls: psk, psk-identity and psk-file belong together"),
                          (f"{to}, tls: psk, psk-identity: x, psk-file: short.psk", "the key has to have 32 to 512 hexadecimal digits"),
                          (f"{to}, ca-file: inventory.yaml", "ca-file, certificate and key belong to tls: certificate"),
                          ('server: ""', "expected the name or the address of a host"))


class Template(unittest.TestCase):
    def test_every_condition_has_its_items_and_trigger(self):
        priorities = {"critical": "HIGH", "major": "AVERAGE", "minor": "WARNING", "warning": "INFO"}
        with open(os.path.join(SOURCE, "etc/zabbix/trunkwatch.yaml")) as f:
            text = f.read()
        # uuid to uuid: one item, with its triggers one after the other.
        blocks = re.split(r"\n *- uuid: ", text)
        uuids = [b.split("\n")[0] for b in blocks[1:]]
        self.assertEqual(len(uuids), len(set(uuids)))
        for u in uuids:
            self.assertRegex(u, "^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$")
        shipped = re.search(r"value: \^\((.*)\)\$", text).group(1).split("|")
        names = [os.path.basename(path)[:-5] for path in glob.glob(os.path.join(SOURCE, "rules/conditions/*.yaml"))]
        self.assertEqual(sorted(shipped), sorted(names))
        self.assertGreater(len(names), 5)
        for name in names:
            with open(os.path.join(SOURCE, f"rules/conditions/{name}.yaml")) as f:
                severities = set(re.findall(r"critical|major|minor|warning", re.search(r"^severity:(.*?)^\w", f.read(), re.M | re.S).group(1)))
            triggers = [b for b in blocks if f"expression: 'last(/trunkwatch pair/trunkwatch.level[{name}])" in b]
            self.assertEqual({re.search(r"priority: (\w+)", t).group(1) for t in triggers}, {priorities[s] for s in severities}, name)
            for part in ("level", "summary"):
                item = [b for b in blocks if f"\n          key: trunkwatch.{part}[{name}]\n" in b]
                self.assertEqual(len(item), 1, name)
                self.assertIn(f"$.conditions[''{name}''].{part}'\n", item[0])


if __name__ == "__main__":
    unittest.main()
