"""Killed at random moments: nothing that was acknowledged is lost, nothing is invented.

For longer: CAMPAIGN_KILLS=200, another course of events: CAMPAIGN_SEED=2."""
import os
import sys
import unittest

from campaign import SNMPTRAPD, Campaign, LoggingRouter, Router


@unittest.skipUnless(SNMPTRAPD, "snmptrapd is not installed")
class Kill(Campaign):
    seed = int(os.environ.get("CAMPAIGN_SEED", "1"))

    def test_faults_told_by_informs(self):
        self.campaign(Router)

    def test_faults_told_over_a_connection(self):
        self.campaign(LoggingRouter)

    def campaign(self, kind):
        kills = int(os.environ.get("CAMPAIGN_KILLS", "3" if kind.lull else "5"))
        self.run_campaign(kills, kind)
        alerts = self.judge_all()
        faults = sum(self.faults.values())
        self.assertGreater(faults, 0)
        if kills > 5:
            print(f"{kind.__name__}, seed {self.seed}: {kills} kills, {self.failures} failures of receivers and disk, {faults} faults in {alerts} alerts: each arrived "
                  f"everywhere, under one id; repeats: {self.repeats}; lines of the file that were cut off: {self.torn}", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
