"""Metrics: their form, their numbers, and a Prometheus that takes them."""
import json
import os
import re
import shutil
import subprocess
import time
import unittest
import urllib.parse
import urllib.request

from ports import free_port
from support import PATIENCE, PE_A, PE_B, SOURCE, STRANGER, role, send, wait_for
from web import WebCase


class Metrics(WebCase):
    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_promtool(self):
        self.write("inventory.yaml", self.read("inventory.yaml").replace("pe-a", 'p"e\\a'))
        self.configure("alerts.jsonl", "'al\"ér\\ts.jsonl'")
        self.start()
        self.fault()
        wait_for("an alert", lambda: self.metrics().get('trunkwatch_alerts_firing{condition="no-switchover",severity="critical"}') == 1)
        text = self.get("/metrics")
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual(self.request("/metrics")[1]["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        self.assertEqual(self.metrics()['trunkwatch_device_received_total{device="p\\"e\\\\a"}'], 2)

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_rules_of_the_handbook(self):
        with open(os.path.join(SOURCE, "docs", "operations.md")) as f:
            blocks = [block.split("```")[0] for block in f.read().split("```yaml\n")[1:]]
        rules, scrape = (next(b for b in blocks if word in b) for word in ("groups:", "scrape_configs:"))
        for name, text, command in (("rules.yml", rules, ("check", "rules")), ("prometheus.yml", scrape, ("check", "config"))):
            self.write(name, text)
            done = subprocess.run(["promtool", *command, self.path(name)], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.start()
        send(self.syslog, role("PE-A", "Master"), PE_A)
        self.wait_metric('trunkwatch_device_received_total{device="pe-a"}', 1)
        text = self.get("/metrics")
        for name in re.findall(r"trunkwatch_\w+", rules):
            self.assertIn(f"\n{name}", text)

    def test_numbers(self):
        self.start()
        for _ in range(20):
            send(self.syslog, role("PE-A", "Master"), PE_A)
        send(self.syslog, role("PE-B", "Backup"), PE_B)
        send(self.syslog, role("PE-A", "Master"), STRANGER)
        send(self.snmp, bytes.fromhex("302902010104057075626c69"), PE_A)
        self.wait_metric("trunkwatch_core_received_total", 23)
        m = self.metrics()
        socket_of = f'{{socket="syslog://127.0.0.1:{self.syslog}"}}'
        self.assertEqual(m["trunkwatch_core_events_total"], 21)
        self.assertEqual(m["trunkwatch_core_ignored_unknown_source_total"], 1)
        self.assertEqual(m["trunkwatch_socket_received_total" + socket_of], 22)
        self.assertEqual(m['trunkwatch_device_received_total{device="pe-a"}'], 21)
        self.assertEqual(m['trunkwatch_device_dropped_total{device="pe-a",reason="malformed_trap"}'], 1)
        self.assertEqual(m['trunkwatch_nobody_dropped_total{reason="ignored_unknown_source"}'], 1)
        self.assertEqual(m["trunkwatch_strangers"], 1)
        self.assertGreater(m['trunkwatch_device_last_heard_timestamp_seconds{device="pe-b"}'], time.time() - 60)
        self.assertGreater(m["process_resident_memory_bytes"], 1e6)
        self.assertGreater(m["process_open_fds"], 5)
        self.assertLess(abs(m["process_start_time_seconds"] - time.time()), 60)

    @unittest.skipUnless(shutil.which("prometheus"), "prometheus is not installed")
    def test_a_real_prometheus(self):
        self.start()
        send(self.syslog, role("PE-A", "Master"), PE_A)
        port = free_port()
        self.write("prometheus.yml", "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\nscrape_configs:\n"
                   f"  - job_name: trunkwatch\n    static_configs: [{{targets: ['127.0.0.1:{self.http}']}}]\n")
        with open(self.path("prometheus.log"), "w") as log:
            prometheus = subprocess.Popen(["prometheus", f"--config.file={self.path('prometheus.yml')}",
                                           f"--storage.tsdb.path={self.path('tsdb')}", f"--web.listen-address=127.0.0.1:{port}"],
                                          stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.addCleanup(prometheus.wait, PATIENCE)
        self.addCleanup(prometheus.kill)

        def query(text):
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            try:
                url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": text})
                with opener.open(url, timeout=PATIENCE) as answer:
                    return [float(r["value"][1]) for r in json.load(answer)["data"]["result"]]
            except OSError:
                return []
        wait_for(f"a scrape; {self.read('prometheus.log')}", lambda: query("up") == [1.0], 3 * PATIENCE)
        wait_for("the number", lambda: query("sum(trunkwatch_device_received_total)") == [1.0], 3 * PATIENCE)


if __name__ == "__main__":
    unittest.main()
