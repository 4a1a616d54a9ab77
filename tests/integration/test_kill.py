"""Killed at random moments: nothing that was acknowledged is lost, nothing is invented. scripts/campaign does it for longer."""
import os
import sys
import unittest

from campaign import Campaign


class Kill(Campaign):
    seed = int(os.environ.get("CAMPAIGN_SEED", "1"))

    def test_killed_again_and_again(self):
        kills = int(os.environ.get("CAMPAIGN_KILLS", "8"))
        self.run_campaign(kills)
        alerts = self.judge_all()
        faults = sum(self.faults.values())
        self.assertGreater(faults, 0)
        if kills > 8:
            print(f"{kills} kills, {faults} faults in {alerts} alerts: each arrived everywhere, under one id", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
