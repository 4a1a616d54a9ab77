"""syslog-ng in front of the daemon, as it forwards by default."""
import unittest

from relay import LISTEN, RELAY, Relayed, modules, program, skip_without


@skip_without("syslog-ng")
class SyslogNg(Relayed):
    def forward(self, kind, destination, options="", flags=""):
        # Without DNS: what a host calls 127.0.1.1 is no matter of this test.
        self.write("syslog-ng.conf", f"""@version: 3.38
options {{ use_dns(no); {options} }};
source routers {{
    network(ip("{LISTEN}") port({self.entry}) transport("udp") {flags});
    network(ip("{LISTEN}") port({self.entry}) transport("tcp") {flags});
}};
destination daemon {{ {destination}; }};
log {{ source(routers); destination(daemon); }};
""")
        self.start()
        self.start_relay(program("syslog-ng"), "-F", "--no-caps", f"--module-path={modules('syslog-ng/3*')}", "-f", self.path("syslog-ng.conf"),
                         "-R", self.path("persist"), "-c", self.path("ng.ctl"), "-p", self.path("ng.pid"))
        self.assert_raised(kind)

    def test_udp(self):
        self.forward("syslog", f'network("{RELAY}" port({self.syslog}) transport("udp"))')

    def test_tcp(self):
        self.forward("syslog+tcp", f'network("{RELAY}" port({self.tcp}) transport("tcp"))', "keep_hostname(yes);")

    def test_tcp_octet_counted(self):
        self.forward("syslog+tcp", f'syslog("{RELAY}" port({self.tcp}) transport("tcp"))')

    def test_as_documented(self):
        # The way to go: what the router sent, as it sent it.
        self.forward("syslog+tcp", f'network("{RELAY}" port({self.tcp}) transport("tcp") template("${{MSG}}\\n"))', flags="flags(no-parse)")

    def test_tls(self):
        pem, key = self.relay_certificate
        self.forward("syslog+tls", f'syslog("{RELAY}" port({self.port}) transport("tls") tls(ca-file("{self.ca.pem}") '
                     f'cert-file("{pem}") key-file("{key}") peer-verify(required-trusted)))')
        self.assertEqual(self.counts()["certificates"], 1)


if __name__ == "__main__":
    unittest.main()
