#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Writes the recorded scenarios 200-259: holds, conditions, formats and time, as the documents word them.

usage: core_scenarios.py write            (re)writes the folders tests/scenario/2*
       core_scenarios.py last TRUNKWATCH [--rules DIR]
                                          checks what run.py does not look at: fields of an alert's last transition,
                                          given as `last` in expect.json (duration_s for example)

Times are seconds after 2026-08-08T18:00:00Z, as in run.py. The expectations were written from the documents.
"""
import datetime as dt, gzip, importlib.util, io, json, os, shutil, struct, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(os.path.dirname(HERE), "scenario")
T0 = dt.datetime(2026, 8, 8, 18, 0, 0)
MTIME = 1786212500
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
ADDRESS = {"A": "192.0.2.1", "B": "192.0.2.2"}


# ---------------------------------------------------------------- inventories
def inventory(member1="", e_trunk="", devices="", pair="", extra="", second=True, subs=None, a_extra="", b_extra="", a_addr=""):
    """The usual pair; each argument is a line of YAML to add at its place."""
    out = ["devices:", "  pe-a:", f"    addresses: [192.0.2.1{a_addr}]", "    hostnames: [PE-A]",
           "    interfaces: {10: Eth-Trunk10, 37: Eth-Trunk10.100, 38: Eth-Trunk10.200, 20: Eth-Trunk20}"]
    out += ["    " + a_extra] if a_extra else []
    out += ["  pe-b:", "    addresses: [192.0.2.2]", "    hostnames: [PE-B]",
            "    interfaces: {10: Eth-Trunk10, 37: Eth-Trunk10.100, 38: Eth-Trunk10.200, 20: Eth-Trunk20}"]
    out += ["    " + b_extra] if b_extra else []
    out += ["  " + line for line in devices.splitlines()]
    out += ["pairs:", "  metro-7:", "    devices: [pe-a, pe-b]"]
    out += ["    " + line for line in pair.splitlines()]
    out += ["    e-trunks:", "      1:"]
    out += ["        " + e_trunk] if e_trunk else []
    out += ["        members:", "          - trunks: {pe-a: Eth-Trunk10, pe-b: Eth-Trunk10}"]
    out += ["            " + line for line in member1.splitlines()]
    out += ["            sub-interfaces:"]
    out += ["              " + line for line in (subs or
            "100: {services: [arp]}\n200: {services: [igmp, igmp-snooping]}\n300: {services: [ipsec]}").splitlines()]
    if second:
        out += ["          - trunks: {pe-a: Eth-Trunk20, pe-b: Eth-Trunk21}", "            sub-interfaces:",
                "              9: {services: [bras]}", "              10: {services: [l2tp]}"]
    out += extra.splitlines()
    return "\n".join(out) + "\n"


BASE = inventory()
ONE = inventory(second=False)
TWO_MORE = ("pe-c: {addresses: [192.0.2.3], hostnames: [PE-C]}\npe-d: {addresses: [192.0.2.4], hostnames: [PE-D]}")
OTHER_PAIR = """  metro-8:
    devices: [pe-c, pe-d]
    e-trunks:
      1:
        members:
          - trunks: {pe-c: Eth-Trunk30, pe-d: Eth-Trunk30}"""
FOUR = inventory(devices=TWO_MORE, extra=OTHER_PAIR)


# ---------------------------------------------------------------- stamps and lines
def at(t, zone=0):
    return T0 + dt.timedelta(seconds=t, hours=zone)


def stamp(t, form="date", zone=0, suffix=""):
    d = at(t, zone)
    clock = d.strftime("%H:%M:%S")
    ms = d.microsecond // 1000
    if ms:
        clock += ".%03d" % ms
    month, day = MONTHS[d.month - 1], "%2d" % d.day
    return {"date": f"{month} {day} {d.year} {clock}", "short": f"{month} {day} {clock}",
            "iso": f"{d.year}-{d.month:02d}-{d.day:02d} {clock}", "iso-unpadded": f"{d.year}-{d.month}-{d.day} {clock}",
            "rfc3339": f"{d.year}-{d.month:02d}-{d.day:02d}T{clock}"}[form] + suffix


def line(dev, t, body, pri=188, st=None):
    st = stamp(t) if st is None else st
    return f"<{pri}>{st}{' ' if st else ''}PE-{dev} {body}"


def member_body(state, reason, trunk=10):
    return ("%%01ETRUNK/4/ETRUNK_MEMBER_STATUS_CHANGE(l):CID=0x80d8271b;The status of an E-Trunk member changed. "
            f"(ETrunkId=1, MemberType=1, MemberId={trunk}, State={state}, StateReason={reason})")


def member(dev, t, state, reason=None, trunk=10, **kw):
    return line(dev, t, member_body(state, reason or ("ETRUNK_MASTER" if state == "Master" else "ETRUNK_BACKUP"), trunk), **kw)


def etrunk(dev, t, state, reason, **kw):
    return line(dev, t, "%%01ETRUNK/4/ETRUNK_STATUS_CHANGE(l):CID=0x80d8271a;The status of an E-Trunk changed."
                        f"(ETrunkId=1, State={state}, StateReason={reason})", **kw)


def down_body(name, reason="Interface physical link is down", admin="UP"):
    return ("%%01IFNET/2/linkDown_active(l):CID=0x807a0405-alarmID=0x08520003;The interface status changes. "
            f"(ifName={name}, AdminStatus={admin}, OperStatus=DOWN, Reason={reason}, mainIfname={name.split('.')[0]})")


def up_body(name):
    return ("%%01IFNET/2/linkDown_clear(l):CID=0x807a0405-alarmID=0x08520003-clearType=service_resume;The interface status "
            f"changes. (ifName={name}, AdminStatus=UP, OperStatus=UP, Reason=Interface physical link is up, mainIfname={name.split('.')[0]})")


def down(dev, t, name, reason="Interface physical link is down", admin="UP", **kw):
    return line(dev, t, down_body("Eth-Trunk" + name, reason, admin), pri=186, **kw)


def shut(dev, t, name):
    return down(dev, t, name, "The interface is shut down", "DOWN")


def gone(dev, t, name):
    return down(dev, t, name, "The interface is deleted")


def main_down(dev, t, trunk="10"):
    return down(dev, t, trunk, "LACP negotiation failed")


def inherited(dev, t, name):
    return down(dev, t, name, "The main interface is down")


def up(dev, t, name, **kw):
    return line(dev, t, up_body("Eth-Trunk" + name), pri=186, **kw)


NOISE = "%%01LLDP/4/BAD_PACKET(l):CID=0x80c4046e;4 invalid packets were received after latest notification."


def noise(dev, t, **kw):
    return line(dev, t, NOISE, **kw)


def rbs(dev, t, state, name="rbs1"):
    return line(dev, t, "%%01RBS/4/RBS_CHANNEL_STATUS_CHANGE(l):CID=0x80bd0001;The state of the RBS channel changed. "
                        f"(serviceName={name}, channelState={state})")


ROLES = [member("A", -600, "Master"), member("B", -599, "Backup")]


# ---------------------------------------------------------------- packets
def ber(tag, data):
    n = len(data)
    size = bytes([n]) if n < 128 else (bytes([0x81, n]) if n < 256 else b"\x82" + struct.pack(">H", n))
    return bytes([tag]) + size + data


def integer(v, tag=2):
    n = max(1, (v.bit_length() + 8) // 8)
    return ber(tag, v.to_bytes(n, "big", signed=True))


def oid(text):
    parts = [int(p) for p in text.split(".")]
    out = bytes([parts[0] * 40 + parts[1]])
    for p in parts[2:]:
        chunk = [p & 127]
        while p > 127:
            p >>= 7
            chunk.append(128 | (p & 127))
        out += bytes(reversed(chunk))
    return ber(6, out)


def varbinds(pairs):
    return ber(0x30, b"".join(ber(0x30, oid(o) + v) for o, v in pairs))


IF = "1.3.6.1.2.1.2.2.1."
ET = "1.3.6.1.4.1.2011.5.25.178."


def trap2(t, trap, pairs, pdu=0xA7):
    ticks = integer(int((t + 100000) * 100), 0x43)
    vb = varbinds([("1.3.6.1.2.1.1.3.0", ticks), ("1.3.6.1.6.3.1.1.4.1.0", oid(trap))] + pairs)
    return ber(0x30, integer(1) + ber(4, b"public") + ber(pdu, integer(int(t) + 5000) + integer(0) + integer(0) + vb))


def trap1(t, enterprise, generic, specific, pairs, agent="192.0.2.1"):
    body = oid(enterprise) + ber(0x40, bytes(int(x) for x in agent.split("."))) + integer(generic) + integer(specific)
    body += integer(int((t + 100000) * 100), 0x43) + varbinds(pairs)
    return ber(0x30, integer(0) + ber(4, b"public") + ber(0xA4, body))


def link_vars(index, name, oper):
    return [(IF + f"1.{index}", integer(index)), (IF + f"7.{index}", integer(1)), (IF + f"8.{index}", integer(oper)),
            (IF + f"2.{index}", ber(4, name.encode()))]


def link_trap(t, is_up, index=37, name="Eth-Trunk10.100"):
    return trap2(t, "1.3.6.1.6.3.1.1.5." + ("4" if is_up else "3"), link_vars(index, name, 1 if is_up else 2))


def member_vars(state, reason, trunk=10):
    return [(ET + f"1.2.1.4.1.1.{trunk}", integer(state)), (ET + f"1.2.1.5.1.1.{trunk}", integer(reason))]


def member_trap(t, state, reason, trunk=10):
    return trap2(t, ET + "2.2", member_vars(state, reason, trunk))


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    s = sum(struct.unpack(f">{len(data) // 2}H", data))
    while s >> 16:
        s = (s & 65535) + (s >> 16)
    return ~s & 65535


def ip_udp(src, payload, port, v6=False):
    udp = struct.pack(">HHHH", 38514, port, 8 + len(payload), 0) + payload
    if v6:
        import ipaddress
        return struct.pack(">IHBB", 6 << 28, len(udp), 17, 64) + ipaddress.ip_address(src).packed + \
            ipaddress.ip_address("2001:db8::99").packed + udp
    addresses = bytes(int(x) for x in src.split(".")) + bytes([198, 51, 100, 5])
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + addresses
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + udp


def frame(ip, link="ether", tags=()):
    kind = b"\x86\xdd" if ip[0] >> 4 == 6 else b"\x08\x00"
    if link == "sll":
        return struct.pack(">HHH", 0, 1, 6) + b"\x02\0\0\0\0\1\0\0" + kind + ip
    shim = b"".join(struct.pack(">HH", proto, vid) for proto, vid in tags)
    return b"\x02\0\0\0\0\2\x02\0\0\0\0\1" + shim + kind + ip


def epoch(t):
    return (T0.replace(tzinfo=dt.timezone.utc) + dt.timedelta(seconds=t)).timestamp()


def packet(src, t, payload, link="ether", tags=(), v6=False):
    payload = payload.encode() if isinstance(payload, str) else payload
    port = 514 if payload[:1] == b"<" else 162
    return t, frame(ip_udp(src, payload, port, v6), link, tags)


def pcap(packets, order="<", nano=False, link=1):
    out = struct.pack(order + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
    for t, data in packets:
        ns = round(epoch(t) * 1000) * 1000000
        out += struct.pack(order + "IIII", ns // 10**9, ns % 10**9 // (1 if nano else 1000), len(data), len(data)) + data
    return out


def block(kind, body):
    body += b"\0" * (-len(body) % 4)
    size = len(body) + 12
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def pcapng(packets):
    """Two interfaces: microseconds (default), and nanoseconds (if_tsresol 9); packets alternate."""
    out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    out += block(1, struct.pack("<HHI", 1, 0, 65535))
    out += block(1, struct.pack("<HHI", 1, 0, 65535) + struct.pack("<HHB3xHH", 9, 1, 9, 0, 0))
    out += block(4, struct.pack("<HH", 0, 0))
    for i, (t, data) in enumerate(packets):
        ticks = round(epoch(t) * 1000) * (1000 if i % 2 == 0 else 1000000)
        out += block(6, struct.pack("<IIIII", i % 2, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data)) + data)
    return out


# ---------------------------------------------------------------- the scenarios
SCENARIOS = {}


def scenario(name, about, lines=(), alerts=(), inv=BASE, args=(), files=None, tolerance=0.05, mtime=MTIME, allow=()):
    assert name not in SCENARIOS, name
    expect = {"about": about, "alerts": list(alerts), "tolerance": tolerance, "args": list(args), "allow": list(allow), "mtime": mtime}
    files = files or {"input.log": "".join(x + "\n" for x in lines)}
    SCENARIOS[name] = (inv, expect, files)


def alert(condition, device, subs, raised, cleared=None, last=None, **fields):
    out = {"condition": condition, "device": device, "subs": subs, "raised": raised, "cleared": cleared, "fields": fields}
    if last:
        out["last"] = last
    return out


def lost(subs, raised, cleared=None, device="pe-a", **kw):
    subs = subs if isinstance(subs, list) else ["Eth-Trunk" + subs]
    return alert("no-switchover", device, subs, raised, cleared, **kw)


def since(t):
    return at(t).strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (at(t).microsecond // 1000)


