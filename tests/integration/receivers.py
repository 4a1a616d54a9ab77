"""Receivers of alerts over HTTP: a real server on a loopback port that answers as a test tells it to."""
import json
import socketserver
import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from ports import free_port
from support import PATIENCE, wait_for


class Server(socketserver.ThreadingMixIn, HTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass  # whoever breaks off a connection does it on purpose here


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        r = self.server.receiver
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        with r.lock:
            answer = r.script.pop(0) if r.script else r.usual
            answer = answer(body) if callable(answer) else answer
            r.requests.append((self.path, self.headers, body, answer))
        getattr(self, "do_" + answer[0])(*answer[1:])

    def do_status(self, status, headers=(), body=b"{}"):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_close(self):
        self.close_connection = True

    def do_half(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf of")
        self.close_connection = True

    def do_garbage(self):
        self.wfile.write(b"\x00\xff\x16\x03 this is no HTTP\r\n\r\n")
        self.close_connection = True

    def do_hang(self):
        self.server.receiver.ended.wait(PATIENCE)
        self.close_connection = True

    def do_flood(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while not self.server.receiver.ended.is_set():
                self.wfile.write(b"x" * 65536)
        except OSError:
            pass
        self.close_connection = True


OK = ("status", 200)


class Receiver:
    """script: what is answered to the first requests; `usual` to all others. Or what makes it of the body."""

    def __init__(self, test, *script, usual=OK, tls=None, port=0, start=True):
        self.script, self.usual, self.tls = list(script), usual, tls
        self.requests, self.lock, self.ended = [], threading.Lock(), threading.Event()
        self.port, self.server = port or free_port(), None
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/hook"
        if start:
            self.start()
        test.addCleanup(self.stop)

    def start(self):
        self.server = Server(("127.0.0.1", self.port), Handler)
        self.server.receiver = self
        if self.tls:
            self.server.socket = self.tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        self.ended.set()
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def wait(self, count):
        """The first requests that were answered with success: (path, headers, body)."""
        def find():
            with self.lock:
                good = [r[:3] for r in self.requests if r[3] == OK]
            return good if len(good) >= count else None
        return wait_for(f"{count} requests at {self.url}, has {len(self.requests)}", find)

    def bodies(self, count):
        return [json.loads(body) for _, _, body in self.wait(count)]


def tls_server(pem, key, client_ca=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    if client_ca:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
