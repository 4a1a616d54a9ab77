"""NSCA's own daemon, as scripts/peers unpacks it: what it writes into Nagios' command file."""
import glob
import os
import re
import socket
import struct
import subprocess
import threading
import unittest

from ports import free_port
from support import PATIENCE, SOURCE, wait_for
from test_webhook import Outputs

PEERS = os.path.join(SOURCE, "build", "peers")
DAEMON = os.path.join(PEERS, "usr/sbin/nsca")
RESULT = r"^\[\d+\] PROCESS_SERVICE_CHECK_RESULT;metro-7;{};{};(.*)$"
PASSWORD = "geheim; and longer than any key: 0123456789"


class Nsca:
    def __init__(self, test, name, method, password=PASSWORD):
        self.test, self.name, self.port, self.process = test, name, free_port(), None
        test.write(f"{name}.got", "")
        test.write(f"{name}.cfg", f"pid_file={test.path(name)}.pid\nserver_address=127.0.0.1\nserver_port={self.port}\n"
                   f"command_file={test.path(name)}.got\nalternate_dump_file={test.path(name)}.dump\nappend_to_file=1\n"
                   f"max_packet_age=30\ndecryption_method={method}\npassword={password}\n")
        test.addCleanup(self.stop)

    def start(self):
        environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(glob.glob(os.path.join(PEERS, "usr/lib/*-linux-gnu")))}
        with open(self.test.path(self.name + ".out"), "a") as log:
            self.process = subprocess.Popen([DAEMON, "-f", "-c", self.test.path(self.name + ".cfg"), "--daemon"], env=environment,
                                            stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_for("a daemon of NSCA", lambda: f":{self.port:04X} " in self.test.read("/proc/net/tcp"))

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=PATIENCE)
            self.process = None

    def wait(self, service, code, text):
        """The output of a result like that."""
        def find():
            got = self.test.read(self.name + ".got")
            whole = got[:got.rfind("\n") + 1]  # the daemon writes a long line in pieces
            found = re.findall(RESULT.format(service, code), whole, re.M)
            return [output for output in found if text in output]
        return wait_for(f"{self.name}: {service} {code} {text}:\n{self.test.read(self.name + '.got')}\n{self.test.log()}", find)[-1]


@unittest.skipUnless(os.path.exists(DAEMON), "no NSCA here: scripts/peers brings it")
class OfNsca(Outputs):
    def test_every_encryption(self):
        methods = {"none": 0, "xor": 1, "3des": 3, "rijndael-128": 14}
        daemons = {name: Nsca(self, name, number) for name, number in methods.items()}
        other = Nsca(self, "other", 14, password="another")
        self.write("password", PASSWORD + "\n")
        to = 'type: nsca, server: 127.0.0.1, password-file: password, ttl: 3s, alive: "metro-7!trunkwatch"'
        self.outputs(*[f"{{{to}, name: {name}, encryption: {name}, port: {d.port}}}" for name, d in daemons.items()],
                     f"{{{to}, name: other, encryption: rijndael-128, port: {other.port}}}",
                     f"{{{to}, name: wide, port: {daemons['xor'].port}, service: \"{'x' * 128}\"}}")
        # One is not there yet.
        for daemon in [*daemons.values(), other]:
            if daemon.name != "xor":
                daemon.start()
        self.start()
        self.fault()
        raised = self.wait_transition("raised", "no-switchover")
        self.wait_why("xor", "Connection refused")
        daemons["xor"].start()
        for daemon in daemons.values():
            output = daemon.wait("no-switchover", 2, raised["summary"])
            lines = output.split("\\n")
            self.assertEqual(lines[0], raised["summary"])
            self.assertIn("          display e-trunk 1", lines)
            self.assertTrue(output.endswith("|open=1;;;0 sub_interfaces=1;;;0"), output)
            daemon.wait("trunkwatch", 0, "is alive, open alerts: ")
        self.clear()
        for daemon in daemons.values():
            daemon.wait("no-switchover", 0, "over (recovered)")
        self.wait_log('were passed over output=wide why="the service\'s name is longer than 127 bytes"')
        # The daemon tells nobody but its log that it could not read a packet.
        self.assertEqual(self.read("other.got"), "")
        self.assertNotIn("geheim", self.log())


class Answers(Outputs):
    def receiver(self, answer, then="close"):
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        held = []
        self.addCleanup(lambda: [s.close() for s in held])

        def serve():
            while True:
                try:
                    connection, _ = server.accept()
                    connection.sendall(answer)
                    if then == "close":
                        connection.close()
                    else:
                        held.append(connection)
                except OSError:
                    return
        threading.Thread(target=serve, daemon=True).start()
        return server.getsockname()[1]

    def test_daemons_that_fail(self):
        init = os.urandom(128) + struct.pack(">I", 1786212460)
        ports = {"silent": (self.receiver(b"", "hang"), "no answer in time"), "half": (self.receiver(init[:131]), "the other side closed the connection"),
                 "reads nothing": (self.receiver(init, "hang"), "no answer in time"),
                 "talks": (self.receiver(init + b"HTTP/1.1 400 Bad Request", "hang"), "the answer is too long")}
        self.outputs(*[f"{{type: nsca, name: {name}, server: 127.0.0.1, port: {port}, timeout: 1s}}" for name, (port, _) in ports.items()])
        self.start()
        self.fault()
        self.wait_transition("raised", "no-switchover")
        for name, (_, why) in ports.items():
            self.wait_log(f'will be tried again output={name if " " not in name else chr(34) + name + chr(34)} why="{why}')

    def test_settings_that_can_not_work(self):
        to = "server: 127.0.0.1"
        self.assert_wrong("nsca", (f'{to}, host: "a;b"', "host: it has a character"), (f"{to}, encryption: 3des", "encryption: 3des needs a password-file"),
                          ('server: ""', "expected the name or the address of a host"))


if __name__ == "__main__":
    unittest.main()
