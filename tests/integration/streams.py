"""A daemon that hears syslog by connections, plain or TLS."""
import ssl

from support import Case, link, role, wait_for


class StreamCase(Case):
    def wait_counts(self, **wanted):
        def reached():
            counts = self.counts()
            return counts if all(counts[k] == v for k, v in wanted.items()) else None
        return wait_for(wanted, reached, log=self.log)

    def assert_closed(self, connection):
        """By the other side, in order or not."""
        try:
            self.assertEqual(connection.recv(1), b"")
        except (ConnectionResetError, ssl.SSLError):
            pass

    def assert_heard(self):
        alert = self.wait_transition("raised", "no-switchover")
        self.assertEqual((alert["device"], alert["sub_interfaces"]), ("pe-a", ["Eth-Trunk10.100"]))

    def messages(self):
        return role("PE-A", "Master"), role("PE-B", "Backup"), link("PE-A", "Eth-Trunk10.100")
