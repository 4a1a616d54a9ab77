"""Too few file descriptors: the daemon says so, or does with what it has."""
import os
import resource
import signal
import subprocess
import time
import unittest

from support import Case, PATIENCE, PE_A, TRUNKWATCHD, link, send, wait_for


class Descriptors(Case):
    def start_with(self, limit):
        def lower():
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
        # Looking for leaks needs descriptors as well.
        asan = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "detect_leaks=0"]))
        with open(self.path("log"), "a") as log:
            self.daemon = subprocess.Popen([TRUNKWATCHD, "-c", self.path("trunkwatchd.yaml")], stderr=log, stdout=log,
                                           env=self.environment(ASAN_OPTIONS=asan), stdin=subprocess.DEVNULL, preexec_fn=lower)
        self.addCleanup(self.end_anyhow, self.daemon)

    def end_anyhow(self, process):
        if process.poll() is None:
            process.kill()
            process.wait(timeout=PATIENCE)

    def test_any_limit_ends_in_order_or_runs(self):
        # With too few it says so and ends; never a crash, never a daemon that is deaf.
        ran = refused = 0
        for limit in range(3, 24, 2):
            self.hear()
            self.told = []
            self.start_with(limit)
            wait_for("an end or a beginning", lambda: self.daemon.poll() is not None or "READY=1" in self.hear())
            if self.daemon.poll() is None:
                ran += 1
                self.assertEqual(self.stop(), 0, limit)
            elif self.daemon.returncode != 127:  # that is the loader, before anything of ours runs
                refused += 1
                self.assertIn(self.daemon.returncode, (1, 2, -signal.SIGABRT), limit)
                self.assertRegex(self.log().splitlines()[-1], "open files|ends by an error", limit)
        self.assertGreater(ran, 0)
        self.assertGreater(refused, 0)

    def test_a_reload_without_descriptors_changes_nothing(self):
        self.start()
        self.fault()
        self.wait_transition("raised", "no-switchover")
        hard = resource.prlimit(self.daemon.pid, resource.RLIMIT_NOFILE)[1]
        resource.prlimit(self.daemon.pid, resource.RLIMIT_NOFILE, (3, hard))
        self.daemon.send_signal(signal.SIGHUP)
        self.wait_log("reload: refused")
        time.sleep(1.1)
        send(self.syslog, link("PE-A", "Eth-Trunk10.100", up=True), PE_A)
        self.wait_log("transition=cleared")
        resource.prlimit(self.daemon.pid, resource.RLIMIT_NOFILE, (64, hard))
        self.wait_transition("cleared", "no-switchover")
        self.daemon.send_signal(signal.SIGHUP)
        self.wait_log("reload: done")


if __name__ == "__main__":
    unittest.main()
