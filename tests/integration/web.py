"""A daemon that is looked at from outside: HTTP, control socket, commands."""
import http.client
import json
import socket
import subprocess

from ports import free_port
from support import Case, PATIENCE, TRUNKWATCH, wait_for


class WebCase(Case):
    def setUp(self):
        super().setUp()
        self.http = free_port()
        self.configure("listen:\n", f'listen:\n  http: "127.0.0.1:{self.http}"\n')

    def configure(self, old, new):
        text = self.read("trunkwatchd.yaml")
        self.assertIn(old, text)
        self.write("trunkwatchd.yaml", text.replace(old, new))

    def request(self, path, method="GET", host=None, body=None):
        """(status, headers, body)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.http, timeout=PATIENCE)
        try:
            connection.request(method, path, body=body, headers={"Host": host} if host else {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def get(self, path):
        status, _, body = self.request(path)
        self.assertEqual(status, 200, body)
        return body.decode()

    def json(self, path):
        return json.loads(self.get(path))

    def metrics(self):
        """'name{labels}' -> number"""
        lines = [line for line in self.get("/metrics").splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}

    def wait_metric(self, name, value):
        wait_for(f"{name} {value}", lambda: self.metrics().get(name) == value)

    def raw(self, data, end=False):
        """Bytes to the server, and all that it answers until it closes."""
        with socket.create_connection(("127.0.0.1", self.http), timeout=PATIENCE) as s:
            s.sendall(data)
            if end:
                s.shutdown(socket.SHUT_WR)
            return self.rest(s)

    @staticmethod
    def rest(s):
        answer = b""
        try:
            while piece := s.recv(65536):
                answer += piece
        except ConnectionResetError:
            pass
        return answer

    def run_command(self, *arguments, env=None):
        return subprocess.run([TRUNKWATCH, *arguments], capture_output=True, timeout=6 * PATIENCE, text=True,
                              env=env or self.environment())
