"""rsyslog in front of the daemon, as it forwards by default."""
import unittest

from relay import LISTEN, RELAY, Relayed, modules, program, skip_without


@skip_without("rsyslogd")
class Rsyslog(Relayed):
    def forward(self, kind, action, more=""):
        self.write("rsyslog.conf", f"""global(workDirectory="{self.folder}" {more})
module(load="imudp") module(load="imtcp")
input(type="imudp" address="{LISTEN}" port="{self.entry}")
input(type="imtcp" address="{LISTEN}" port="{self.entry}")
template(name="raw" type="string" string="%rawmsg%")
*.* action(type="omfwd" target="{RELAY}" {action})
""")
        self.start()
        self.start_relay(program("rsyslogd"), "-n", "-i", "NONE", "-M", modules("*-linux-gnu/rsyslog"), "-f", self.path("rsyslog.conf"))
        self.assert_raised(kind)

    def test_udp(self):
        self.forward("syslog", f'port="{self.syslog}" protocol="udp"')

    def test_tcp(self):
        self.forward("syslog+tcp", f'port="{self.tcp}" protocol="tcp"')

    def test_tcp_octet_counted(self):
        self.forward("syslog+tcp", f'port="{self.tcp}" protocol="tcp" TCP_Framing="octet-counted" template="RSYSLOG_ForwardFormat"')

    def test_as_documented(self):
        # The way to go: what the router sent, as it sent it.
        self.forward("syslog+tcp", f'port="{self.tcp}" protocol="tcp" TCP_Framing="octet-counted" template="raw"')

    def secure(self, driver, framing):
        pem, key = self.relay_certificate
        self.forward("syslog+tls", f'port="{self.port}" protocol="tcp" TCP_Framing="{framing}" StreamDriver="{driver}" StreamDriverMode="1" '
                     'StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="collector"',
                     f'DefaultNetstreamDriverCAFile="{self.ca.pem}" DefaultNetstreamDriverCertFile="{pem}" DefaultNetstreamDriverKeyFile="{key}"')
        self.assertEqual(self.counts()["certificates"], 1)

    def test_tls_by_openssl(self):
        self.secure("ossl", "octet-counted")

    def test_tls_by_gnutls(self):
        self.secure("gtls", "traditional")


if __name__ == "__main__":
    unittest.main()
