"""SNMPv3 traps: what is heard, and what is refused, by reason and source."""
import os
import signal

from support import PE_A, PE_B, STRANGER, role, send
from usm import AUTH, AUTHS, ENGINE_A, ENGINE_B, ENGINE_C, NOC, OTHER, PRIV, PRIVS, Usm
from web import WebCase

NOAUTH = "{name: open, level: noAuthNoPriv}"
SIGNED = "{name: signed, auth: SHA, auth-passphrase-file: auth}"
FREE = "{name: free, auth: SHA, auth-passphrase-file: auth, priv: AES, priv-passphrase-file: priv, level: authNoPriv}"
FULL = "{name: noc, auth: SHA-256, auth-passphrase-file: auth, priv: AES, priv-passphrase-file: priv}"


def options(user, level, auth="SHA", priv="AES", auth_phrase=AUTH, priv_phrase=PRIV):
    o = ["-u", user, "-l", level]
    if level != "noAuthNoPriv":
        o += ["-a", auth, "-A", auth_phrase]
    return o + (["-x", priv, "-X", priv_phrase] if level == "authPriv" else [])


class Heard(Usm):
    def test_a_link_down_becomes_an_alert(self):
        self.configure()
        self.name_engines()
        self.start()
        send(self.syslog, role("PE-A", "Master"), PE_A)
        send(self.syslog, role("PE-B", "Backup"), PE_B)
        self.trap()
        live = self.wait_transition("raised", "no-switchover")
        self.assertEqual((live["device"], live["sub_interfaces"], live["confidence"]), ("pe-a", ["Eth-Trunk10.100"], "confirmed"))
        self.assertEqual(self.counts()["fed"], 1)
        for secret in (AUTH, PRIV):
            self.assertNotIn(secret, self.log())

    def test_every_protocol(self):
        pairs = [(a, p) for a in AUTHS for p in PRIVS]
        self.configure([f"{{name: u{i}, auth: {a}, auth-passphrase-file: auth, priv: {p}, priv-passphrase-file: priv}}"
                        for i, (a, p) in enumerate(pairs)])
        self.name_engines()
        self.start()
        for i, (a, p) in enumerate(pairs):
            self.trap(*options(f"u{i}", "authPriv", a, p), at=(1, 1000 + i), trap=OTHER)
        self.wait_counts(received=len(pairs), fed=len(pairs))
        self.assertEqual(self.counters()["ignored_no_rule"], len(pairs))

    def test_every_level(self):
        self.configure([NOAUTH, SIGNED, FULL, FREE])
        self.name_engines()
        self.start()
        for n, (user, level, auth) in enumerate([("open", "noAuthNoPriv", ""), ("signed", "authNoPriv", "SHA"), ("noc", "authPriv", "SHA-256"),
                                                 ("free", "authNoPriv", "SHA"), ("free", "authPriv", "SHA")]):
            self.trap(*options(user, level, auth), trap=OTHER)
            self.wait_counts(fed=n + 1)

    def test_by_engine_whatever_the_address(self):
        self.configure()
        self.name_engines()
        self.start()
        send(self.syslog, role("PE-A", "Master"), PE_A)
        send(self.syslog, role("PE-B", "Backup"), PE_B)
        self.trap(source=STRANGER)
        self.assertEqual(self.wait_transition("raised", "no-switchover")["device"], "pe-a")
        self.assertEqual(self.of_source(STRANGER), {})
        self.trap(at=(1, 1001), source=PE_B, trap=OTHER)  # pe-a's engine, pe-b's address
        self.wait_counts(fed=2)
        self.assertEqual(self.counters()["identity_conflict"], 1)
        line = f"source: a certificate or engine ID is another device's than the address: the former counts from={PE_B} device=pe-a other=pe-b"
        self.trap(at=(1, 1002), source=PE_B, trap=OTHER)
        self.wait_counts(fed=3)
        self.assertEqual((self.counters()["identity_conflict"], self.log().count(line)), (2, 1), self.log())

    def test_without_a_key_an_engine_id_proves_nothing(self):
        self.configure([NOAUTH])
        self.name_engines()
        self.start()
        self.trap(*options("open", "noAuthNoPriv"), source=STRANGER)
        self.wait_counts(fed=1)
        self.assertEqual(self.counters()["ignored_unknown_source"], 1)
        self.assertEqual(self.of_source(STRANGER)["unknown"], 1)



class Told(WebCase, Usm):
    """What is told of them, and where."""
    def configure(self, old=None, new=None, **more):
        if old is not None and new is not None:
            WebCase.configure(self, old, new)
        else:
            Usm.configure(self, old, **more)

    def test_an_identity_conflict(self):
        self.configure()
        self.name_engines()
        self.start()
        for n in range(2):
            self.trap(at=(1, 1000 + n), source=PE_B, trap=OTHER)  # pe-a's engine, pe-b's address
        self.wait_counts(fed=2)
        self.assertEqual([d["identity_conflicts"] for d in self.json("/api/v1/status")["devices"]], [2, 0])
        self.assertEqual(self.metrics()['trunkwatch_device_identity_conflicts_total{device="pe-a"}'], 2)
        self.assertIn("!  1 device of which a certificate or engine ID came with the address or a name of another one, "
                      "see the log (identity_conflicts): pe-a\n", self.run_command("status", "-c", self.path("trunkwatchd.yaml")).stdout)
        self.assertEqual(self.log().count(f"another device's than the address: the former counts from={PE_B} device=pe-a other=pe-b"), 1)


class Refused(Usm):
    def refused(self, reason, *opts, source=PE_A, **more):
        before, of_source = self.counts(), self.of_source(source).get(reason, 0)
        self.trap(*opts, source=source, **more)
        self.wait_counts(received=before["received"] + 1, fed=before["fed"], **{reason: before.get(reason, 0) + 1})
        self.assertEqual(self.of_source(source)[reason], of_source + 1)

    def test_by_reason_and_source(self):
        self.configure([FULL, FREE])
        self.name_engines()
        self.start()
        self.trap(at=(7, 5000), trap=OTHER)
        self.wait_counts(fed=1)
        self.refused("v3_unknown_user", *options("nobody", "authPriv"))
        self.refused("v3_wrong_digest", *options("noc", "authPriv", "SHA-256", auth_phrase="other-words"))
        self.refused("v3_wrong_digest", *options("noc", "authPriv", "SHA-512"))
        self.refused("v3_decryption", *options("noc", "authPriv", "SHA-256", priv_phrase="other-words"), at=(7, 5001))
        self.refused("v3_unknown_engine", *NOC, engine=ENGINE_C)
        self.refused("v3_level", *options("noc", "authNoPriv", "SHA-256"))
        self.refused("v3_level", *options("free", "noAuthNoPriv"))
        self.refused("v3_not_in_time", *NOC, at=(6, 5002))  # boots went back
        self.refused("v3_not_in_time", *NOC, at=(7, 4800))  # more than 150 s old
        self.trap(at=(7, 4900), trap=OTHER)  # late, not too late
        self.trap(at=(8, 1), trap=OTHER)  # began anew
        self.wait_counts(fed=3)
        self.refused("v3_unknown_engine", *NOC, engine=ENGINE_C, source=STRANGER)
        self.assertEqual({k: v for k, v in self.of_source(STRANGER).items() if v > 0}, {"v3_unknown_engine": 1})
        # Told once each, with who and what it said of itself.
        for line in [f"SNMPv3 message of an unknown user, ignored from={PE_A} socket=snmp://127.0.0.1:{self.snmp} engine=0x{ENGINE_A} user=nobody",
                     f"SNMPv3 message of an unknown engine, ignored from={STRANGER} socket=snmp://127.0.0.1:{self.snmp} engine=0x{ENGINE_C} user=noc"]:
            self.assertEqual(self.log().count(line), 1, line)
        self.assertEqual(self.log().count("SNMPv3 message with a wrong digest"), 1)
        self.assertEqual(self.counters()["received"], 3)

    def test_what_is_no_message(self):
        self.configure()
        self.start()
        for n, (reason, data) in enumerate([
                ("v3_malformed", "3003020103"), ("v3_malformed", "3020020103"),
                ("v3_model", "301a020103300d020101020205dc040100020104" + "04003004020101" + "0500"[:0])]):
            data = bytes.fromhex(data)
            if reason == "v3_model":
                data = bytes([0x30, len(data) - 2]) + data[2:]
            send(self.snmp, data, PE_A)
            self.wait_counts(received=n + 1, fed=0)
        self.wait_counts(v3_malformed=2, v3_model=1)

    def test_no_users_no_v3(self):
        self.start()
        self.trap()
        self.wait_counts(received=1, fed=0, v3_unknown_user=1)  # it comes from a device: its engine might be learnt


class Configured(Usm):
    def test_a_user_of_one_engine(self):
        self.configure([FULL.replace("}", f', engine-id: "0x{ENGINE_B}"}}')])
        self.start()
        self.trap(trap=OTHER)
        self.wait_counts(v3_unknown_user=1)
        self.trap(engine=ENGINE_B, trap=OTHER)
        self.wait_counts(fed=1)

    def test_passphrases_are_changed_without_a_restart(self):
        self.configure()
        self.name_engines()
        self.start()
        self.trap(at=(1, 1000), trap=OTHER)
        self.wait_counts(fed=1)
        self.write("auth", "short")
        self.daemon.send_signal(signal.SIGHUP)
        self.wait_log("refused: everything stays as it was")
        self.assertRegex(self.log(), r"trunkwatchd.yaml:\d+:\d+: passphrase file '.*auth': expected at least 8 bytes")
        self.trap(at=(1, 1001), trap=OTHER)
        self.wait_counts(fed=2)
        self.write("auth", "other-words")
        self.daemon.send_signal(signal.SIGHUP)
        self.wait_log("reload: done")
        self.trap(at=(1, 1002), trap=OTHER)
        self.wait_counts(fed=2, v3_wrong_digest=1)
        self.trap(*options("noc", "authPriv", "SHA-256", auth_phrase="other-words"), at=(1, 1003), trap=OTHER)
        self.wait_counts(fed=3)

    def test_a_file_that_everybody_may_read(self):
        self.configure()
        os.chmod(self.path("priv"), 0o644)
        self.start()
        self.assertRegex(self.log(), r"warning config: .*trunkwatchd.yaml:\d+:\d+: passphrase file '.*priv': everybody on this machine")
        self.assertNotIn("auth': everybody", self.log())

    def test_credentials_of_systemd(self):
        self.configure([FULL.replace("file: auth", 'file: "${CREDENTIALS_DIRECTORY}/auth"')])
        self.name_engines()
        os.mkdir(self.path("credentials"))
        os.rename(self.path("auth"), self.path("credentials/auth"))
        self.start(environment=self.environment(CREDENTIALS_DIRECTORY=self.path("credentials")))
        self.trap(trap=OTHER)
        self.wait_counts(fed=1)
