"""A daemon that hears syslog over TLS, and clients with certificates."""
import socket
import ssl

from certificates import Authority
from streams import StreamCase
from ports import free_port
from support import PATIENCE

TLS = """tls: {certificate: server.pem, key: server.key, client-ca: ca.pem}
"""


class Tls(StreamCase):
    more = ""

    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.ca = Authority(self.folder)
        self.ca.sign("server", common="collector", alternatives="DNS:collector,IP:127.0.0.1")
        self.write("inventory.yaml", self.read("inventory.yaml").replace(
            "hostnames: [PE-A]", "hostnames: [PE-A], certificate: pe-a.example").replace("{addresses: [127.0.1.1]", "addresses: [127.0.1.1]")
            .replace("hostnames: [PE-A], certificate: pe-a.example", "hostnames: [PE-A]\n    certificate: pe-a.example")
            .replace("hostnames: [PE-B],", "hostnames: [PE-B], certificate: 192.0.2.2,"))
        self.write("trunkwatchd.yaml", self.read("trunkwatchd.yaml").replace(
            f'"udp://127.0.0.1:{self.syslog}"', f'"udp://127.0.0.1:{self.syslog}", "tls://127.0.0.1:{self.port}"') + TLS + self.more)

    def context(self, certificate=None, ca=None):
        """Of a client that checks the server."""
        c = ssl.create_default_context(cafile=ca or self.ca.pem)
        if certificate is not None:
            c.load_cert_chain(*certificate)
        return c

    def raw(self, source):
        s = socket.socket()
        self.addCleanup(s.close)
        s.bind((source, 0))
        s.settimeout(PATIENCE)
        s.connect(("127.0.0.1", self.port))
        return s

    def connect(self, source, certificate=None, context=None):
        s = (context or self.context(certificate)).wrap_socket(self.raw(source), server_hostname="collector")
        self.addCleanup(s.close)
        return s

    def counts(self):
        """Of the socket, and of its handshakes; everything accepted has come to one of the ends."""
        self.counters()
        c = self.socket_counters("syslog+tls")
        line = [l for l in self.log().splitlines() if "report.tls: syslog+tls://" in l][-1]
        c.update((k, int(v)) for k, v in (w.split("=") for w in line.split() if "=" in w))
        self.assertEqual(c["accepted"], sum(c[k] for k in ("open", "ended", "unfinished", "slow", "idle", "gone", "refused_certificate",
                                                           "failed")), c)
        self.assertEqual(c["failed"], sum(c[k] for k in ("no_certificate", "not_verified", "rejected", "hung_up", "protocol",
                                                         "timed_out")), c)
        return c
