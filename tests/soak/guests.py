"""What else comes to the daemon: strangers, malformed input, storms, broken connections, forged and old SNMPv3 messages.

Guests are devices of the inventory without a pair: what they say, or half say, must change no alert.
"""
import socket
import ssl

import snmp
from routers import HERE, PATIENCE, Connection, Router, Traps, udp

STRANGERS = 64
RCVBUFFORCE = 33  # asm-generic/socket.h; Python has no name for it
OLD = 200         # seconds: outside the time window of 150


def large_buffers():
    """Does the kernel give the daemon the receive buffer that it asks for?"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.setsockopt(socket.SOL_SOCKET, RCVBUFFORCE, 1 << 24)
        except PermissionError:
            return False
    return True


class Guests:
    def __init__(self, world, dice):
        self.world, self.dice = world, dice
        self.guest = Router(world, "GUEST-1", "127.30.0.1", "both", 1 << 20)
        self.secure = Router(world, "GUEST-2", "127.30.0.2", "tls", 1 << 21)
        self.plain = Connection(world, "127.30.0.1", None, "tcp")
        self.strangers = [udp(f"127.99.0.{1 + i}") for i in range(STRANGERS)]
        self.forger = Traps(world, "127.30.0.3", 1 << 22)
        self.burst = 2000 if large_buffers() else 40
        self.old = None

    def routers(self):
        return [self.guest, self.secure]

    def begin(self, network):
        each = [(self.stranger, 20), (self.malformed, 30), (self.storm, 600), (self.tcp, 300), (self.tls, 400), (self.not_tls, 900),
                (self.unknown_certificate, 1800), (self.forged, 60), (self.late, 90)]
        for action, mean in each:
            self.every(network, action, mean)

    def every(self, network, action, mean):
        def once(now):
            action(now)
            network.at(now + self.dice.uniform(0.5, 1.5) * mean, once)
        network.at(self.dice.uniform(0, mean), once)

    def send(self, kind, data, s=None):
        self.world.datagram(s or self.guest.socket, kind, data)

    def line(self, at, text="LACP/4/LACP_STATE_DOWN(l)[7]:The LACP state is down. (PortName=GigabitEthernet0/1/1)", severity=5, name="GUEST-1"):
        return f"<{184 + severity}>{self.world.clock.stamp(at)} {name} %%01{text}"

    def trap(self, community="public", sub=1):
        return snmp.v2c(snmp.pdu(snmp.TRAP, self.world.next(), 5000, *snmp.link(sub, False)), community)

    def stranger(self, at):
        """Somebody who is in no inventory: says that a router is down, in each way."""
        s = self.dice.choice(self.strangers)
        self.send("syslog", self.line(at, "IFNET/2/linkDown_active(l):CID=0x1;x. (ifName=Eth-Trunk10.1, AdminStatus=UP)", 2, "PE-0A"), s)
        self.send("snmp", self.trap(), s)
        self.send("snmp", self.trap("private"), s)
        self.world.tally.expect["snmp other_community"] += 1

    def malformed(self, at):
        whole = self.line(at, "IFNET/2/linkDown_active(l):CID=0x1;x. (ifName=Eth-Trunk10.1, AdminStatus=UP)", 2)
        for data in (self.dice.randbytes(self.dice.randrange(1, 1400)), whole[:self.dice.randrange(1, len(whole))], "<190>" + "%%01A/B" * 100,
                     "<999999999999>x", b"\0" * 40, whole + "\xff" * 9000):
            self.send("syslog", data)
        trap = self.trap()
        for data in (trap[:self.dice.randrange(2, 20)], trap[:10] + b"\x84\xff\xff\xff\xff" + trap[10:], b"\x30\x80" + b"\x30\x80" * 200):
            self.send("snmp", data)
        self.world.tally.expect["snmp other_community"] += 1  # what the second one has for its community

    def storm(self, at):
        """As many as the buffers hold, at once: lines, traps that no rule is about, and SNMPv3 traps."""
        data = self.line(at).encode()
        for _ in range(self.burst):
            self.send("syslog", data)
        plain = snmp.v2c(snmp.pdu(snmp.TRAP, self.world.next(), 5000, *snmp.noise(1)))
        secure = self.guest.traps.message(at, *snmp.noise(2))
        for _ in range(self.burst // 4):
            self.send("snmp", plain)
            self.send("snmp", secure)

    def tcp(self, at):
        """Comes, says something, and goes; now and then in the middle of a message."""
        for _ in range(self.dice.randrange(50)):
            self.plain.say(self.line(at))
        if self.plain.socket is not None:
            self.plain.close()

    def tls(self, at):
        connection = self.secure.connection
        for _ in range(self.dice.randrange(1, 50)):
            connection.say(self.line(at, name="GUEST-2"))
        cut = connection.counted and self.dice.random() < 0.3
        self.world.tally.expect["tls lost"] += cut
        connection.close(b"500 <190>half a message" if cut else b"")

    def raw(self, address):
        s = socket.socket()
        s.bind((address, 0))
        s.settimeout(PATIENCE)
        s.connect((HERE, self.world.ports["tls"]))
        self.world.tally.sent["tls connections"] += 1
        return s

    def hang_up(self, s):
        try:
            while s.recv(4096):
                pass
        except (OSError, ssl.SSLError):
            pass
        s.close()

    def not_tls(self, at):
        s = self.raw("127.99.0.1")
        s.sendall(self.line(at).encode() + b"\n")
        self.hang_up(s)

    def unknown_certificate(self, at):
        del at
        s = self.raw("127.99.0.2")
        try:
            self.hang_up(self.world.certificates.contexts["NOBODY"].wrap_socket(s))
        except (OSError, ssl.SSLError):
            s.close()

    def forged(self, at):
        """Known by address, and as an engine; the passphrase is another, or the user."""
        number, now = self.world.next(), 1000 + int(self.world.clock.now())
        inner = snmp.pdu(snmp.TRAP, number, 1000 + at, *snmp.link(1, False))
        for engine, user, auth, verdict in ((self.guest.traps.engine, snmp.USER, "other-words", "v3_wrong_digest"),
                                            (self.guest.traps.engine, "nobody", snmp.AUTH, "v3_unknown_user"),
                                            (self.forger.engine, snmp.USER, snmp.AUTH, "v3_unknown_engine")):
            self.send("snmp", snmp.Secure(engine, user, auth).message(inner, 3, now, number),
                      self.forger.socket if verdict == "v3_unknown_engine" else None)
            self.world.tally.expect["snmp " + verdict] += 1

    def late(self, at):
        """What somebody has recorded and sends again."""
        now = self.world.clock.now()
        self.send("snmp", self.guest.traps.message(at, *snmp.noise(0)))
        if self.old is None:
            self.old = (now, self.guest.traps.message(at, *snmp.noise(0)))
        elif now - self.old[0] > OLD:
            self.send("snmp", self.old[1])
            self.world.tally.expect["snmp v3_not_in_time"] += 1
            self.old = None

    def close(self):
        self.plain.close()
        self.secure.connection.close()
