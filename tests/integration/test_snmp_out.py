"""Alerts as SNMP notifications, received by Debian's snmptrapd with our MIB."""
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import unittest

from ports import free_port
from support import Case, PATIENCE, PE_A, SOURCE, link, send, wait_for
from usm import AUTH, PRIV

ENGINE = "0x8000000005aabbccddeeff"
SNMPTRAPD = shutil.which("snmptrapd", path=os.environ.get("PATH", "") + ":/usr/sbin")
AGAIN = "output: can't be written, will be tried again output={} why=\"{}"
V3 = "version: 3, user: noc, auth-passphrase-file: auth, priv-passphrase-file: priv"
V2C = "version: 2c, community-file: community"


class Trapd:
    """snmptrapd with a folder of its own, where it keeps its boots."""

    def __init__(self, case, name, start=True, auth=AUTH):
        self.case, self.name, self.port, self.process = case, name, free_port(), None
        self.folder, self.log = case.path(name), case.path(name + ".log")
        os.mkdir(self.folder)
        case.write(name + ".conf", "".join(line + "\n" for line in [
            f"createUser -e {ENGINE} noc SHA-256 {auth} AES {PRIV}", f"createUser noc SHA-256 {auth} AES {PRIV}",
            "authUser log noc priv", "authCommunity log s3cret", "doNotRetainNotificationLogs yes"]))
        if start:
            self.start()

    @property
    def to(self):
        return f'to: ["udp://127.0.0.1:{self.port}"]'

    def start(self):
        peer = os.environ | {"SNMPCONFPATH": self.folder, "SNMP_PERSISTENT_DIR": self.folder}
        before = self.case.read(self.name + ".log").count("NET-SNMP version")
        self.process = subprocess.Popen([SNMPTRAPD, "-f", "-C", "-c", self.case.path(self.name + ".conf"), "-A", "-Lf", self.log,
                                         "-M", f"{SOURCE}/mibs", "-m", "TRUNKWATCH-MIB:SNMPv2-MIB",
                                         f"udp:127.0.0.1:{self.port}"],
                                        env=peer, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.case.addCleanup(self.stop)
        wait_for(f"{self.name} listens", lambda: self.text().count("NET-SNMP version") > before)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=PATIENCE)

    def text(self):
        return self.case.read(self.name + ".log")

    def received(self):
        """Notifications in order: name of the object -> value as printed."""
        records = re.split(r"^\d{4}-\d\d-\d\d .*\]:$", self.text(), flags=re.M)[1:]
        return [dict(re.findall(r"([\w-]+::\w+)\.0 = (?:[\w ]+: )?(.*?)(?=\t|\n?\Z)", r.strip("\n"), re.S)) for r in records
                if "trunkwatchDuration.0 = " in r]

    def wait(self, n):
        return wait_for(f"{n} notifications at {self.name}: {self.text()}; log:\n{self.case.log()}",
                        lambda: self.received() if len(self.received()) >= n else None)


@unittest.skipUnless(SNMPTRAPD, "snmptrapd is not installed")
class SnmpOut(Case):
    def setUp(self):
        super().setUp()
        for name, text in {"auth": AUTH, "priv": PRIV, "wrong": "not-the-passphrase", "community": "s3cret"}.items():
            self.write(name, text + "\n")
            os.chmod(self.path(name), 0o600)

    def outputs(self, *rows):
        text = self.read("trunkwatchd.yaml").replace("hold: 1s", "hold: 100ms")
        self.write("trunkwatchd.yaml", text + "".join(f"  - {{type: snmp, {row}}}\n" for row in rows) +
                   f'snmp:\n  engine-id: "{ENGINE}"\nstate: kept\n')

    def down_and_up(self, count):
        self.fault()
        raised = self.wait_transition("raised", "no-switchover", count=count)
        time.sleep(0.2)
        send(self.syslog, link("PE-A", "Eth-Trunk10.100", up=True), PE_A)
        return raised, self.wait_transition("cleared", "no-switchover", count=count)

    def test_what_arrives(self):
        kinds = {"v2c-trap": f"{V2C}, kind: trap", "v2c-inform": V2C, "v3-trap": f"{V3}, kind: trap", "v3-inform": V3}
        peers = {name: Trapd(self, name) for name in kinds}
        self.outputs(*[f"name: {name}, {peers[name].to}, {row}" for name, row in kinds.items()])
        self.start()
        raised, cleared = self.down_and_up(1)
        for name, peer in peers.items():
            got = peer.wait(2)
            self.assertEqual(len(got), 2, name)
            for row, kind, t, severity in [(got[0], "Raised", raised, "critical(3)"), (got[1], "Cleared", cleared, "cleared(1)")]:
                want = {"SNMPv2-MIB::snmpTrapOID": f"TRUNKWATCH-MIB::trunkwatchAlert{kind}"}
                want |= {f"TRUNKWATCH-MIB::trunkwatch{k}": v for k, v in {
                    "AlertId": t["alert_id"], "AlertCondition": "no-switchover", "PerceivedSeverity": severity,
                    "AlertSeverity": "critical(3)", "EventType": "communicationsAlarm(2)", "EventTypeName": "communicationsAlarm",
                    "ProbableCause": "81", "ProbableCauseName": "protectionMechanismFailure", "BackedUpStatus": "false(2)",
                    "BackUpObject": "pe-b", "Pair": "metro-7", "Device": "pe-a", "Peer": "pe-b", "ETrunk": "1",
                    "Trunk": "Eth-Trunk10", "SubInterfaces": "Eth-Trunk10.100", "SubInterfaceCount": "1", "Services": "arp",
                    "SwitchoverWouldHelp": {"yes": "yes(2)", "no": "no(1)", "unknown": "unknown(3)"}[t["switchover_would_help"]],
                    "Confidence": "confirmed(2)", "MessagesLost": "false(2)", "Summary": t["summary"],
                    "ClearedBy": t.get("cleared_by") or ""}.items()}
                self.assertEqual({k: row.get(k) for k in want}, want, name)
                date = t["time"][:10].split("-")
                self.assertTrue(row["TRUNKWATCH-MIB::trunkwatchAlertTime"].startswith("-".join(str(int(x)) for x in date) + ","), row)
        for secret in ("s3cret", AUTH, PRIV):
            self.assertNotIn(secret, self.log())

    def test_receivers_that_fail(self):
        peers = {name: Trapd(self, name) for name in ("v3", "v2c")}
        late, other = Trapd(self, "late", start=False), Trapd(self, "other", auth="another-passphrase")
        hostile = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(hostile.close)
        hostile.bind(("127.0.0.1", 0))
        self.outputs(f"name: v3, {peers['v3'].to}, {V3}, timeout: 1s", f"name: v2c, {peers['v2c'].to}, {V2C}, timeout: 1s",
                     f"name: late, {late.to}, {V3}, timeout: 1s", f"name: other, {other.to}, {V3}, timeout: 1s",
                     f"name: key, {peers['v2c'].to}, {V3.replace(': auth', ': wrong')}, timeout: 1s",
                     f'name: silent, to: ["udp://127.0.0.1:{hostile.getsockname()[1]}"], {V3}, timeout: 1s',
                     f'name: nowhere, to: ["udp://no-such-host.invalid:162"], {V2C}, timeout: 1s')
        self.start()
        self.down_and_up(1)
        for peer in peers.values():
            peer.wait(2)
            peer.stop()
        self.down_and_up(2)  # nobody is there
        for name in ("v3", "v2c", "late"):
            self.wait_log(AGAIN.format(name, "nobody listens there"))
        self.wait_log(AGAIN.format("other", "the receiver says the digest is wrong: another auth or passphrase"))
        self.wait_log(AGAIN.format("key", "the receiver says the digest is wrong: another auth or passphrase"))
        self.wait_log(AGAIN.format("silent", "no answer within 1 s"))
        self.wait_log("output=nowhere why=")
        for peer in (*peers.values(), late):
            peer.start()  # the two with other boots
        self.daemon.send_signal(signal.SIGHUP)
        want = [t["alert_id"] + t["transition"] for t in self.transitions()]
        for peer in (*peers.values(), late):
            got = [r["TRUNKWATCH-MIB::trunkwatchAlertId"] + r["SNMPv2-MIB::snmpTrapOID"].rsplit("Alert", 1)[1].lower()
                   for r in peer.wait(len(want))]
            self.assertEqual(list(dict.fromkeys(got)), want, peer.name)
        self.assertEqual(other.received(), [])

    def test_settings_that_can_not_work(self):
        self.write("short", "short\n")
        for row, why in [(f'to: ["127.0.0.1:162"], {V2C}', "expected udp://HOST:PORT"),
                         (f'to: ["udp://127.0.0.1:0"], {V2C}', "expected udp://HOST:PORT"),
                         ('to: ["udp://127.0.0.1:162"], version: 2c', "version 2c wants a community-file"),
                         ('to: ["udp://127.0.0.1:162"], version: 3', "version 3 wants a user"),
                         ('to: ["udp://127.0.0.1:162"], version: 3, user: a, auth-passphrase-file: auth', "authPriv wants both"),
                         (f'to: ["udp://127.0.0.1:162"], {V3.replace(": auth", ": short")}', "at least 8 bytes"),
                         (f'to: ["udp://127.0.0.1:162"], {V3}, community-file: community', "is of version 2c")]:
            self.write("one.yaml", self.read("trunkwatchd.yaml") + f"  - {{type: snmp, {row}}}\n")
            done = subprocess.run([os.environ["TRUNKWATCHD"], "-c", self.path("one.yaml"), "--check"], capture_output=True, text=True,
                                  timeout=PATIENCE)
            self.assertEqual(done.returncode, 1, row)
            self.assertIn(why, done.stderr, row)


if __name__ == "__main__":
    unittest.main()
