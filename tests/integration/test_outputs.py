"""Outputs at their limits: a full disk, files that go and come back, readers that leave."""
import os
import shutil
import signal
import subprocess
import time
import unittest

from support import Case, PATIENCE, PE_A, PE_B, RULES, TRUNKWATCH, TRUNKWATCHD, link, role, send

IN_A_TMPFS = r"""mount -t tmpfs -o size=64k none "$1" && shift && exec "$@" """


def can_mount():
    with_one = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs none /mnt"]
    try:
        return subprocess.run(with_one, capture_output=True, timeout=PATIENCE).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


class Outputs(Case):
    def setUp(self):
        super().setUp()
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml").replace("hold: 1s", "hold: 100ms"))

    def link(self, up, sub=100):
        send(self.syslog, link("PE-A", f"Eth-Trunk10.{sub}", up=up), PE_A)

    def life(self, n, name="alerts.jsonl"):
        """One more alert, from raised to cleared."""
        self.link(False)
        raised = self.wait_transition("raised", "no-switchover", name, n)
        time.sleep(1.1)
        self.link(True)
        cleared = self.wait_transition("cleared", "no-switchover", name, n)
        self.assertEqual(raised["alert_id"], cleared["alert_id"])

    def roles(self):
        send(self.syslog, role("PE-A", "Master"), PE_A)
        send(self.syslog, role("PE-B", "Backup"), PE_B)

    def whole(self, name):
        """Sequence numbers of a file in which each line is whole."""
        text = self.read(name)
        self.assertTrue(text == "" or text.endswith("\n"))
        return [t["seq"] for t in self.transitions(name)]

    def output_report(self, name):
        self.counters()
        line = [l for l in self.log().splitlines() if "report.output: " in l and name in l][-1]
        return {k: int(v) for k, v in (w.split("=") for w in line.split() if "=" in w)}

    @unittest.skipUnless(shutil.which("unshare") and can_mount(), "no file system can be mounted here")
    def test_a_full_file_system(self):
        os.mkdir(self.path("small"))
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml").replace("alerts.jsonl", "small/alerts.jsonl")
                   .replace("hold: 100ms", "hold: 0s"))
        self.start("unshare", "-rm", "sh", "-c", IN_A_TMPFS, "sh", self.path("small"))
        inside = f"/proc/{self.daemon.pid}/root{self.path('small')}/"
        self.roles()
        with open(inside + "ballast", "wb") as f:
            f.write(b"x" * (60 << 10))
        alerts = 0
        while "output: can't be written" not in self.log():
            self.assertLess(alerts, 60)
            self.link(False)
            self.link(True)
            alerts += 1
            time.sleep(0.05)
        report = self.output_report("small/alerts.jsonl")
        self.assertEqual(report["lost"], 0)
        self.assertGreater(report["waiting_bytes"], 0)
        os.unlink(inside + "ballast")
        self.wait_log("output: can be written again")
        report = self.output_report("small/alerts.jsonl")
        self.assertEqual(report["waiting_bytes"], 0)
        shutil.copy(inside + "alerts.jsonl", self.path("seen.jsonl"))
        self.assertEqual(self.whole("seen.jsonl"), list(range(1, report["delivered"] + 1)))

    def test_delivered_is_what_was_written(self):
        os.symlink("/dev/full", self.path("alerts.jsonl"))
        self.start()
        self.fault()
        self.wait_log("output: can't be written")
        report = self.output_report("alerts.jsonl")
        self.assertEqual((report["delivered"], report["lost"]), (0, 0))
        os.unlink(self.path("alerts.jsonl"))
        self.wait_log("output: can be written again")
        self.assertEqual(self.output_report("alerts.jsonl")["delivered"], len(self.transitions()))

    def test_a_file_that_was_removed_is_made_anew_by_sighup(self):
        self.start()
        self.roles()
        self.life(1)
        os.unlink(self.path("alerts.jsonl"))
        self.daemon.send_signal(signal.SIGHUP)
        self.wait_log("reload: done")
        self.life(1)
        self.assertEqual(self.whole("alerts.jsonl"), [3, 4])

    @unittest.skipIf(os.geteuid() == 0 and not shutil.which("setpriv"), "root may write anywhere")
    def test_permission_lost_and_back(self):
        # Root writes whatever the mode says: the daemon runs without that power.
        before = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"] if os.geteuid() == 0 else []
        self.start(*before)
        self.roles()
        self.life(1)
        os.rename(self.path("alerts.jsonl"), self.path("first"))
        os.chmod(self.folder, 0o555)
        self.addCleanup(os.chmod, self.folder, 0o755)
        self.daemon.send_signal(signal.SIGHUP)
        self.wait_log("output: can't be written")
        self.link(False)
        self.wait_log("transition=raised", 2)
        os.chmod(self.folder, 0o755)
        self.wait_log("output: can be written again")
        self.assertEqual(self.whole("alerts.jsonl"), [3])

    def test_an_output_list_that_changes_keeps_what_waits(self):
        # The file can't be written yet; its path stays in the list, another is added.
        os.symlink("/dev/full", self.path("alerts.jsonl"))
        self.start()
        self.fault()
        self.wait_log("output: can't be written")
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml") + "  - {type: file, path: more.jsonl}\n")
        self.daemon.send_signal(signal.SIGHUP)
        self.wait_log("reload: done")
        os.unlink(self.path("alerts.jsonl"))
        self.assertEqual(self.wait_transition("raised", "no-switchover")["seq"], 1)
        self.assertTrue(os.path.exists(self.path("more.jsonl")))

    def test_a_reader_of_stdout_that_goes(self):
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml") + "  - {type: stdout}\n")
        read, write = os.pipe()
        with open(self.path("log"), "a") as log:
            self.daemon = subprocess.Popen([TRUNKWATCHD, "-c", self.path("trunkwatchd.yaml")], stdout=write, stderr=log,
                                           env=self.environment(), stdin=subprocess.DEVNULL)
        self.addCleanup(self.end, self.daemon)
        os.close(write)
        self.wait_told("READY=1")
        self.roles()
        self.life(1)
        self.assertGreater(len(os.read(read, 65536)), 100)
        os.close(read)
        self.life(2)
        self.wait_log("output: can't be written, will be tried again output=stdout why=\"Broken pipe\"")
        self.assertEqual(self.whole("alerts.jsonl"), [1, 2, 3, 4])

    def test_a_test_of_an_output(self):
        control = self.path("control.sock")
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml").replace("outputs:\n", f"control: {control}\noutputs:\n")
                   + "  - {type: file, path: full.jsonl, severity: critical, name: full}\n")
        os.symlink("/dev/full", self.path("full.jsonl"))
        self.start()

        def ask(name):
            return subprocess.run([TRUNKWATCH, "test-output", "-c", self.path("trunkwatchd.yaml"), name], capture_output=True,
                                  text=True, timeout=PATIENCE)
        name = "file:" + self.path("alerts.jsonl")
        done = ask(name)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("a test alert was raised and cleared there", done.stdout)
        raised, cleared = self.transitions()
        self.assertEqual((raised["condition"], raised["transition"], cleared["transition"]), ("test", "raised", "cleared"))
        self.assertEqual(raised["alert_id"], cleared["alert_id"])
        done = ask("full")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("full: failed: No space left on device", done.stderr)
        done = ask("nobody")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"there is no such output, expected {name}, full", done.stderr)
        # It was no alert: nothing is open, and nothing was counted.
        self.assertEqual(self.counters()["raised"], 0)

    def test_replay_into_head(self):
        lines = [role("PE-A", "Master", 1786212000)]
        for i in range(600):
            lines += [link("PE-A", "Eth-Trunk10.100", at=1786212010 + 60 * i),
                      link("PE-A", "Eth-Trunk10.100", up=True, at=1786212040 + 60 * i)]
        self.write("input.log", "\n".join(lines) + "\n")
        done = subprocess.run(["bash", "-c", '"$@" | head -1; echo "${PIPESTATUS[0]}"', "bash", TRUNKWATCH, "replay", "-i",
                               self.path("inventory.yaml"), "-r", RULES, self.path("input.log")], capture_output=True, text=True,
                              timeout=PATIENCE)
        first, status = done.stdout.splitlines()
        self.assertIn('"seq":1,', first)
        self.assertEqual(status, "2")
        self.assertIn("standard output: Broken pipe", done.stderr)


if __name__ == "__main__":
    unittest.main()
