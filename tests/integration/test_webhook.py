"""Webhooks: what arrives, what a receiver can do wrong, and whom we believe."""
import hashlib
import hmac
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

from certificates import Authority
from receivers import OK, Receiver, tls_server
from support import Case, PATIENCE, PE_A, link, send, wait_for

AGAIN = "output: can't be written, will be tried again output={} why=\"{}"


class Outputs(Case):
    def outputs(self, *rows):
        text = self.read("trunkwatchd.yaml").replace("hold: 1s", "hold: 100ms")
        self.write("trunkwatchd.yaml", text + "".join(f"  - {row}\n" for row in rows))

    def down(self, sub):
        send(self.syslog, link("PE-A", f"Eth-Trunk10.{sub}"), PE_A)

    def clear(self):
        time.sleep(0.2)
        send(self.syslog, link("PE-A", "Eth-Trunk10.100", up=True), PE_A)

    def wait_why(self, name, why):
        self.wait_log(AGAIN.format(name, why))


    def assert_wrong(self, kind, *rows):
        """rows: settings, and what is said of them. All of them in one configuration, which is checked once."""
        text = "".join(f"  - {{type: {kind}, name: x{i}, {settings}}}\n" for i, (settings, _) in enumerate(rows))
        self.write("wrong.yaml", self.read("trunkwatchd.yaml") + text)
        done = subprocess.run([os.environ["TRUNKWATCHD"], "-c", self.path("wrong.yaml"), "--check"], capture_output=True, text=True,
                              timeout=PATIENCE)
        self.assertEqual(done.returncode, 1)
        for i, (settings, why) in enumerate(rows):
            self.assertRegex(done.stderr, f"output 'x{i}': .*{re.escape(why)}", settings)
        return done.stderr


class Webhook(Outputs):
    def test_what_arrives(self):
        plain, event, secret_url = Receiver(self), Receiver(self), Receiver(self)
        self.write("secret", "correct horse\n")
        self.write("token", "abc.def\n")
        self.write("password", "pass:word\n")
        self.write("url", secret_url.url + "/T0KEN\n")
        self.outputs(
            f'{{type: webhook, name: plain, url: "{plain.url}", secret-file: secret, bearer-file: token, headers: ["X-Team: noc"]}}',
            f'{{type: webhook, name: event, url: "{event.url}", body: cloudevents, user: tw, password-file: password}}',
            "{type: webhook, url-file: url}")
        # A proxy in the environment is not for this machine itself.
        self.start(environment=self.environment(http_proxy="http://127.0.0.1:9", https_proxy="http://127.0.0.1:9"))
        self.fault()
        raised = self.wait_transition("raised", "no-switchover")
        self.clear()
        cleared = self.wait_transition("cleared", "no-switchover")
        requests = plain.wait(2)
        self.assertEqual([json.loads(body) for _, _, body in requests], [raised, cleared])
        path, headers, body = requests[0]
        self.assertEqual((path, headers["Content-Type"], headers["X-Team"], headers["Authorization"]),
                         ("/hook", "application/json", "noc", "Bearer abc.def"))
        stamp = headers["X-Trunkwatch-Timestamp"]
        self.assertLess(abs(int(stamp) - time.time()), 60)
        mac = hmac.new(b"correct horse", stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        self.assertEqual(headers["X-Trunkwatch-Signature"], "sha256=" + mac)
        keys = [headers["Idempotency-Key"] for _, headers, _ in requests]
        self.assertEqual(len(set(keys)), 2)
        self.assertTrue(all(k.startswith(raised["alert_id"] + ".") for k in keys), keys)
        _, headers, body = event.wait(1)[0]
        self.assertEqual(headers["Content-Type"], "application/cloudevents+json; charset=utf-8")
        self.assertEqual(headers["Authorization"], "Basic dHc6cGFzczp3b3Jk")
        told = json.loads(body)
        self.assertEqual(told.pop("data"), raised)
        self.assertEqual(told, {"specversion": "1.0", "id": keys[0], "source": "/trunkwatch", "type": "trunkwatch.alert.raised",
                                "subject": "metro-7", "time": raised["time"], "datacontenttype": "application/json"})
        self.assertEqual(secret_url.wait(1)[0][0], "/hook/T0KEN")
        for secret in ("correct horse", "abc.def", "pass:word", "T0KEN"):
            self.assertNotIn(secret, self.log())

    def test_receivers_that_fail(self):
        fails = {  # what they do twice before they answer well, and how it is told
            "hangs": (("hang",), "connected, but no answer within 1 s"),
            "closes": (("close",), "closed without an answer"),
            "half": (("half",), "closed in the middle of the answer"),
            "garbage": (("garbage",), "received HTTP/0.9 when not allowed"),
            "broken": (("status", 500), "HTTP 500 Internal Server Error"),
            "moved": (("status", 302, [("Location", "http://elsewhere.example/secret-path")]),
                      "HTTP 302: a redirect to elsewhere.example, which is not followed"),
        }
        receivers = {name: Receiver(self, *[what] * 2) for name, (what, _) in fails.items()}
        flood = Receiver(self, ("flood",))
        refuses = Receiver(self, *[("status", 422, [], b"no such field")] * 3)
        later = Receiver(self, start=False)
        busy = Receiver(self, *[("status", 503, [("Retry-After", "4")])])
        self.outputs(*[f'{{type: webhook, name: {name}, timeout: 1s, url: "{r.url}"}}' for name, r in
                       [*receivers.items(), ("flood", flood), ("refuses", refuses), ("later", later), ("busy", busy)]])
        self.start()
        began = time.monotonic()
        self.fault()
        raised = self.wait_transition("raised", "no-switchover")
        self.clear()
        cleared = self.wait_transition("cleared", "no-switchover")
        self.assertLess(time.monotonic() - began, 10)  # nobody waits for them
        self.wait_why("later", "connection refused")
        later.start()
        for name, (_, why) in fails.items():
            self.wait_why(name, why)
            self.assertEqual(receivers[name].bodies(2)[:2], [raised, cleared], name)
        self.assertEqual(later.bodies(2)[:2], [raised, cleared])
        # The answer was too long, but it was a yes.
        self.assertEqual(flood.bodies(1)[0], cleared)
        # What is refused is passed over and told.
        self.assertEqual(refuses.bodies(1)[0], cleared)
        self.wait_log("the receiver refuses alert transitions: they were passed over output=refuses why=\"HTTP 422 Unprocessable "
                      "Content: no such field\"")
        # It asked for four seconds, and had them.
        self.assertEqual(busy.bodies(2)[:2], [raised, cleared])
        self.assertGreater(time.monotonic() - began, 4)
        self.assertNotIn("secret-path", self.log())

    def test_certificates(self):
        ca = Authority(self.folder)
        stranger = Authority(self.folder, "stranger")
        good = ca.sign("good", alternatives="IP:127.0.0.1")
        client = ca.sign("client", common="trunkwatch")
        fails = {"expired": (ca.sign("expired", alternatives="IP:127.0.0.1", expired=True), "its certificate: certificate has expired"),
                 "unknown": (stranger.sign("unknown", alternatives="IP:127.0.0.1"), "its certificate: unable to get local issuer"),
                 "other": (ca.sign("other", alternatives="DNS:other.example"), "its certificate is for another name")}
        bad = {name: Receiver(self, tls=tls_server(*files)) for name, (files, _) in fails.items()}
        believed = Receiver(self, tls=tls_server(*good, client_ca=ca.pem))
        anonymous = Receiver(self, tls=tls_server(*good, client_ca=ca.pem))
        self.outputs(*[f'{{type: webhook, name: {name}, url: "{r.url}", ca-file: {ca.pem}}}' for name, r in
                       [*bad.items(), ("anonymous", anonymous)]],
                     f'{{type: webhook, name: believed, url: "{believed.url}", ca-file: {ca.pem}, certificate: {client[0]}, '
                     f"key: {client[1]}}}")
        self.start()
        self.fault()
        raised = self.wait_transition("raised", "no-switchover")
        self.assertEqual(believed.bodies(1)[0], raised)
        for name, (_, why) in fails.items():
            self.wait_why(name, why)
            self.assertEqual(bad[name].requests, [])
        self.wait_log(AGAIN.format("anonymous", ""))
        self.assertEqual(anonymous.requests, [])

    def test_through_a_proxy(self):
        # One that is named is used, also for this machine: the request comes to it with the whole URL.
        proxy = Receiver(self)
        self.outputs(f'{{type: webhook, url: "http://127.0.0.1:9/x", proxy: "http://127.0.0.1:{proxy.port}"}}')
        self.start()
        self.fault()
        self.assertEqual(proxy.wait(1)[0][0], "http://127.0.0.1:9/x")

    def test_settings_that_can_not_work(self):
        ca = Authority(self.folder)
        pem, key = ca.sign("a", common="a")
        _, other = ca.sign("b", common="b")
        self.write("nothing.pem", "nothing\n")
        self.write("key", "a secret that is long enough\n")
        url = 'url: "http://127.0.0.1:1/"'
        said = self.assert_wrong(
            "webhook", ("body: json", "it has no url"), ('url: "ftp://a/"', "its scheme is none of these"),
            ('url: "http://u:p@a/"', "it holds a user, whose password everybody could read"),
            (f"{url}, ca-file: nothing.pem", "no certificate (PEM) can be read"),
            (f"{url}, certificate: {pem}", "certificate has no key"),
            (f"{url}, certificate: {pem}, key: {other}", "no private key"),
            (f"{url}, user: a", "user has no password-file"),
            (f'url: "http://hook.example/", user: a, password-file: key', "anybody can read the password"),
            (f'url: "http://192.0.2.1/", bearer-file: key', "anybody can read the password or token"),
            (f'{url}, headers: ["Content-Length: 5"]', "it is made by trunkwatch"),
            (f'{url}, headers: ["X: a\\r\\nY: b"]', "expected \"Name: value\" of printable ASCII"),
            (f'{url}, proxy: "http://u:secret@a/"', "it holds a user"))
        self.assertNotIn("secret@", said)


INSIDE = "TRUNKWATCH_TEST_INSIDE"
WITHOUT_ANSWERS = r"""ip link set lo up && mount --bind "$1" /etc/resolv.conf && shift && exec "$@" """


def can_separate():
    try:
        done = subprocess.run(["unshare", "-rmn", "sh", "-c", "ip link set lo up && mount --bind /etc/hosts /etc/resolv.conf"],
                              capture_output=True, timeout=PATIENCE)
        return done.returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


class NamesWithoutAnswers(Outputs):
    """In a network of its own whose name server never says a word."""

    @unittest.skipUnless(INSIDE in os.environ or (shutil.which("unshare") and shutil.which("ip") and can_separate()),
                         "no network can be made here")
    def test_a_name_server_that_never_answers(self):
        if INSIDE in os.environ:
            self.inside()
            return
        self.write("resolv.conf", "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n")
        done = subprocess.run(["unshare", "-rmn", "sh", "-c", WITHOUT_ANSWERS, "sh", self.path("resolv.conf"), sys.executable, "-B",
                               "-m", "unittest", "test_webhook.NamesWithoutAnswers"], env={**os.environ, INSIDE: "1"},
                              capture_output=True, text=True, timeout=3 * PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)

    def inside(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 53))
            silent.settimeout(PATIENCE)
            self.outputs('{type: webhook, name: lost, timeout: 2s, url: "http://receiver.example/"}')
            self.start()
            self.fault()
            self.assertIn(b"receiver", silent.recv(512))
            # While the look-up hangs all else goes on.
            self.wait_transition("raised", "no-switchover")
            self.clear()
            self.wait_transition("cleared", "no-switchover")
            self.wait_why("lost", "the look-up of the host's name did not end within 2 s")
            self.daemon.send_signal(signal.SIGHUP)
            self.wait_log("reload: done")
            self.assertIn(b"receiver", silent.recv(512))
            began = time.monotonic()
            self.assertEqual(self.stop(), 0)
            self.assertLess(time.monotonic() - began, 5)


if __name__ == "__main__":
    unittest.main()
