"""Simulated routers: each says the same things, in its own way: log lines over UDP or TLS, SNMPv3 traps or informs, or two of them."""
import collections
import socket
import ssl

import snmp

WAYS = ["syslog", "tls", "v3", "both", "inform"]
PATIENCE = 20.0  # seconds of real time
AGAIN = 15.0     # simulated seconds until an inform is sent once more
HERE = "127.0.0.1"


class Tally:
    """What was sent where, and what must be counted there."""

    def __init__(self):
        self.sent = collections.Counter()    # by socket: whole messages
        self.expect = collections.Counter()  # by counter of a socket, as "snmp v3_wrong_digest"


class World:
    """What all share: the clock, the ports, the tally, the certificates; the last are there when all routers are."""

    def __init__(self, clock, ports):
        self.clock, self.ports, self.certificates, self.tally, self.number = clock, ports, None, Tally(), 0

    def next(self):
        self.number += 1
        return self.number

    def datagram(self, s, kind, data):
        s.sendto(data if isinstance(data, bytes) else data.encode(), (HERE, self.ports[kind]))
        self.tally.sent[kind] += 1


def udp(address):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, 0))
    s.setblocking(False)
    return s


class Connection:
    """Of a router to the daemon, over TLS or TCP; it comes when there is something to say."""

    def __init__(self, world, address, name, kind, counted=False):
        self.world, self.address, self.name, self.kind, self.counted, self.socket = world, address, name, kind, counted, None

    def open(self):
        s = socket.socket()
        s.bind((self.address, 0))
        s.settimeout(PATIENCE)
        s.connect((HERE, self.world.ports[self.kind]))
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.world.tally.sent[self.kind + " connections"] += 1
        self.socket = self.world.certificates.contexts[self.name].wrap_socket(s) if self.kind == "tls" else s

    def say(self, line):
        if self.socket is None:
            self.open()
        data = line.encode()
        self.socket.sendall(b"%d %s" % (len(data), data) if self.counted else data + b"\n")
        self.world.tally.sent[self.kind] += 1

    def close(self, rest=b""):
        """In order: when it returns the other side has read everything. `rest`: a message that is not finished."""
        s, self.socket = self.socket, None
        if s is None:
            return
        try:
            if rest:
                s.sendall(rest)
            if self.kind == "tls":
                s = s.unwrap()
            s.shutdown(socket.SHUT_WR)
            while s.recv(4096):
                pass
        except (OSError, ssl.SSLError):
            pass
        s.close()


class Traps:
    """SNMPv3 traps: the router is the engine, and its time that of the simulation."""

    def __init__(self, world, address, device):
        self.world, self.socket, self.made = world, udp(address), None
        self.engine = bytes.fromhex("800007db03") + device.to_bytes(6, "big")

    def message(self, at, trap, binds, kind=snmp.TRAP):
        self.made = self.made or snmp.Secure(self.engine)
        number = self.world.next()
        return self.made.message(snmp.pdu(kind, number, 1000 + at, trap, binds), 3, 1000 + int(self.world.clock.now()), number)

    def say(self, at, what):
        self.world.datagram(self.socket, "snmp", self.message(at, *what))


class Informs:
    """SNMPv3 informs: the daemon is the engine, asked for its name and time; each is answered."""

    def __init__(self, world, address):
        self.world, self.socket, self.waiting, self.made = world, udp(address), {}, None

    def learn(self, answer):
        _, _, engine, self.boots, seconds = answer
        self.made = self.made or snmp.Secure(engine)
        self.zero = self.world.clock.now() - seconds

    def discover(self):
        self.world.datagram(self.socket, "snmp", snmp.discovery(self.world.next()))
        self.world.tally.expect["snmp v3_discovery"] += 1
        self.socket.settimeout(PATIENCE)
        self.learn(snmp.read_answer(self.socket.recv(4096)))
        self.socket.setblocking(False)

    def send(self, number, at, what):
        inner = snmp.pdu(snmp.INFORM, number, 1000 + at, *what)
        self.world.datagram(self.socket, "snmp", self.made.message(inner, self.boots, int(self.world.clock.now() - self.zero), number, True))
        self.waiting[number] = (self.world.clock.now(), at, what)

    def say(self, at, what):
        if self.made is None:
            self.discover()
        self.send(self.world.next(), at, what)

    def hear(self):
        """The answers so far; what had none for long is sent again."""
        try:
            while True:
                answer = snmp.read_answer(self.socket.recv(4096))
                number, flags = answer[:2]
                known = self.waiting.pop(number, None)
                if flags & 2:
                    self.world.tally.sent["answers"] += 1  # two when it was sent twice
                elif known is not None:  # a Report: our time is not its time
                    self.world.tally.expect["snmp v3_not_in_time"] += 1
                    self.learn(answer)
                    self.send(number, *known[1:])
        except BlockingIOError:
            pass
        for number, (since, at, what) in list(self.waiting.items()):
            if self.world.clock.now() - since > AGAIN:
                self.world.tally.sent["again"] += 1
                self.send(number, at, what)


class Router:
    def __init__(self, world, name, address, way, device):
        self.world, self.name, self.address, self.way = world, name, address, way
        self.socket = udp(address)
        self.connection = Connection(world, address, name, "tls", device % 2 == 0) if way == "tls" else None
        self.traps = Traps(world, address, device) if way in ("v3", "both") else None
        self.informs = Informs(world, address) if way == "inform" else None
        self.stamped = way not in ("v3", "inform")
        self.exact = way in ("syslog", "tls")  # says when it was, and only so: it can be believed whenever it is heard

    def say(self, at, severity, body):
        line = f"<{184 + severity}>{self.world.clock.stamp(at)} {self.name} %%01{body}"
        if self.connection:
            self.connection.say(line)
        else:
            self.world.datagram(self.socket, "syslog", line)

    def trap(self, at, what):
        if self.traps:
            self.traps.say(at, what)
        elif self.informs:
            self.informs.say(at, what)

    def role(self, at, state, why):
        self.trap(at, snmp.role(state, why))
        if self.stamped:
            self.say(at, 4, "ETRUNK/4/ETRUNK_MEMBER_STATUS_CHANGE(l):CID=0x80d8271b;The status of an E-Trunk member changed. "
                            f"(ETrunkId=1, MemberType=1, MemberId=10, State={state}, StateReason={why})")

    def link(self, at, sub, up):
        word, state = ("clear", "UP") if up else ("active", "DOWN")
        name = "Eth-Trunk10" + (f".{sub}" if sub else "")
        self.trap(at, snmp.link(sub, up))
        if self.stamped:
            self.say(at, 2, f"IFNET/2/linkDown_{word}(l):CID=0x807a0405-alarmID=0x08520003;The interface status changes. (ifName={name}, "
                            f"AdminStatus=UP, OperStatus={state}, Reason=Interface physical link is {state.lower()}, "
                            "mainIfname=Eth-Trunk10)")

    def noise(self, at, what):
        self.trap(at, snmp.noise(what))
        if self.stamped:
            self.say(at, 5, ["CLI/5/CMDRECORD(s):CID=0x80ca2713;Recorded command information. (Task=VTY1, User=noc, Command=\"display e-trunk 1\")",
                             "SSH/5/SSH_LOGIN(s):CID=0x80ca2713;The user succeeded in logging in.",
                             "LACP/4/LACP_STATE_DOWN(l)[7]:The LACP state is down. (PortName=GigabitEthernet0/1/1)"][what])

    def inventory(self):
        more = f", certificate: {self.name.lower()}.example" if self.connection else ""
        more += f', engine-id: "0x{self.traps.engine.hex()}"' if self.traps else ""
        return f"{{addresses: [{self.address}], hostnames: [{self.name}]{more}}}"
