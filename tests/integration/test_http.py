"""The HTTP server's pages, what it refuses, and that a storm goes on beside it."""
import json
import socket
import unittest

from support import PATIENCE, PE_A, PE_B, link, role, send, wait_for
from web import WebCase


class Pages(WebCase):
    def test_alive_and_ready(self):
        self.start()
        self.assertEqual(self.json("/healthz"), {"status": "ok"})
        self.assertEqual(self.json("/readyz"), {"status": "ready"})
        _, headers, _ = self.request("/healthz")
        self.assertEqual(headers["Content-Type"], "application/json")
        self.assertEqual(headers["Cache-Control"], "no-store")
        self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        self.assertIsNone(headers["Access-Control-Allow-Origin"])

    def test_only_where_asked_for(self):
        self.configure(f'  http: "127.0.0.1:{self.http}"\n', "")
        self.start()
        with self.assertRaises(ConnectionRefusedError):
            self.request("/healthz")

    def test_ipv6(self):
        self.configure(f'"127.0.0.1:{self.http}"', f'"[::1]:{self.http}"')
        try:
            self.start()
        except AssertionError:
            if "Cannot assign requested address" in self.log():
                self.skipTest("no IPv6 here")
            raise
        with socket.create_connection(("::1", self.http), timeout=PATIENCE) as s:
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: [::1]:%d\r\n\r\n" % self.http)
            self.assertIn(b"200 OK", self.rest(s))

    def test_not_beyond_this_machine(self):
        self.configure("127.0.0.1:" + str(self.http), "0.0.0.0:" + str(self.http))
        self.start(ready=False)
        self.assertEqual(self.daemon.wait(timeout=PATIENCE), 1)
        self.assertRegex(self.log(), r"trunkwatchd.yaml:4:9: listen.http is '0.0.0.0:\d+', expected a loopback address")

    def test_port_in_use(self):
        with socket.create_server(("127.0.0.1", self.http)):
            self.start(ready=False)
            self.assertEqual(self.daemon.wait(timeout=PATIENCE), 1)
        self.assertIn("can't listen for HTTP", self.log())

    def test_refusals(self):
        self.start()
        for path, method, host, want in [("/nothing", "GET", None, 404), ("/", "GET", None, 404), ("/api/v1/alerts/", "GET", None, 404),
                                         ("/api/v1/alerts/0123456789abcdef", "GET", None, 404), ("/metrics/", "GET", None, 404),
                                         ("/api/v1/incident", "GET", None, 404), ("/api/v1/incidents", "GET", None, 503),
                                         ("/api/v1/alerts?state=burning", "GET", None, 400), ("/metrics?a=b", "GET", None, 400),
                                         ("/healthz", "POST", None, 405), ("/healthz", "DELETE", None, 405),
                                         ("/healthz", "BREW", None, 405), ("/healthz", "OPTIONS", None, 405),
                                         ("/healthz", "GET", "trunkwatch.example", 403), ("/healthz", "GET", "10.0.0.1:9116", 403),
                                         ("/healthz", "GET", "127.0.0.1.example", 403)]:
            status, headers, body = self.request(path, method, host)
            self.assertEqual(status, want, (path, method, host))
            self.assertEqual(list(json.loads(body)), ["error"])
            self.assertEqual(headers["Content-Type"], "application/json")
            self.assertEqual(headers["Allow"], "GET, HEAD" if want == 405 else None)
        for host in ("localhost", "LOCALHOST:1", "127.0.0.1", f"127.8.9.1:{self.http}", "[::1]"):
            self.assertEqual(self.request("/healthz", host=host)[0], 200)

    def test_head(self):
        self.start()
        status, headers, body = self.request("/metrics", "HEAD")
        self.assertEqual((status, body), (200, b""))
        self.assertGreater(int(headers["Content-Length"]), 1000)


class Storm(WebCase):
    def test_asked_without_end_in_a_storm(self):
        self.start()
        for host, state, source in (("PE-A", "Master", PE_A), ("PE-B", "Backup", PE_B)):
            send(self.syslog, role(host, state), source)
        sent = 2
        for i in range(100):
            for up in (False, True):
                send(self.syslog, link("PE-A", f"Eth-Trunk10.{1000 + i}", up), PE_A)
                sent += 1
            if i % 5 == 0:
                for path in ("/metrics", "/api/v1/status", "/api/v1/pairs", "/api/v1/unknown", "/api/v1/alerts"):
                    self.get(path)
        send(self.syslog, link("PE-A", "Eth-Trunk10.100"), PE_A)
        self.wait_metric("trunkwatch_core_events_total", sent + 1)
        # On a slow machine one of the short faults may have been raised, and taken back, before.
        raised = wait_for("the alert", lambda: [t for t in self.transitions() if t["transition"] == "raised" and
                                                t["sub_interfaces"] == ["Eth-Trunk10.100"]])[0]
        found = wait_for("the alert", lambda: [a for a in self.json("/api/v1/alerts?state=firing")["alerts"]
                                               if a["alert_id"] == raised["alert_id"]])
        self.assertEqual(found, [raised])
        self.assertEqual(self.json("/api/v1/status")["sources"][0]["dropped"]["kernel"], 0)


if __name__ == "__main__":
    unittest.main()
