"""Killed at random moments: nothing that was acknowledged is lost, nothing is invented.

For longer: CAMPAIGN_KILLS=200, another course of events: CAMPAIGN_SEED=2."""
import os
import sys
import unittest

from campaign import SNMPTRAPD, Campaign


@unittest.skipUnless(SNMPTRAPD, "snmptrapd is not installed")
class Kill(Campaign):
    seed = int(os.environ.get("CAMPAIGN_SEED", "1"))

    def test_killed_again_and_again(self):
        kills = int(os.environ.get("CAMPAIGN_KILLS", "8"))
        self.run_campaign(kills)
        alerts = self.judge_all()
        faults = sum(self.faults.values())
        self.assertGreater(faults, 0)
        if kills > 8:
            print(f"seed {self.seed}: {kills} kills, {self.failures} failures of receivers, {faults} faults in {alerts} alerts: each arrived "
                  f"everywhere, under one id; repeats: {self.repeats}; lines of the file that were cut off: {self.torn}", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
