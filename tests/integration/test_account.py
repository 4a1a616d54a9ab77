"""Everything that arrived is accounted for, exactly: per socket, kernel drops included, and per device."""
import os
import shutil
import signal
import socket
import unittest

from ports import free_port
from support import PE_A, PE_B, STRANGER, link, role, stamp, wait_for
from usm import AUTH, ENGINE_C, NOC, OTHER, Usm
from web import WebCase

RELAY = "127.0.0.1"
DROPPED = ("ignored_unknown_source", "ignored_unknown_host", "ignored_elsewhere", "ignored_unnamed_if_index", "ignored_limit",
           "malformed_not_vrp", "malformed_log", "malformed_trap", "malformed_fields", "malformed_pattern_limit")
# Before the core: the socket says the same of all who sent there.
UNFED = ("other_community", "unfinished", "shed_", "v3_")
# Without the right to ask for more than a socket was given.
SETPRIV = shutil.which("setpriv")
HUMBLE = [SETPRIV, "--bounding-set=-net_admin"] if os.geteuid() == 0 else []


SO_RCVBUFFORCE = 33  # asm-generic/socket.h; Python has no name for it


def unknown(host, number):
    return f"<190>{stamp()} {host} %%01TEST{number % 7}/6/NOTHING(l):CID=0x1;Nothing that a rule knows. (number={number})"


def elsewhere(host):
    return link(host, "Eth-Trunk99.1")


class Accounts(WebCase):
    def setUp(self):
        super().setUp()
        self.sent = {"syslog": 0, "snmp": 0}
        self.by = {}

    def begin(self, room=None):
        """With sockets that hold `room` bytes."""
        self.sockets = []
        for port in (self.syslog, self.snmp):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.addCleanup(s.close)
            if room:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
                if s.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) < 2 * room and os.geteuid() == 0:
                    s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, room)
            s.bind(("127.0.0.1", port))
            self.room = s.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
            self.sockets.append(s)
        self.start_with("syslog:snmp", self.sockets, before=HUMBLE)
        self.wait_told("READY=1")
        for s in self.sockets:
            s.close()

    def give(self, source, payloads, kind="syslog"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind((source, 0))
            for payload in payloads:
                s.sendto(payload if isinstance(payload, bytes) else payload.encode(),
                         ("127.0.0.1", self.syslog if kind == "syslog" else self.snmp))
                self.sent[kind] += 1
                self.by[source] = self.by.get(source, 0) + 1

    def storm(self, rounds):
        """Of each kind of message there is, from devices, strangers and a relay."""
        for i in range(rounds):
            self.give(PE_A, [role("PE-A", "Master"), unknown("PE-A", i), elsewhere("PE-A"), "no tag at all", "%%01BROKEN"])
            self.give(PE_B, [role("PE-B", "Backup"), unknown("PE-B", i), link("PE-B", "Eth-Trunk20.100"),
                             f"<186>{stamp()} PE-B %%01IFNET/2/linkDown_active(l):CID=1;no fields"])
            self.give(STRANGER, [role("PE-A", "Backup"), "garbage"])
            self.give(RELAY, [unknown("PE-A", i), unknown("NOBODY", i), "no tag at all"])
            self.give(PE_A, [b"\x30\x03\x02\x01\x00", b"\x30\x84\xff", b"\x30\x03\x02\x01\x03"], kind="snmp")

    def same_over_http(self, kind, logged):
        """What the status page and the metrics say of a socket. Asked too often, they say again what they said last."""
        def through():
            return next((s for s in self.json("/api/v1/status")["sources"]
                         if s["name"].startswith(f"{kind}://") and s["received"] == logged["arrived"]), None)
        shown = wait_for(f"the status of {kind}", through)
        dropped = shown["dropped"]
        self.assertEqual(shown["received"], shown["accepted"] + sum(dropped.values()), shown)
        self.assertEqual((shown["received"], shown["accepted"], dropped["kernel"]),
                         (logged["arrived"], logged["fed"], logged["kernel_drops"]))
        for reason in dropped:
            if reason.startswith(("shed_", "v3_")):
                self.assertEqual(dropped[reason], logged[reason])
        self.wait_metric(f'trunkwatch_socket_received_total{{socket="{shown["name"]}"}}', logged["arrived"])
        family = f'trunkwatch_socket_dropped_total{{socket="{shown["name"]}",reason="'
        wait_for(f"{dropped} in the metrics",
                 lambda: {name[len(family):-2]: n for name, n in self.metrics().items() if name.startswith(family)} == dropped)

    def same_by_device(self, kinds, core):
        """Of the devices and of nobody: what reached the sockets, and each reason for which the core was not given it."""
        rows = [self.line_counters(f"report.device: {d}") for d in ("pe-a", "pe-b")] + [self.line_counters("report.nobody:")]
        sockets = [self.socket_counters(kind) for kind in kinds]
        for row in rows:
            unfed = sum(n for name, n in row.items() if name.startswith(UNFED))
            self.assertEqual(row["received"], row["accepted"] + row["dropped"], row)
            self.assertEqual(row["received"], row["records"] + unfed, row)
            self.assertEqual(row["dropped"], sum(row.get(c, 0) for c in DROPPED) + unfed, row)
        self.assertEqual(sum(row["received"] for row in rows), sum(s["arrived"] - s.get("kernel_drops", 0) for s in sockets))
        self.assertEqual(sum(row["records"] for row in rows), core["received"])
        self.assertEqual(sum(row["accepted"] for row in rows), core["events"] + core["ignored_no_rule"])
        for reason in {name for one in rows + sockets for name in one if name.startswith(UNFED) and name != "unfinished"}:
            self.assertEqual(sum(row.get(reason, 0) for row in rows), sum(s.get(reason, 0) for s in sockets), reason)
        self.assertEqual(sum(row.get("unfinished", 0) for row in rows), sum(s.get("lost", 0) for s in sockets))
        return rows

    def same_on_the_page(self, rows):
        """Devices and nobody on the status page and in the metrics, when the page is as new as the log."""
        def through():
            status = self.json("/api/v1/status")
            everybody = [*status["devices"], status["nobody"]]
            return everybody if [one["received"] for one in everybody] == [row["received"] for row in rows] else None
        everybody = wait_for("the status of the devices", through)
        for one, row in zip(everybody, rows):
            self.assertEqual(one["received"], one["accepted"] + sum(one["dropped"].values()), one)
            self.assertEqual(one["dropped"], {name: n for name, n in row.items() if name in DROPPED or name.startswith(UNFED)})
            if "name" in one:
                self.wait_metric(f'trunkwatch_device_received_total{{device="{one["name"]}"}}', row["received"])
        family = 'trunkwatch_nobody_dropped_total{reason="'
        wait_for("nobody's in the metrics", lambda: {name[len(family):-2]: n for name, n in self.metrics().items() if name.startswith(family)}
                 == everybody[-1]["dropped"])

    def shown(self):
        """The status page, and what is wrong by the command."""
        done = self.run_command("status", "-c", self.path("trunkwatchd.yaml"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return self.json("/api/v1/status"), [line for line in done.stdout.splitlines() if line.startswith("!")]

    def settled(self):
        """Everything that was sent is received, or was lost in the kernel; and it all adds up."""
        def through():
            self.counters()
            return all(self.socket_counters(kind)["arrived"] == n for kind, n in self.sent.items())
        wait_for(f"{self.sent} to arrive; log:\n{self.log()[-3000:]}", through)
        core, fed, drops = self.counters(), 0, 0
        for kind in self.sent:
            s = self.socket_counters(kind)
            self.assertEqual(s["arrived"], s["received"] + s["kernel_drops"])
            self.assertEqual(s["received"], s["fed"] + s["other_community"] + s["shed_noise"] + s["shed_other"] + s["shed_vital"] +
                             sum(n for name, n in s.items() if name.startswith("v3_")))
            self.same_over_http(kind, s)
            fed += s["fed"]
            drops += s["kernel_drops"]
        self.assertEqual(core["received"], fed)
        self.assertEqual(core["received"], core["events"] + core["ignored_no_rule"] + sum(core[c] for c in DROPPED))
        rows = self.same_by_device(self.sent, core)
        self.same_on_the_page(rows)
        return core, rows, drops


@unittest.skipIf(HUMBLE and not SETPRIV, "setpriv is not installed")
class Account(Accounts):
    def test_nothing_is_lost(self):
        self.begin()
        for _ in range(8):  # no more at once than the smallest buffer holds
            self.storm(5)
            _, (pe_a, pe_b, nobody), drops = self.settled()
        self.assertEqual(drops, 0)
        self.assertEqual(self.json("/api/v1/status")["sources"][1]["dropped"]["v3_malformed"], 40)
        # Of the device: what its address sent, and what it sent by the relay. Nobody's: the rest.
        self.assertEqual((pe_a["records"], pe_b["records"], nobody["records"]), (40 * 8, 40 * 4, 40 * 4))
        self.assertEqual((pe_a["received"], pe_a["v3_malformed"]), (40 * 9, 40))
        self.assertEqual((pe_a["accepted"], pe_a["ignored_elsewhere"], pe_a["malformed_not_vrp"], pe_a["malformed_log"],
                          pe_a["malformed_trap"]), (40 * 3, 40, 40, 40, 40 * 2))
        self.assertEqual((pe_b["accepted"], pe_b["malformed_fields"]), (40 * 3, 40))
        unknown = self.line_counters("report.unknown: all")
        self.assertEqual((unknown["kinds"], unknown["unlisted"]), (5 + 4, 0))
        self.assertEqual(unknown["messages"], 40 * (3 + 1 + 1 + 1 + 1 + 2))
        self.assertIn("report.unknown: IFNET/2/linkDown_active reason=malformed_fields count=40 devices=1 ", self.log())
        self.assertEqual((nobody["ignored_unknown_source"], nobody["ignored_unknown_host"], nobody["malformed_not_vrp"]),
                         (40, 40, 40 * 2))

    def test_the_kernel_drops(self):
        self.begin(room=8192)
        os.kill(self.daemon.pid, signal.SIGSTOP)
        self.storm(60)
        os.kill(self.daemon.pid, signal.SIGCONT)
        self.storm(60)
        core, _, drops = self.settled()
        self.assertGreater(drops, 100)
        # Everybody on that socket may have said something that nobody heard: an alert says so.
        self.assertGreater(core["loss_notes"], 0)
        self.assertIn("loss: trunkwatch-loss kernel ", self.log())
        self.assertIn("report.pair: metro-7 feed=lossy ", self.log())

        def rows():
            status = self.json("/api/v1/status")
            return [*status["pairs"], *status["devices"]]
        wait_for("all to be lossy", lambda: all(one["lossy"] for one in rows()))
        for one in rows():
            # What is lost on a socket is of those who are heard there; the last is told within a second.
            self.assertEqual((one["lossy"], list(one["lost"])), (True, ["kernel"]), one)
            self.assertTrue(0 < one["lost"]["kernel"] <= drops, one)
            self.assertLessEqual(one["lossy_since"], one["last_loss"])
        _, wrong = self.shown()
        self.assertTrue([l for l in wrong if l.startswith("!! pair metro-7: messages were lost, ") and ", kernel " in l], wrong)
        self.wait_metric('trunkwatch_pair_lossy{pair="metro-7"}', 1)
        self.fault(lambda line, source: self.give(source, [line]))
        raised = [t for t in (self.wait_transition("raised", "no-switchover"),) if t["device"] == "pe-a"]
        self.assertEqual([t["feed"] for t in raised], ["lossy"])
        self.assertIn("were lost", raised[0]["summary"])

    def behind(self, storm, faults):
        """The daemon finds more waiting than half of its buffer holds, most of it noise, and the faults behind it."""
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml") + f"storm: {storm}\n")
        self.begin(room=1 << 20)
        if self.room < 2 << 20:
            self.skipTest("the kernel gives too small a buffer: net.core.rmem_max")
        os.kill(self.daemon.pid, signal.SIGSTOP)
        noise, other = b"<190>PE-A %%01LLDP/4/BAD(l):x", b"<190>PE-B %%01LLDP/4/BAD(l):x"
        # Each takes 832 bytes there. The first turn takes 256, and finds it more than half full; the last ones find no room.
        for _ in range(6):
            self.give(PE_A, [noise] * 80)
            self.give(PE_B, [other] * 20)
        for _ in range(faults):
            self.fault(lambda line, source: self.give(source, [line.split(">")[0] + ">" + line.split(" ", 5)[5]]))
        self.give(PE_A, [noise] * 2500)
        os.kill(self.daemon.pid, signal.SIGCONT)

    def test_noise_is_put_aside_in_a_storm(self):
        self.behind("{rate: 1, burst: 10}", 1)
        raised = self.wait_transition("raised", "no-switchover")
        core, (pe_a, pe_b, _), _ = self.settled()
        s = self.socket_counters("syslog")
        self.assertGreater(s["shed_noise"], 1000)
        self.assertEqual((s["shed_other"], s["shed_vital"]), (0, 0))
        self.assertEqual(core["events"], 3)
        self.assertIn("storm: is behind socket=", self.log())
        self.wait_log("storm: has caught up socket=")
        rows = [f"report.storm: {source}" for source in (PE_A, PE_B)]
        put_aside = [self.line_counters(row)["noise"] if row in self.log() else 0 for row in rows]
        self.assertEqual(sum(put_aside), s["shed_noise"])
        self.assertEqual([d.get("shed_noise", 0) for d in (pe_a, pe_b)], put_aside)
        self.assertEqual(pe_a["received"] + pe_b["received"], s["received"])
        # Noise that is put aside would have changed nothing, but what the kernel had no room for may have.
        self.assertEqual(core["loss_notes"] > 0, s["kernel_drops"] > 0)
        self.assertEqual(raised["device"], "pe-a")

    def test_what_matters_is_put_aside_only_beyond_the_hard_limit(self):
        self.behind("{rate: 1, burst: 1}", 10)
        core, (pe_a, pe_b, _), _ = self.settled()
        s = self.socket_counters("syslog")
        self.assertGreater(s["shed_vital"], 0)
        self.assertEqual(core["events"], 30 - s["shed_vital"])
        self.assertGreaterEqual(core["events"], 2 * 7)
        # At once, and the rest within a second: a note a source, not one a turn.
        notes = [l for l in self.log().splitlines() if "loss: trunkwatch-loss shed " in l]
        self.assertLessEqual(len(notes), 4, notes)
        self.assertEqual(sum(int(l.split("shed ")[1].split()[0]) for l in notes), s["shed_vital"] + s["shed_other"])
        self.assertIn("report.pair: metro-7 feed=lossy ", self.log())
        status, wrong = self.shown()
        self.assertEqual((status["pairs"][0]["lossy"], status["pairs"][0]["lost"]["shed"]), (True, s["shed_vital"] + s["shed_other"]))
        self.assertIn(f"!! syslog://127.0.0.1:{self.syslog}: {s['shed_vital']} dropped: shed_vital", wrong)
        of = {row["of"]: row for row in status["storm"]["put_aside"]}
        self.assertEqual((sum(row["vital"] for row in of.values()), sum(row["noise"] for row in of.values())),
                         (s["shed_vital"], s["shed_noise"]))
        self.assertEqual((next(iter(of)), status["storm"]["more"]), (PE_A, 0))  # the most first
        for address, device in ((PE_A, pe_a), (PE_B, pe_b)):
            self.assertEqual([device.get(f"shed_{c}", 0) for c in ("noise", "other", "vital")],
                             [of.get(address, {}).get(c, 0) for c in ("noise", "other", "vital")])
        done = self.run_command("status", "-c", self.path("trunkwatchd.yaml"))
        self.assertRegex(done.stdout, rf"\nPUT ASIDE OF +NOISE +OTHER +VITAL\n{PE_A} +{of[PE_A]['noise']} +0 +{of[PE_A]['vital']}\n")

    def test_a_flood_of_strangers_is_nobodys_loss(self):
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml") + "storm: {rate: 1, burst: 1}\n")
        self.begin(room=1 << 20)
        if self.room < 2 << 20:
            self.skipTest("the kernel gives too small a buffer: net.core.rmem_max")
        os.kill(self.daemon.pid, signal.SIGSTOP)
        self.give(STRANGER, [link("PE-A", "Eth-Trunk10.100")] * 1400)
        os.kill(self.daemon.pid, signal.SIGCONT)
        core, (_, _, nobody), _ = self.settled()
        s = self.socket_counters("syslog")
        self.assertGreater(s["shed_vital"], 0)
        self.assertEqual(self.line_counters("report.storm: strangers")["vital"], s["shed_vital"])
        self.assertEqual((nobody["shed_vital"], nobody["received"]), (s["shed_vital"], s["received"]))
        self.assertEqual((core["loss_notes"], s["kernel_drops"]), (0, 0))
        self.assertIn("report.pair: metro-7 feed=ok ", self.log())

    def test_nothing_is_put_aside_when_it_is_off(self):
        self.behind("{rate: 0}", 1)
        self.settled()
        s = self.socket_counters("syslog")
        self.assertEqual(s["shed_noise"] + s["shed_other"] + s["shed_vital"], 0)

    def test_an_alert_when_nothing_was_lost(self):
        self.begin()
        self.fault(lambda line, source: self.give(source, [line]))
        raised = self.wait_transition("raised", "no-switchover")
        self.assertEqual(raised["feed"], "ok")
        self.assertNotIn("were lost", raised["summary"])
        core, _, _ = self.settled()
        self.assertEqual(core["loss_notes"], 0)
        self.assertIn("report.pair: metro-7 feed=ok ", self.log())
        status, wrong = self.shown()
        pair = status["pairs"][0]
        self.assertEqual((pair["name"], pair["lossy"], pair["lossy_since"], pair["last_loss"], pair["lost"]),
                         ("metro-7", False, None, None, {}))
        self.assertEqual(wrong, ["!! firing: no-switchover, 1"])

    def test_a_device_that_leaves_the_inventory(self):
        self.begin()
        self.storm(5)
        self.give(PE_B, [b"\x30\x03\x02\x01\x03"] * 7, kind="snmp")
        core, (pe_a, pe_b, nobody), _ = self.settled()
        self.assertEqual((pe_a["v3_malformed"], pe_b["v3_malformed"], nobody["dropped"]), (5, 7, 20))
        text = self.read("inventory.yaml")
        self.write("inventory.yaml", "devices:\n  pe-0: {addresses: [127.0.1.20]}\n  pe-a: {addresses: [127.0.1.1], hostnames: [PE-A]}\n")
        self.daemon.send_signal(signal.SIGHUP)
        self.wait_log("reload: done")
        self.counters()
        now = {d: self.line_counters(f"report.{d}") for d in ("device: pe-0", "device: pe-a", "nobody:")}
        self.assertEqual([row["received"] for row in now.values()], [0, pe_a["received"], pe_b["received"] + nobody["received"]])
        self.assertEqual([row.get("v3_malformed", 0) for row in now.values()], [0, 5, 7])
        self.assertEqual(sum(row["records"] for row in now.values()), core["received"])
        self.write("inventory.yaml", text)
        self.daemon.send_signal(signal.SIGHUP)
        self.wait_log("reload: done", 2)
        self.storm(1)
        _, (pe_a, pe_b, nobody), _ = self.settled()
        self.assertEqual((pe_a["v3_malformed"], pe_b.get("v3_malformed", 0), nobody["v3_malformed"]), (6, 0, 7))

    def test_a_connection_that_ends_inside_a_message(self):
        port = free_port()
        text = self.read("trunkwatchd.yaml").replace(f'"udp://127.0.0.1:{self.syslog}"',
                                                     f'"udp://127.0.0.1:{self.syslog}", "tcp://127.0.0.1:{port}"')
        self.write("trunkwatchd.yaml", text)
        self.start()
        whole = unknown("PE-A", 1)
        for end in ("", "500 <190>half a message"):
            with socket.create_connection(("127.0.0.1", port), source_address=(PE_A, 0)) as s:
                s.sendall(f"{len(whole)} {whole}{end}".encode())

        def through():
            self.counters()
            return self.socket_counters("syslog+tcp")["arrived"] == 3
        wait_for("all of it", through)
        s = self.socket_counters("syslog+tcp")
        self.assertEqual((s["received"], s["fed"], s["lost"], s["unfinished"]), (2, 2, 1, 1))
        rows = self.same_by_device(("syslog", "syslog+tcp", "snmp"), self.counters())
        self.assertEqual((rows[0]["received"], rows[0]["accepted"], rows[0]["unfinished"]), (3, 2, 1))
        self.same_on_the_page(rows)
        status, _ = self.shown()
        self.assertEqual([(d["lossy"], d["lost"]) for d in status["devices"]], [(True, {"disconnect": 1}), (False, {})])
        self.assertIn("loss: trunkwatch-loss disconnect 1 127.0.1.1 socket=syslog+tcp://", self.log())
        self.assertIn("report.pair: metro-7 feed=lossy ", self.log())


class Refused(Accounts, Usm):
    """What comes from the address of a device, or proves a device's key, and is not heard."""

    def test_of_whom_it_is_counted(self):
        Usm.configure(self, more="  communities: [public]\n", state=False)
        self.name_engines()
        self.start()
        self.trap(trap=OTHER, at=(7, 5000))
        wrong, other = [w if w != AUTH else "other-words" for w in NOC], ["-c", "secret"]
        self.trap(*wrong, trap=OTHER)
        self.trap(*wrong, trap=OTHER, source=PE_B)  # the engine is pe-a's, and anybody can write that
        self.trap(*NOC, trap=OTHER, source=PE_B, at=(6, 1))  # too old, and made by pe-a
        self.trap(*NOC, trap=OTHER, source=STRANGER, at=(6, 1))
        self.trap(*NOC, trap=OTHER, source=STRANGER, engine=ENGINE_C)
        for source in (PE_B, RELAY, STRANGER):
            self.run_peer("snmptrap", *other, trap=OTHER, version="2c", source=source)
        self.sent = {"snmp": 9}
        _, (pe_a, pe_b, nobody), _ = self.settled()
        self.assertEqual((pe_a["received"], pe_a["accepted"], pe_a["v3_wrong_digest"], pe_a["v3_not_in_time"]), (4, 1, 1, 2))
        self.assertEqual((pe_b["received"], pe_b["accepted"], pe_b["v3_wrong_digest"], pe_b["other_community"]), (2, 0, 1, 1))
        self.assertEqual((nobody["received"], nobody["v3_unknown_engine"], nobody["other_community"]), (3, 1, 2))
        # It is not heard, whoever it is of.
        self.assertIn("report.device: pe-b received=2 records=0 accepted=0 dropped=2 events=0 skew_ms=0 last_heard=never ", self.log())
        self.assertIn("!  1 device never heard since the start: pe-b", self.shown()[1])


if __name__ == "__main__":
    unittest.main()
