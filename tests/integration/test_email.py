"""Mail: by a real server with STARTTLS and a password, and servers that do what they should not."""
import email
import email.policy
import json
import os
import socket
import socketserver
import subprocess
import threading
import time
import unittest

from certificates import Authority
from ports import free_port
from support import PATIENCE, PE_A, SOURCE, link, send, wait_for
from test_webhook import Outputs

PYTHON = "/usr/bin/python3"  # with Debian's packages, whichever other runs the tests


def has_server():
    try:
        return subprocess.run([PYTHON, "-c", "import aiosmtpd"], capture_output=True, timeout=PATIENCE).returncode == 0
    except OSError:
        return False


class Fake(socketserver.ThreadingTCPServer):
    """answers: by the verb of a command, "." for the end of a mail; None: not a word more, and the connection stays open."""
    daemon_threads, allow_reuse_address = True, True

    def __init__(self, test, **answers):
        self.answers = {"greeting": "220 fake", "EHLO": "250-fake\r\n250 8BITMIME", "MAIL": "250 OK", "RCPT": "250 OK", "DATA": "354 go",
                        ".": "250 taken", "QUIT": "221 bye", **answers}
        self.verbs, self.ended = [], threading.Event()
        super().__init__(("127.0.0.1", 0), Talk)
        self.url = f"smtp://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        test.addCleanup(self.stop)

    def handle_error(self, request, client_address):
        pass

    def stop(self):
        self.ended.set()
        self.shutdown()
        self.server_close()


class Talk(socketserver.StreamRequestHandler):
    def answer(self, verb):
        self.server.verbs.append(verb)
        text = self.server.answers.get(verb, "500 what?")
        if text is None:
            self.server.ended.wait(PATIENCE)
            return False
        self.wfile.write(text.encode() + b"\r\n")
        return True

    def handle(self):
        if not self.answer("greeting"):
            return
        for line in self.rfile:
            verb = line.split(b" ")[0].strip().decode().upper()
            if not self.answer(verb):
                return
            if verb == "QUIT":
                return
            if verb == "DATA" and self.server.answers["DATA"].startswith("354"):
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                if not self.answer("."):
                    return


class Email(Outputs):
    def server(self, ca, name="mail", port=None):
        pem, key = ca.sign(name, alternatives="IP:127.0.0.1")
        folder, port = self.path(name), port or free_port()
        os.makedirs(folder, exist_ok=True)
        process = subprocess.Popen([PYTHON, os.path.join(SOURCE, "tests/integration/mail_server.py"), str(port), folder, pem, key],
                                   stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, PATIENCE)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        return port

    def mails(self, count, name="mail"):
        def find():
            names = [f for f in os.listdir(self.path(name)) if f.endswith(".json")]
            return [json.loads(self.read(f"{name}/{i + 1}.json")) for i in range(len(names))] if len(names) >= count else None
        return wait_for(f"{count} mails", find, log=self.log)

    @unittest.skipUnless(has_server(), "no python3-aiosmtpd here")
    def test_what_arrives(self):
        ca = Authority(self.folder)
        port = self.server(ca)
        self.write("password", "geheim\n")
        self.outputs(f'{{type: email, server: "smtp://127.0.0.1:{port}/tw.example", ca-file: {ca.pem}, user: tw, password-file: password, '
                     'from: "Störungswache <tw@noc.example>", to: ["night@noc.example", "gone@noc.example", "B <b@noc.example>"], '
                     'link: "https://noc.example/a/"}',
                     f'{{type: email, name: stranger, server: "smtp://127.0.0.1:{port}", from: tw@noc.example, to: [a@noc.example]}}')
        self.write("inventory.yaml", self.read("inventory.yaml").replace("metro-7", "München-7"))
        self.start()
        self.fault()
        raised = self.wait_transition("raised", "no-switchover")
        dots = link("PE-A", "Eth-Trunk10.200").replace("Interface physical link is down", "." * 200)
        send(self.syslog, dots, PE_A)
        self.wait_transition("updated", "no-switchover")
        for sub in (100, 200):
            send(self.syslog, link("PE-A", f"Eth-Trunk10.{sub}", up=True), PE_A)
        cleared = self.wait_transition("cleared", "no-switchover")
        got = self.mails(3)
        first = got[0]
        self.assertEqual((first["from"], first["to"], first["tls"], first["user"]),
                         ("tw@noc.example", ["night@noc.example", "b@noc.example"], True, "tw"))
        for one in got:
            head, body = one["text"].split("\r\n\r\n", 1)
            self.assertNotIn("\n", one["text"].replace("\r\n", ""))
            self.assertLessEqual(max(map(len, one["text"].split("\r\n"))), 998)
            self.assertTrue(head.isascii())
        parsed = [email.message_from_bytes(m["text"].encode("latin-1"), policy=email.policy.default) for m in got]
        first, last = parsed[0], parsed[-1]
        self.assertEqual([m.defects for m in (first, last)], [[], []])
        self.assertEqual(first["Subject"], "CRITICAL no-switchover München-7: pe-a Eth-Trunk10.100")
        self.assertEqual(first["From"], "Störungswache <tw@noc.example>")
        self.assertEqual(first["To"].addresses[2].addr_spec, "b@noc.example")
        self.assertEqual(first["Auto-Submitted"], "auto-generated")
        self.assertLess(abs(first["Date"].datetime.timestamp() - time.time()), 60)
        body = first.get_content().replace("\r\n", "\n")
        self.assertTrue(body.startswith("CRITICAL  Traffic interruption, no switchover"), repr(body))
        self.assertIn("pair München-7", body)
        for command in (c for h in raised["hints"] for c in h["commands"]):
            self.assertIn(command, body)
        self.assertIn("Evidence", body)
        self.assertTrue(body.endswith(f"https://noc.example/a/{raised['alert_id']}\n"), repr(body[-200:]))
        self.assertTrue(any("." * 200 in m.get_content() for m in parsed))  # some of them begin a line on the way
        # One thread.
        self.assertEqual(first["Message-ID"], f"<{raised['alert_id']}@noc.example>")
        self.assertEqual((last["In-Reply-To"], last["References"]), (first["Message-ID"],) * 2)
        self.assertEqual(last["Subject"].split(":")[0], "CLEARED no-switchover München-7")
        self.assertEqual(len({m["text"].split("Message-ID: ")[1].split("\r\n")[0] for m in got}), 3)
        self.assertEqual(cleared["alert_id"], raised["alert_id"])
        # Who is not believed gets neither mail nor password.
        self.wait_why("stranger", "its certificate: ")
        self.assertNotIn("geheim", self.log())

    def test_servers_that_fail(self):
        common = "from: tw@a.example, to: [b@a.example], tls: none, timeout: 20s"
        servers = {
            # One that takes the mail and keeps the line: nobody waits for its good-bye.
            "silent": (Fake(self, QUIT=None), None),
            "no-and-silent": (Fake(self, MAIL="451 4.3.0 try later", QUIT=None), "451 4.3.0 try later"),
            "nobody": (Fake(self, RCPT="550 5.1.1 nobody\x1b[31m of that name"), "550 5.1.1 nobody\\x1b[31m of that name"),
            "hangs": (Fake(self, greeting=None), "connected, but the handshake did not end within 1 s"),
            "garbage": (Fake(self, greeting="HTTP/1.1 200 OK"), "connected, but the handshake did not end within 1 s"),
        }
        refuses = Fake(self, **{".": "554 5.7.1 looks like spam"})
        rows = [f'{{type: email, name: {name}, server: "{s.url}", {common}}}' for name, (s, _) in servers.items()]
        rows = [r.replace("20s", "1s") if "name: hangs" in r or "name: garbage" in r else r for r in rows]
        bare = Fake(self)
        self.outputs(*rows, f'{{type: email, name: refuses, server: "{refuses.url}", {common}}}',
                     f'{{type: email, name: bare, server: "{bare.url}", from: tw@a.example, to: [b@a.example]}}')
        self.start()
        began = time.monotonic()
        self.fault()
        self.wait_transition("raised", "no-switchover")
        silent = servers["silent"][0]
        wait_for("a good-bye", lambda: "QUIT" in silent.verbs and "QUIT" in servers["no-and-silent"][0].verbs)
        self.clear()
        self.wait_transition("cleared", "no-switchover")
        wait_for("the second mail", lambda: silent.verbs.count(".") == 2)
        self.assertLess(time.monotonic() - began, 10)
        for name, (_, why) in servers.items():
            if why:
                self.wait_why(name, why)
        self.wait_why("bare", "it offers no STARTTLS, and tls is required")
        self.assertNotIn("MAIL", bare.verbs)
        self.wait_log('were passed over output=refuses why="554 5.7.1 looks like spam"')

    def test_settings_that_can_not_work(self):
        self.write("password", "geheim\n")
        good = {"server": '"smtp://127.0.0.1:1"', "from": "a@b.example", "to": "[c@d.example]"}
        wrong = [({"server": '"http://127.0.0.1"'}, "its scheme is none of these"),
                 ({"from": '"a b"'}, "from: expected someone@example.net"),
                 ({"from": '"A\\r\\nBcc: x <a@b.example>"'}, "from: expected someone@example.net"),
                 ({"to": '["a@b.example> SIZE=1"]'}, "to: expected someone@example.net"),
                 ({"to": '["x@a.example,y@b.example"]'}, "to: expected someone@example.net"),
                 ({"user": "a", "password-file": "password", "tls": "opportunistic"}, "a password needs tls: required")]
        self.assert_wrong("email", *[(", ".join(f"{k}: {v}" for k, v in {**good, **more}.items()), why) for more, why in wrong])


if __name__ == "__main__":
    unittest.main()
