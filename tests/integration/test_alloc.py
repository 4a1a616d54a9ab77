"""Without memory the programs end at once, say so, and have written whole lines only: never a wrong result."""
import json
import os
import signal
import subprocess
import unittest

from support import Case, PATIENCE, RULES, SANITIZE, TEST_ALLOC, TRUNKWATCH, TRUNKWATCHD, link, role

RUNS = int(os.environ.get("ALLOC_RUNS", "60"))  # per test; 0: every allocation
T0 = 1786212000


@unittest.skipIf("address" in SANITIZE, "the sanitizer has an allocator of its own")
class Alloc(Case):
    def run_with(self, command, **environment):
        return subprocess.run(command, capture_output=True, timeout=PATIENCE,
                              env=self.environment(LD_PRELOAD=TEST_ALLOC, **environment))

    def sweep(self, command, begin=0.0):
        """Lets each of some allocations fail; `begin`: the part of the run that is left alone."""
        good = self.run_with(command, TEST_ALLOC_COUNT=self.path("count"))
        self.assertEqual(good.returncode, 0, good.stderr)
        count = int(self.read("count"))
        self.assertGreater(count, 1000)
        first = 1 + int(count * begin)
        step = max(1, (count - first) // RUNS) if RUNS else 1
        aborted = 0
        for k in range(first, count + 1, step):
            done = self.run_with(command, TEST_ALLOC_FAIL=str(k))
            what = f"allocation {k} of {count}: status {done.returncode}, {done.stderr[-300:]}"
            self.assertTrue(good.stdout.startswith(done.stdout), what)
            self.assertTrue(done.stdout == b"" or done.stdout.endswith(b"\n"), what)
            if done.returncode == 0:  # something that can do without, such as a faster pattern
                self.assertEqual((done.stdout, done.stderr), (good.stdout, good.stderr), what)
            elif done.returncode > 0:
                self.assertIn(b"Cannot allocate memory", done.stderr, what)
            else:
                self.assertEqual(done.returncode, -signal.SIGABRT, what)
                self.assertRegex(done.stderr.decode(), r": ends by an error .*\n\Z", what)
                aborted += 1
        self.assertGreater(aborted, 0)

    def test_check(self):
        self.sweep([TRUNKWATCHD, "-c", self.path("trunkwatchd.yaml"), "--check"])

    def test_replay(self):
        lines = [role("PE-A", "Master", T0), role("PE-B", "Backup", T0)]
        for i in range(40):  # more than one piece of output
            lines += [link("PE-A", f"Eth-Trunk10.{100 + i % 2 * 100}", at=T0 + 60 * i),
                      link("PE-A", f"Eth-Trunk10.{100 + i % 2 * 100}", up=True, at=T0 + 60 * i + 30)]
        self.write("input.log", "\n".join(lines) + "\n")
        command = [TRUNKWATCH, "replay", "-i", self.path("inventory.yaml"), "-r", RULES, self.path("input.log")]
        self.sweep(command, begin=0.9)
        done = self.run_with(command)
        raised = [t for t in map(json.loads, done.stdout.splitlines()) if t["transition"] == "raised"]
        self.assertEqual(len(raised), 40)


if __name__ == "__main__":
    unittest.main()
