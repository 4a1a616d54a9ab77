"""HTTP clients that mean no good."""
import json
import os
import socket
import time
import unittest

from support import PATIENCE, PE_A, role, wait_for
from web import WebCase

HOST = b"Host: localhost\r\n\r\n"


class Hostile(WebCase):
    def alive(self):
        """Another one is answered."""
        self.assertEqual(self.json("/healthz"), {"status": "ok"})

    def test_bytes(self):
        self.start()
        for data in (b"\0\1\2\r\n\r\n", b"GET /healthz\r\n\r\n", b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST,
                     b"GET /healthz HTTP/1.1\r\n" + b"".join(b"X%d: y\r\n" % i for i in range(2000)) + HOST,
                     b"POST /healthz HTTP/1.1\r\nContent-Length: -5\r\n" + HOST,
                     b"POST /healthz HTTP/1.1\r\nContent-Length: 500000\r\n" + HOST):
            # What was not read may cost the sender the answer, too.
            self.assertRegex(self.raw(data), rb"\A(HTTP/1\.1 4\d\d |\Z)")
        self.assertEqual(self.raw(b"GET /hea", end=True), b"")
        self.assertIn(b" 405 ", self.raw(b"POST /healthz HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + HOST + b"5\r\nhello\r\n0\r\n\r\n"))
        self.assertIn(b" 403 ", self.raw(b"GET http://other.example/healthz HTTP/1.1\r\n" + HOST))
        self.assertIn(b" 404 ", self.raw(b"GET /healthz%00x HTTP/1.1\r\n" + HOST))
        self.assertIn(b" 404 ", self.raw(b"GET /api/v1/alerts/" + b"%n" * 500 + b" HTTP/1.1\r\n" + HOST))
        # One request a connection: what follows is not looked at.
        self.assertEqual(self.raw((b"GET /healthz HTTP/1.1\r\n" + HOST) * 3).count(b"200 OK"), 1)
        self.alive()

    def test_what_a_refusal_looks_like(self):
        """{"error": ...}; what libevent itself refuses is a fixed text, without a word of the request."""
        self.start()
        for data, status, why in (
                (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST, 431, "the headers are too long, expected at most 8192 bytes"),
                (b"GET /healthz HTTP/1.1\r\n" + b"".join(b"X%d: yyyy\r\n" % i for i in range(1000)) + HOST, 431,
                 "the headers are too long, expected at most 8192 bytes"),
                (b"POST /healthz HTTP/1.1\r\nContent-Length: 4097\r\n" + HOST + b"b" * 4097, 413, "the body is too long, expected none"),
                (b"POST /healthz HTTP/1.1\r\nContent-Length: 4096\r\n" + HOST + b"b" * 4096, 405, "this method is not served, expected GET or HEAD"),
                (b"GET /healthz%00x HTTP/1.1\r\n" + HOST, 404, "there is nothing here")):
            head, body = self.raw(data).split(b"\r\n\r\n", 1)
            self.assertIn(b" %d " % status, head.split(b"\r\n")[0])
            self.assertIn(b"Content-Type: application/json", head)
            self.assertEqual(json.loads(body), {"error": why})
        page = rb"\A(<HTML><HEAD>\s*<TITLE>4\d\d [A-Za-z ]+</TITLE>\s*</HEAD><BODY>\s*<H1>[A-Za-z ]+</H1>\s*</BODY></HTML>\s*)\Z"
        for data in (b"words <b> /\r\n\r\n", b"GET / HTTP/1.1\r\nno colon <b>\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: 70000\r\nX: <b>\r\n" + HOST,
                     b"POST / HTTP/1.1\r\nContent-Length: 3\r\nExpect: <b>\r\n" + HOST, b"GET /" + b"<b>" * 30000 + b" HTTP/1.1\r\n" + HOST):
            head, body = self.raw(data).split(b"\r\n\r\n", 1)
            self.assertRegex(head, rb"\AHTTP/1\.[01] 4\d\d ")
            self.assertIn(b"Connection: close", head)
            self.assertRegex(body, page)
            self.assertNotIn(b"<b>", head + body)
        self.alive()

    def test_a_refused_one_makes_nobody_deaf(self):
        """The number of its descriptor is the next connection's, here a router's."""
        self.configure(f'"udp://127.0.0.1:{self.syslog}"]\n  snmp', f'"udp://127.0.0.1:{self.syslog}", "tcp://127.0.0.1:{self.syslog}"]\n  snmp')
        self.start()
        for n in range(1, 6):
            self.raw(b"FOO / HTTP/1.1\r\n\r\n")
            with socket.create_connection(("127.0.0.1", self.syslog), source_address=(PE_A, 0)) as s:
                s.sendall(role("PE-A", "Master").encode() + b"\n")
                wait_for(f"message {n} by TCP", lambda n=n: self.metrics()["trunkwatch_core_received_total"] == n)

    def test_slow_ones_are_ended(self):
        self.start()
        begun = time.monotonic()
        slow = [socket.create_connection(("127.0.0.1", self.http), timeout=2 * PATIENCE) for _ in range(3)]
        slow[0].sendall(b"GET /healthz HTTP/1.1\r\nX: ")
        slow[1].sendall(b"POST /healthz HTTP/1.1\r\nContent-Length: 4000\r\n" + HOST)
        self.alive()
        ended = 0
        while ended < len(slow):  # a byte now and then does not keep it open
            self.assertLess(time.monotonic() - begun, 2 * PATIENCE)
            try:
                for s in slow[:2]:
                    s.sendall(b"a")
            except OSError:
                break
            time.sleep(0.3)
        for s in slow:
            self.rest(s)
            s.close()
        self.assertGreater(time.monotonic() - begun, 4)
        self.wait_metric("trunkwatch_http_connections_late_total", 3)
        self.wait_metric("trunkwatch_http_connections_open", 1)

    def test_many_connections(self):
        self.start()
        many = [socket.create_connection(("127.0.0.1", self.http), timeout=2 * PATIENCE) for _ in range(100)]
        # No room for another one now: it waits, and it gets its answer when some have been ended.
        self.fault()
        self.wait_transition("raised", "no-switchover")
        fds = len(os.listdir(f"/proc/{self.daemon.pid}/fd"))
        self.assertLess(fds, 32 + 30)
        for s in many:
            s.close()
        self.alive()

    def test_ones_that_take_nothing(self):
        self.start()
        stopped = []
        for _ in range(20):
            s = socket.socket()
            self.addCleanup(s.close)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.connect(("127.0.0.1", self.http))
            s.sendall(b"GET /metrics HTTP/1.1\r\n" + HOST)
            stopped.append(s)
        self.fault()
        self.wait_transition("raised", "no-switchover")
        self.alive()


if __name__ == "__main__":
    unittest.main()
