"""trunkwatch status and trunkwatch alerts, against the daemon as it runs."""
import http.server
import json
import os
import pty
import re
import socket
import subprocess
import threading
import time
import unittest

from ports import free_port
from support import PATIENCE, PE_A, PE_B, STRANGER, TRUNKWATCH, link, role, send, wait_for
from web import WebCase

TRAP = bytes.fromhex("302902010104067075626c6963a71c0201000201000201003011300f06082b060102010103004303000001")

# SNMPv3 messages: one without an engine ID, which asks for ours; one of an engine and of nobody.
ASK = bytes.fromhex("303e020103301102042b5f5a1d020300ffe30401040201030410300e0400020100020100040004000400301404000400a00e02043b2f7ad80201000201003000")
ASK_ENGINE = bytes.fromhex("3043020103301102042b5f5a1d020300ffe304010402010304153013040580000000010201000201000400"
                           "04000400301404000400a00e02043b2f7ad80201000201003000")


class Commands(WebCase):
    def command(self, *arguments, status=0):
        done = self.run_command(*arguments, "-c", self.path("trunkwatchd.yaml"))
        self.assertEqual(done.returncode, status, done.stderr)
        if status == 0:
            self.assertEqual(done.stderr, "")
        return done.stdout if status == 0 else done.stderr

    def table(self, text, first):
        """Rows of the table whose first column is called so."""
        lines = iter(text.splitlines())
        for line in lines:
            if line.startswith(first):
                break
        else:
            self.fail(f"no {first} in\n{text}")
        found = {}
        for line in lines:
            if line == "":
                break
            cells = re.split(r"  +", line.strip())
            found[cells[0]] = cells[1:]
        return found


class Status(Commands):
    def test_numbers_are_what_was_sent(self):
        self.configure("udp://127.0.0.1:%d\"]\n  snmp" % self.syslog, "udp://127.0.0.1:%d\", \"tcp://127.0.0.1:%d\"]\n  snmp" % (self.syslog, self.syslog))
        self.start()
        for _ in range(7):
            send(self.syslog, role("PE-A", "Master"), PE_A)
        for _ in range(3):
            send(self.syslog, role("PE-B", "Backup"), STRANGER)
        for community in (b"public", b"secret", b"secret"):
            send(self.snmp, TRAP.replace(b"public", community), PE_A)
        send(self.snmp, b"\x30\x03\x02\x01\x03", PE_A)
        with socket.create_connection(("127.0.0.1", self.syslog), source_address=(PE_B, 0)) as s:
            s.sendall(2 * (role("PE-B", "Backup") + "\n").encode())
            wait_for("all of it", lambda: self.metrics()["trunkwatch_core_received_total"] == 13)
            text = self.command("status")
        self.assertEqual(self.table(text, "SOURCE"), {f"syslog://127.0.0.1:{self.syslog}": ["10", "10", "0", "0", "-"],
                                                      f"syslog+tcp://127.0.0.1:{self.syslog}": ["2", "2", "0", "0", "1"],
                                                      f"snmp://127.0.0.1:{self.snmp}": ["4", "1", "3", "0", "-"]})
        devices = self.table(text, "DEVICE")
        self.assertEqual([devices["pe-a"][1:4], devices["pe-b"][1:3]], [["11", "7", "4"], ["2", "2"]])
        self.assertRegex(devices["pe-b"][0], r"^\d+ s ago$")
        self.assertEqual(self.table(text, "IGNORED FROM"), {STRANGER: ["3", "0", "0", "0", "0"],
                                                           PE_A: ["0", "2", "0", "0", "1"], "v3_malformed 1": []})
        self.assertIn(f"!  snmp://127.0.0.1:{self.snmp}: 2 dropped: other_community\n", text)
        self.assertIn(f"!  snmp://127.0.0.1:{self.snmp}: 1 dropped: v3_malformed\n", text)
        self.assertIn("!  2 addresses sent what was ignored, see below\n", text)
        self.assertNotIn("nothing is wrong", text)
        status = json.loads(self.command("status", "--json"))
        everybody = [*status["devices"], status["nobody"]]
        self.assertEqual(sum(one["received"] for one in everybody), sum(source["received"] for source in status["sources"]))
        self.assertEqual(status["nobody"]["dropped"], {"ignored_unknown_source": 3})
        self.assertEqual(everybody[0]["dropped"], {"malformed_trap": 1, "other_community": 2, "v3_malformed": 1})
        for source in [*status["sources"], *everybody]:
            self.assertEqual(source["received"], source["accepted"] + sum(source["dropped"].values()), source)

    def test_why_snmpv3_refused_it(self):
        """The most frequent reasons below the row, all with --all."""
        self.write("inventory.yaml", self.read("inventory.yaml").replace("  pe-a:\n", '  pe-a:\n    engine-id: "0x8000000001"\n'))
        self.start()
        other_model = ASK.replace(bytes.fromhex("040104020103"), bytes.fromhex("040104020102"))
        other_engine = ASK_ENGINE.replace(bytes.fromhex("8000000001"), bytes.fromhex("8000000002"))
        for datagram, n in ((b"\x30\x03\x02\x01\x03", 3), (other_model, 2), (other_engine, 2), (ASK_ENGINE, 1)):
            for _ in range(n):
                send(self.snmp, datagram, PE_A)
        wait_for("all of it", lambda: self.json("/api/v1/status")["sources"][1]["received"] == 8)
        self.assertIn(f"\n{PE_A}                  0                0            0    0       8\n"
                      "    v3_malformed 3, v3_model 2, v3_unknown_engine 2, … and 1 more: --all\n", self.command("status"))
        self.assertIn("\n    v3_malformed 3, v3_model 2, v3_unknown_engine 2, v3_unknown_user 1\n", self.command("status", "--all"))

    def test_discovery_is_no_trouble(self):
        """Every router asks so before its first inform."""
        self.start()
        for host, source in (("PE-A", PE_A), ("PE-B", PE_B)):
            send(self.syslog, role(host, "Backup"), source)
        send(self.snmp, ASK, PE_A)
        wait_for("it", lambda: self.json("/api/v1/status")["sources"][1]["dropped"].get("v3_discovery") == 1)
        self.wait_metric("trunkwatch_core_events_total", 2)
        text = self.command("status")
        self.assertIn("Nothing fires, and nothing is wrong.\n", text)
        self.assertNotIn("IGNORED FROM", text)
        self.assertEqual(self.table(text, "SOURCE")[f"snmp://127.0.0.1:{self.snmp}"], ["1", "0", "1", "0", "-"])

    def test_quiet(self):
        self.start()
        self.assertIn("!  2 devices never heard since the start: pe-a, pe-b\n", self.command("status"))
        for host, source in (("PE-A", PE_A), ("PE-B", PE_B)):
            send(self.syslog, role(host, "Backup"), source)
        self.wait_metric("trunkwatch_core_events_total", 2)
        self.assertIn("Nothing fires, and nothing is wrong.\n", self.command("status"))

    def test_a_wrong_clock(self):
        self.start()
        for _ in range(10):
            send(self.syslog, role("PE-A", "Master", time.time() - 7200), PE_A)
            send(self.syslog, role("PE-B", "Backup"), PE_B)
        self.wait_metric("trunkwatch_core_events_total", 20)
        pe_a, pe_b = self.json("/api/v1/status")["devices"]
        self.assertEqual((pe_a["clock"], pe_a["clock_doubtful"], pe_a["clock_samples"]), ("zone", True, 10))
        self.assertIn("off by a time zone", pe_a["clock_advice"])
        self.assertLess(abs(pe_a["skew_s"] + 7200), 60)
        self.assertEqual((pe_b["clock"], pe_b["clock_doubtful"], pe_b["clock_advice"]), ("fine", False, None))
        self.assertEqual([self.metrics()[f'trunkwatch_device_clock_doubtful{{device="{d}"}}'] for d in ("pe-a", "pe-b")], [1, 0])
        self.assertRegex(self.command("status"), r"\n!  pe-a: its stamps are off by a time zone: .* \(-7\d\d\d s\)\n")

    def test_what_is_wrong_comes_first(self):
        os.mkfifo(self.path("pipe"))
        self.configure("alerts.jsonl}", "alerts.jsonl}\n  - {type: file, path: pipe}")
        self.start()
        self.fault()
        self.wait_transition("raised", "no-switchover")
        wait_for("the output to fail", lambda: self.json("/api/v1/status")["outputs"][1]["failing"])
        lines = self.command("status").splitlines()
        self.assertRegex(lines[0], r"^trunkwatchd \S+, up \d+ s, devices: 2, pairs: 1, \S+/trunkwatchd.yaml$")
        self.assertEqual(lines[1], "!! firing: no-switchover, 1")
        self.assertRegex(lines[2], r"^!! output file:\S+/pipe can't be written: No such device or address; alert transitions that wait: 1$")

    def test_many_devices(self):
        more = "".join(f"  r{i}: {{addresses: [127.0.2.{i}]}}\n" for i in range(100))
        self.write("inventory.yaml", self.read("inventory.yaml").replace("pairs:\n", more + "pairs:\n"))
        self.start()
        text = self.command("status")
        self.assertIn("… and 82 that were heard later; all of them: --all\n", text)
        self.assertIn("102 devices never heard since the start: pe-a, pe-b, r0, r1, r2, …\n", text)
        self.assertNotIn("--all", self.command("status", "--all"))
        self.assertEqual(len([l for l in self.command("status", "--all").splitlines() if " never " in l]), 103)

    def test_json_is_what_the_daemon_says(self):
        self.start()
        said, shown = self.get("/api/v1/status"), self.command("status", "--json")
        # Numbers of the process and of HTTP have moved on.
        one, other = json.loads(said), json.loads(shown)
        for key in ("now", "http", "process"):
            del one[key], other[key]
        self.assertEqual(one, other)
        self.fault()
        self.wait_transition("raised", "no-switchover")
        self.assertEqual(self.command("alerts", "--json"), self.get("/api/v1/alerts?state=firing"))
        self.assertEqual(self.command("alerts", "--json", "--all"), self.get("/api/v1/alerts"))

    def test_colours_on_a_terminal_only(self):
        self.start()
        self.assertNotIn("\033", self.command("status"))
        for no_colour, want in (("", True), ("1", False)):
            master, slave = pty.openpty()
            process = subprocess.Popen([TRUNKWATCH, "status", "-c", self.path("trunkwatchd.yaml")], stdout=slave,
                                       env=self.environment(NO_COLOR=no_colour))
            os.close(slave)
            text = b""
            try:
                while piece := os.read(master, 65536):
                    text += piece
            except OSError:
                pass  # the other side is closed
            os.close(master)
            self.assertEqual(process.wait(timeout=PATIENCE), 0)
            self.assertEqual(b"\033[" in text, want)


class Alerts(Commands):
    def test_life(self):
        self.start()
        self.assertEqual(self.command("alerts"), "No alerts.\n")
        self.fault()
        raised = self.wait_transition("raised", "no-switchover")
        want = ["no-switchover", "metro-7", "pe-a", "Eth-Trunk10.100", raised["since"], "firing, " + raised["confidence"], raised["alert_id"]]
        text = self.command("alerts")
        self.assertEqual(self.table(text, "SEVERITY")["critical"], want)
        self.assertIn("    Traffic interruption, no switchover", text)
        self.assertEqual(self.json("/api/v1/alerts/" + raised["alert_id"]), raised)
        self.assertEqual(self.command("alerts", "--state", "resolved"), "No alerts.\n")
        send(self.syslog, link("PE-A", "Eth-Trunk10.200"), PE_A)
        updated = self.wait_transition("updated", "no-switchover")
        self.assertIn("Eth-Trunk10.100 and 1 more", self.command("alerts"))
        self.assertEqual(self.json("/api/v1/alerts")["alerts"], [updated])
        for sub in ("100", "200"):
            send(self.syslog, link("PE-A", "Eth-Trunk10." + sub, up=True), PE_A)
        cleared = self.wait_transition("cleared", "no-switchover")
        self.assertEqual(self.command("alerts"), "No alerts.\n")
        self.assertRegex(self.command("alerts", "--all"), r"recovered after \d+ s +" + cleared["alert_id"])
        self.assertEqual(self.json("/api/v1/alerts?state=resolved")["alerts"], [cleared])
        self.assertEqual(self.json("/api/v1/alerts?state=firing")["alerts"], [])

    def test_pairs(self):
        self.start()
        self.fault()
        self.wait_metric("trunkwatch_core_events_total", 3)
        pair, = self.json("/api/v1/pairs")["pairs"]
        self.assertEqual((pair["name"], pair["devices"]), ("metro-7", ["pe-a", "pe-b"]))
        e_trunk, = pair["e_trunks"]
        self.assertEqual((e_trunk["id"], [s["device"] for s in e_trunk["sides"]]), (1, ["pe-a", "pe-b"]))
        member, = e_trunk["members"]
        a, b = member["sides"]
        self.assertEqual((member["mode"], member["sub_interfaces"]), ("auto", 2))
        self.assertEqual([a[k] for k in ("device", "trunk", "role", "forwards", "main", "down_n")],
                         ["pe-a", "Eth-Trunk10", "master", "yes", "unknown", 1])
        self.assertEqual([b[k] for k in ("device", "trunk", "role", "forwards", "main", "down_n")],
                         ["pe-b", "Eth-Trunk20", "backup", "no", "unknown", 0])
        self.assertEqual([(d["name"], d["cause"]) for d in a["down"]], [("Eth-Trunk10.100", "own-fault")])

    def test_the_worst_first(self):
        self.start()
        self.fault()
        self.wait_transition("raised", "no-switchover")
        for _ in range(5):  # flapping, which is major, and began earlier than its alert
            for up in (False, True):
                send(self.syslog, link("PE-A", "Eth-Trunk10.200", up), PE_A)
        self.wait_transition("raised", "flapping")
        rows = [line.split()[:2] for line in self.command("alerts").splitlines()[1:] if not line.startswith(" ")]
        self.assertEqual(rows, [["critical", "no-switchover"], ["major", "flapping"]])
        self.assertIn("!! firing: flapping, 1\n", self.command("status"))


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *arguments):
        pass


class Unreachable(Commands):
    def test_nobody_there(self):
        for command in ("status", "alerts", "unknown"):
            error = self.command(command, status=2)
            self.assertIn(f"trunkwatch {command}: can't reach the daemon at 127.0.0.1 port {self.http}: nobody takes the connection\n", error)

    def test_nothing_is_served(self):
        self.configure(f'  http: "127.0.0.1:{self.http}"\n', "")
        self.assertIn("trunkwatchd.yaml has no listen.http", self.command("status", status=2))

    def test_configurations(self):
        self.start()
        # What else is wrong in it does not matter here.
        self.configure("inventory:", "colour: blue\ninventry:")
        self.command("alerts")
        self.configure("colour", "{colour")
        self.assertIn("trunkwatchd.yaml:", self.command("alerts", status=1))
        self.write("trunkwatchd.yaml", "listen: [http]\n")
        self.assertIn("has no listen.http", self.command("alerts", status=2))
        done = self.run_command("status", "-c", self.path("none.yaml"))
        self.assertEqual((done.returncode, "none.yaml: No such file" in done.stderr), (2, True), done.stderr)

    def test_url(self):
        self.start()
        for host in ("127.0.0.1", "localhost"):
            done = self.run_command("alerts", "--url", f"http://{host}:{self.http}/")
            self.assertEqual((done.returncode, done.stdout), (0, "No alerts.\n"), done.stderr)
        for url in ("https://127.0.0.1:1", "127.0.0.1:9116", "http://", "http://127.0.0.1/metrics", "http://[::1", "http://a?b", ""):
            done = self.run_command("alerts", "--url", url)
            self.assertEqual(done.returncode, 2, url)
            self.assertIn("expected http://HOST:PORT", done.stderr)
        self.assertEqual(self.run_command("alerts", "--state", "burning").returncode, 2)
        self.assertEqual(self.run_command("status", "more").returncode, 2)

    def test_somebody_else_there(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), Server)
        self.addCleanup(server.server_close)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)
        url = f"http://127.0.0.1:{server.server_port}"
        for status, body, want in [(200, b"<html>", "but not as a trunkwatchd"), (200, b"[]", "but not as a trunkwatchd"), (200, b"", "but not as"),
                                   (500, b'{"error":"\x1b[31mno"}', "answers 500"), (500, b'{"error":"n\\u001bo"}', r"answers 500 to /api/v1/status: n\x1bo")]:
            server.status, server.body = status, body
            done = self.run_command("status", "--url", url)
            self.assertEqual(done.returncode, 2)
            self.assertIn(want, done.stderr)
            self.assertNotIn("\x1b", done.stderr)
        # Of everything that is missing or of another type something is shown.
        for body in (b"{}", b'{"now":7,"sources":{},"devices":[null,1,{"name":"\\u001b[1m"}],"alerts":[],"outputs":[[]],"strangers":[{},2],"last_reload":1,'
                     b'"storm":{"put_aside":[1,{"of":"\\u001b[1m"}],"more":"x"},"engines":{"listed":[null,{"device":"\\u001b"}],"more":3},'
                     b'"pairs":[3,{"lossy":true,"lost":[1]}],"unknown":[null,{"count":"x","sample":"\\u001b[31m"}]}'):
            server.status, server.body = 200, body
            for command in ("status", "alerts", "unknown"):
                done = self.run_command(command, "--url", url)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotIn("\x1b", done.stdout)
        server.body = b'{"alerts":[null,{},{"transition":"cleared","sub_interfaces":[1,2],"summary":"a\\nb"},{"severity":"critical"}]}'
        done = self.run_command("alerts", "--url", url)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(done.stdout.splitlines()[1].startswith("critical"))
        self.assertIn(r"a\x0ab", done.stdout)


if __name__ == "__main__":
    unittest.main()
