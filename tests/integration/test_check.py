"""--check and the command line: exit status, and where errors are said to be."""
import os
import shutil
import subprocess
import unittest

from support import Case, PATIENCE, RULES, TRUNKWATCH, TRUNKWATCHD, link, role
from test_reload import EXPONENTIAL


class Check(Case):
    def check(self, *arguments):
        arguments = arguments or ("-c", self.path("trunkwatchd.yaml"), "--check")
        return subprocess.run([TRUNKWATCHD, *arguments], capture_output=True, text=True, timeout=PATIENCE)

    def refused(self, name, text, place):
        old = self.read(name)
        self.write(name, text)
        done = self.check()
        self.assertEqual((done.returncode, done.stdout), (1, ""), place)
        self.assertIn(place, done.stderr)
        if old:
            self.write(name, old)

    def test_good_files(self):
        done = self.check()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"2 devices, 1 pairs, 1 outputs; .* \d+ examples hold")

    def test_doubts_are_warnings(self):
        self.write("inventory.yaml", self.read("inventory.yaml").replace(
            "    e-trunks:", "    backup-profiles:\n      rbp: {mode: warm, services: [arp], rbs: r, protocol: e-trunk}\n    e-trunks:"))
        done = self.check()
        self.assertEqual(done.returncode, 0)
        self.assertIn("warning: mode-ineffective", done.stderr)

    def test_a_filter_that_lets_nothing_through(self):
        good = self.read("trunkwatchd.yaml")
        self.write("trunkwatchd.yaml", good.replace("type: file,", "type: file, pairs: [metro-8, metro-*], conditions: [no-*],"))
        done = self.check()
        self.assertEqual(done.returncode, 0)
        self.assertIn("has no pair 'metro-8'", done.stderr)
        self.assertNotIn("metro-*", done.stderr)

    def test_places(self):
        good = self.read("trunkwatchd.yaml")
        for text, place in [
                ("a: [\n", "trunkwatchd.yaml:2:1: not valid YAML"),
                ("", "trunkwatchd.yaml:1:1: inventory is missing"),
                ("inventory: none.yaml\n", "trunkwatchd.yaml:1:12: can't read the inventory"),
                (good.replace("rules: /", "rules: /none/"), "trunkwatchd.yaml:2:8: can't read the rules"),
                (good.replace("udp://127.0.0.1:%d" % self.syslog, "tls://127.0.0.1:1"), "yaml:4:11: tls.certificate is missing"),
                (good.replace("udp://127.0.0.1:%d" % self.snmp, "tcp://127.0.0.1:1"), "yaml:5:10: tcp:// is not supported for traps"),
                (good.replace("udp://127.0.0.1:%d" % self.syslog, "udp://nowhere:1"), "yaml:4:12: listen.syslog is 'udp://now"),
                (good.replace("%d" % self.syslog, "%d" % self.snmp), "yaml:5:10: 'udp://127.0.0.1:"),
                (good.replace("hold: 1s", "hold: soon"), "yaml:7:25: hold is 'soon'"),
                (good.replace("hold:", "holt:"), "yaml:7:19: unknown key 'holt'"),
                (good.replace("path: alerts.jsonl", "path: none/alerts.jsonl"), "yaml:9:24: can't create the output"),
                (good.replace("type: file", "type: fil"), "yaml:9:12: type of an output is 'fil', expected stdout, file"),
                (good.replace("type: file,", "type: file, conditions: [no-swichover, dual-*],"), "there is no condition 'no-swichover'"),
                (good.replace("  snmp:", "  snnp:"), "yaml:5:3: unknown key 'snnp' in listen, did you mean 'snmp'?"),
                (good + "snmp: {users: [{name: noc}]}\n", "yaml:10:16: user 'noc' has no auth"),
                (good + "snmp: {communities: public}\n", "yaml:10:21: snmp.communities is")]:
            self.refused("trunkwatchd.yaml", text, place)
        self.refused("inventory.yaml", "devices: {a: {adresses: [127.0.0.1]}}\n", "inventory.yaml:1:")

    def test_what_is_right_is_told_only_when_all_is(self):
        def check(*arguments):
            return subprocess.run([TRUNKWATCH, "check", *arguments], capture_output=True, text=True, timeout=PATIENCE)
        config, inventory, rules = ("-c", self.path("trunkwatchd.yaml")), ("-i", self.path("inventory.yaml")), ("-r", RULES)
        done = check(*config, *inventory, *rules)
        self.assertEqual((done.returncode, done.stderr, len(done.stdout.splitlines())), (0, "", 3))
        self.write("wrong.yaml", "devices: {a: {adresses: [127.0.0.1]}}\n")
        for arguments in (("-i", self.path("wrong.yaml"), *rules), (*config, "-i", self.path("wrong.yaml")),
                          ("-c", self.path("wrong.yaml"), *inventory, *rules), (*config, *inventory, "-r", self.folder)):
            done = check(*arguments)
            self.assertEqual((done.returncode > 0, done.stdout), (True, ""), arguments)
            self.assertTrue(done.stderr, arguments)

    def test_both_programs_say_the_same_of_a_configuration(self):
        good = self.read("trunkwatchd.yaml")
        doubtful = good.replace("type: file,", "type: file, pairs: [metro-8],")
        for text in (good, doubtful, good.replace("type: file", "type: fil"), "a: [\n", None):
            self.write("trunkwatchd.yaml", text) if text else os.remove(self.path("trunkwatchd.yaml"))
            told = [(d.returncode, d.stdout, d.stderr) for d in (self.check(), subprocess.run(
                [TRUNKWATCH, "check", "-c", self.path("trunkwatchd.yaml")], capture_output=True, text=True, timeout=PATIENCE))]
            self.assertEqual(told[0], told[1])
            self.assertTrue(any(told[0][1:]))

    def test_without_the_daemon(self):
        alone = self.path("trunkwatch")
        shutil.copy(TRUNKWATCH, alone)
        done = subprocess.run([alone, "check", "-c", self.path("trunkwatchd.yaml"), "-r", RULES], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertEqual(done.stderr, f"trunkwatch: {os.path.realpath(alone)}d checks a configuration, and can't be run: No such file or directory\n")

    def test_an_exponential_pattern(self):
        shutil.copytree(RULES, self.path("rules"))
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml").replace(RULES, "rules"))
        self.refused("rules/events/more.yaml", EXPONENTIAL, "more.yaml:")

    def test_command_line(self):
        for arguments, status in [(("--help",), 0), (("--version",), 0), (("--help-config",), 0), ((), 2), (("--wrong",), 2),
                                  (("-c", self.path("none"), "--check"), 2), (("-c", self.path("none")), 2), (("-c", "x", "y"), 2)]:
            done = subprocess.run([TRUNKWATCHD, *arguments], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, status, arguments)
            self.assertTrue(done.stdout if status == 0 else done.stderr, arguments)
        keys = self.check("--help-config").stdout
        for key in ("inventory", "rules", "listen.syslog", "snmp.communities", "conditions", "outputs"):
            self.assertIn(f"\n{key}", f"\n{keys}")

    def test_an_address_in_use(self):
        self.start()
        done = self.check("-c", self.path("trunkwatchd.yaml"))
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"can't listen on udp://127.0.0.1:{self.syslog}: Address already in use", done.stderr)


class StandardOutput(Case):
    """What could not be written is a failure, whoever was to write it."""

    def commands(self):
        inventory, recorded = self.path("inventory.yaml"), self.path("in.log")
        self.write("in.log", "\n".join([role("PE-A", "Master"), link("PE-A", "Eth-Trunk10.100")]) + "\n")
        rules = ["-r", RULES]
        yield from ([TRUNKWATCH, w] for w in ("--help", "--version"))
        yield from ([TRUNKWATCH, c, w] for c in ("check", "explain", "replay", "simulate") for w in ("--help", "--version"))
        yield [TRUNKWATCH, "check", "-c", self.path("trunkwatchd.yaml"), "-i", inventory, *rules]
        yield [TRUNKWATCH, "replay", "-i", inventory, *rules, recorded]
        yield [TRUNKWATCH, "explain", "-i", inventory, *rules, recorded]
        yield from ([TRUNKWATCHD, w] for w in ("--help", "--version", "--help-config"))
        yield [TRUNKWATCHD, "-c", self.path("trunkwatchd.yaml"), "--check"]

    def all_fail(self, shell, why):
        files = ("inventory.yaml", "trunkwatchd.yaml")
        before = [self.read(f) for f in files]
        for command in self.commands():
            done = subprocess.run(["sh", "-c", f'exec "$@" {shell}', "sh", *command], stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, 2, command)
            self.assertIn(f"{os.path.basename(command[0])}: standard output: {why}\n", done.stderr)
        self.assertEqual([self.read(f) for f in files], before)

    def test_full(self):
        self.all_fail(">/dev/full", "No space left on device")

    def test_closed(self):
        self.all_fail(">&-", "Bad file descriptor")

    def test_all_closed(self):
        for command in self.commands():
            done = subprocess.run(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *command], timeout=PATIENCE)
            self.assertEqual(done.returncode, 2, command)


if __name__ == "__main__":
    unittest.main()
