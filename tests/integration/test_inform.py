"""Informs are answered after they were heard; nobody else gets a word."""
import re

from support import PE_A, PE_B, STRANGER, role, send
from usm import AUTH, OTHER, PRIV, NOC, Usm

NOT_AGAIN = ("-r", "0", "-t", "1")
USERS = ["{name: noc, auth: SHA-256, auth-passphrase-file: auth, priv: AES, priv-passphrase-file: priv}",
         "{name: old, auth: MD5, auth-passphrase-file: auth, priv: DES, priv-passphrase-file: priv}",
         "{name: big, auth: SHA-512, auth-passphrase-file: auth, priv: AES-256, priv-passphrase-file: priv}",
         "{name: signed, auth: SHA, auth-passphrase-file: auth}", "{name: open, level: noAuthNoPriv}"]


class Inform(Usm):
    def test_v2c(self):
        self.start()
        send(self.syslog, role("PE-A", "Master"), PE_A)
        send(self.syslog, role("PE-B", "Backup"), PE_B)
        self.inform("-c", "public", version="2c")
        self.assertEqual(self.wait_transition("raised", "no-switchover")["device"], "pe-a")
        self.assertNotEqual(self.inform("-c", "secret", version="2c", check=False, tries=NOT_AGAIN).returncode, 0)
        self.assertNotEqual(self.inform("-c", "public", version="2c", source=STRANGER, check=False, tries=NOT_AGAIN).returncode, 0)
        c = self.counts()
        self.assertEqual((c["answered"], c["unanswered"]), (1, 0))
        self.assertEqual(self.line_of("report.snmp: answers")["responses"], 1)

    def test_v3_becomes_an_alert(self):
        self.configure(USERS)
        self.start()
        send(self.syslog, role("PE-A", "Master"), PE_A)
        send(self.syslog, role("PE-B", "Backup"), PE_B)
        self.inform()
        self.assertEqual(self.wait_transition("raised", "no-switchover")["device"], "pe-a")

    def test_every_level(self):
        self.configure(USERS)
        self.start()
        for n, o in enumerate([["-u", "open", "-l", "noAuthNoPriv"], ["-u", "signed", "-l", "authNoPriv", "-a", "SHA", "-A", AUTH],
                               NOC, ["-u", "old", "-l", "authPriv", "-a", "MD5", "-A", AUTH, "-x", "DES", "-X", PRIV],
                               ["-u", "big", "-l", "authPriv", "-a", "SHA-512", "-A", AUTH, "-x", "AES-256", "-X", PRIV]]):
            self.inform(*o, trap=OTHER)
            self.wait_counts(fed=n + 1)
        self.assertEqual(self.line_of("report.snmp: answers")["responses"], 5)
        self.assertEqual(self.counts()["v3_discovery"], 5)
        self.assertNotIn("warning", self.log())  # to ask who we are is no fault

    def test_what_a_sender_is_told(self):
        self.configure(USERS)
        self.start()
        for options, told in [(["-u", "nobody", *NOC[2:]], "Unknown user name"),
                              ([*NOC[:6], "-A", "other-words", *NOC[8:]], "Authentication failure"),
                              (["-u", "noc", "-l", "authNoPriv", *NOC[4:8]], "Unsupported security level"),
                              ([*NOC[:-1], "other-words"], "Decryption error")]:
            done = self.inform(*options, check=False, tries=("-r", "0", "-t", "5"))
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(told, done.stderr)
        self.wait_counts(fed=0)
        c = self.counts()
        for reason in ("v3_unknown_user", "v3_wrong_digest", "v3_level", "v3_decryption"):
            self.assertGreaterEqual(c[reason], 1, reason)

    def test_strangers_get_no_word(self):
        self.configure(USERS)
        self.start()
        self.assertNotEqual(self.inform(source=STRANGER, check=False, tries=NOT_AGAIN).returncode, 0)
        self.assertEqual(self.counts()["answered"], 0)
        self.assertGreaterEqual(self.of_source(STRANGER)["unknown"], 1)
        self.assertGreaterEqual(self.line_of("report.snmp: answers")["withheld"], 1)

    def test_wrong_boots_are_put_right(self):
        self.configure(USERS)
        self.start()
        ours = re.search(r"engine-id=0x([0-9a-f]+)", self.log()).group(1)
        # It believes to know us: out of time, told so, right at the second try.
        self.inform(*NOC, "-e", f"0x{ours}", "-Z", "99,5", trap=OTHER)
        self.wait_counts(fed=1)
        self.assertGreaterEqual(self.counts()["v3_not_in_time"], 1)


class Flood(Usm):
    def test_reports_are_rationed(self):
        """Who sends in a device's name can't make us send much."""
        self.configure(USERS)
        self.start()
        # An SNMPv3 message without an engine ID, which asks for ours.
        ask = bytes.fromhex("303e020103301102042b5f5a1d020300ffe30401040201030410300e0400020100020100040004000400"
                            "301404000400a00e02043b2f7ad80201000201003000")
        for _ in range(10):
            for _ in range(50):
                send(self.snmp, ask, PE_A)
        self.wait_counts(received=500, fed=0, v3_discovery=500)
        told = self.line_of("report.snmp: answers")
        self.assertEqual(told["reports"] + told["withheld"], 500)
        self.assertGreaterEqual(told["reports"], 20)
        self.assertGreater(told["withheld"], 0)
        self.assertEqual(self.counts()["answered"], told["reports"])
