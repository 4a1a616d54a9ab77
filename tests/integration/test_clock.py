"""The wall clock is set under the daemon: no alert is lost, early by more than the step, or stuck."""
import struct
import time
import unittest

from support import Case, PE_A, TEST_CLOCK, link, send


class Clock(Case):
    """Its clock is moved by a preloaded library; what is under test is the daemon as it is."""

    def setUp(self):
        super().setUp()
        self.off = 0
        with open(self.path("clock"), "wb") as f:
            f.write(struct.pack("q", 0))
        text = self.read("trunkwatchd.yaml").replace("hold: 1s", "hold: 2s")
        self.write("trunkwatchd.yaml", text)

    def begin(self):
        self.start(environment=self.preloading(TEST_CLOCK, TEST_CLOCK_FILE=self.path("clock")))

    def step(self, seconds):
        self.off += seconds
        with open(self.path("clock"), "r+b") as f:
            f.write(struct.pack("q", int(self.off * 1e9)))

    def fault_now(self):
        """The routers' clocks are set with ours: by the same NTP."""
        self.fault()
        return time.monotonic()

    def raised_after(self, begin):
        self.wait_transition("raised", "no-switchover")
        return time.monotonic() - begin

    def clear(self):
        time.sleep(1.1)
        send(self.syslog, link("PE-A", "Eth-Trunk10.100", up=True, at=time.time() + self.off), PE_A)
        cleared = self.wait_transition("cleared", "no-switchover")
        self.assertEqual(cleared["cleared_by"], "recovered")
        self.assertEqual(len(self.transitions()), 2)

    def test_steps_back(self):
        # Time goes on at half speed until the wall clock has caught up: a hold of 2 s takes at most twice as long.
        self.begin()
        begin = self.fault_now()
        time.sleep(0.5)
        self.step(-3600)
        took = self.raised_after(begin)
        self.assertGreater(took, 1.6)
        self.assertLess(took, 6)
        self.clear()

    def test_a_step_forward_by_less_than_the_hold(self):
        # Early by the step at most, and no later than without it.
        self.begin()
        begin = self.fault_now()
        time.sleep(0.3)
        self.step(1)
        took = self.raised_after(begin)
        self.assertGreater(took, 0.7)
        self.assertLess(took, 3.5)
        self.clear()

    def test_a_jump_forward(self):
        self.begin()
        begin = self.fault_now()
        time.sleep(0.3)
        self.step(86400)
        self.assertLess(self.raised_after(begin), 4.5)
        self.clear()

    def test_many_steps(self):
        # To and fro ten times a second: still one alert, and it ends.
        self.begin()
        begin = self.fault_now()
        for i in range(20):
            self.step(7 if i % 2 else -7)
            time.sleep(0.1)
        self.assertLess(self.raised_after(begin), 9)
        self.clear()


if __name__ == "__main__":
    unittest.main()
