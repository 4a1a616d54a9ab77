"""SNMP by real senders: snmptrap and snmpinform of Debian's package."""
import os
import shutil
import subprocess
import unittest

from support import Case, PATIENCE, PE_A, wait_for

LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"
OTHER = "1.3.6.1.4.1.2011.5.25.999.1"  # a trap that no rule is about
IF = "1.3.6.1.2.1.2.2.1"
INTERFACE = [f"{IF}.1.37", "i", "37", f"{IF}.7.37", "i", "1", f"{IF}.8.37", "i", "2"]
ENGINE_A, ENGINE_B, ENGINE_C = "800007db03aa0000000001", "800007db03aa0000000002", "800007db03aa0000000003"
AUTH, PRIV = "authentic-words", "private-words"
NOC = ["-u", "noc", "-l", "authPriv", "-a", "SHA-256", "-A", AUTH, "-x", "AES", "-X", PRIV]
AUTHS = ["MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512"]
PRIVS = ["DES", "AES", "AES-192", "AES-256"]


@unittest.skipUnless(shutil.which("snmptrap"), "snmptrap is not installed")
class Usm(Case):
    def setUp(self):
        super().setUp()
        self.write("auth", AUTH + "\n")
        self.write("priv", PRIV + "\n")
        for name in ("auth", "priv"):
            os.chmod(self.path(name), 0o600)
        os.mkdir(self.path("peer"))
        self.host = "127.0.0.1"

    def configure(self, users=None, more="", state=True):
        users = users or ["{name: noc, auth: SHA-256, auth-passphrase-file: auth, priv: AES, priv-passphrase-file: priv}"]
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml") + ("state: kept\n" if state else "") +
                   "snmp:\n  users:\n" + "".join(f"    - {u}\n" for u in users) + more)

    def name_engines(self, a=ENGINE_A, b=ENGINE_B):
        self.write("inventory.yaml", self.read("inventory.yaml").replace("  pe-a:\n", f'  pe-a:\n    engine-id: "0x{a}"\n').replace(
            "pe-b: {", f'pe-b: {{engine-id: "0x{b}", '))

    def run_peer(self, program, *options, source=PE_A, version="3", trap=LINK_DOWN, values=INTERFACE, check=True,
                 tries=("-r", "2", "-t", "5")):
        """snmptrap or snmpinform with nothing of this machine's or another run's configuration."""
        peer = os.environ | {"SNMPCONFPATH": self.path("peer"), "SNMP_PERSISTENT_DIR": self.path("peer"), "MIBS": ""}
        to = f"udp6:[::1]:{self.snmp}" if ":" in self.host else f"{self.host}:{self.snmp}"
        bind = [] if ":" in self.host else [f"--clientaddr={source}"]
        done = subprocess.run([program, "-v", version, *options, *tries, *bind, to, "50000", trap, *values],
                              capture_output=True, text=True, env=peer, timeout=PATIENCE * 2, stdin=subprocess.DEVNULL)
        if check:
            self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def trap(self, *options, engine=ENGINE_A, at=(1, 1000), **more):
        return self.run_peer("snmptrap", *(options or NOC), "-e", f"0x{engine}", "-Z", f"{at[0]},{at[1]}", **more)

    def inform(self, *options, **more):
        return self.run_peer("snmpinform", *(options or NOC), **more)

    def counts(self):
        """Of the SNMP socket; what was received is fed or was refused for a reason."""
        self.counters()
        c = self.socket_counters("snmp")
        self.assertEqual(c["received"], c["fed"] + c["other_community"] + sum(v for k, v in c.items() if k.startswith("v3_")), c)
        return c

    def wait_counts(self, **want):
        wait_for(want, lambda: {k: self.counts().get(k, 0) for k in want} == want, log=self.log)

    def of_source(self, address):
        """name -> number, of who was not heard."""
        self.counters()
        lines = [l for l in self.log().splitlines() if f"report.source: ignored from={address} " in l]
        return {k: int(v) for k, v in (w.split("=") for w in lines[-1].split()[2:] if "=" in w and not w.startswith("from="))} if lines else {}

    def line_of(self, place):
        """The numbers in the last line of the log with this in it."""
        line = [l for l in self.log().splitlines() if place in l][-1]
        return {k: int(v) for k, v in (w.split("=") for w in line.split() if "=" in w)}

    def state(self):
        return self.read("kept/snmp.yaml")
