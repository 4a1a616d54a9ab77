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


def holds():
    scenario("200-deadline",
             "No-switchover holds 10 s; feed fires the timers due strictly before the record: an up at 9.9 s and one at "
             "exactly 10 s come in time, one at 10.1 s does not.",
             ROLES + [down("A", 0, "10.100"), up("A", 9.9, "10.100"), down("A", 200, "10.100"), up("A", 210, "10.100"),
                      down("A", 400, "10.100"), up("A", 410.1, "10.100")],
             [lost("10.100", 410, 410.1, since=since(400), cleared_by="recovered", last={"duration_s": 10.1})])

    scenario("201-alarm-delay",
             "Where alarm-delay is given, since and durations are corrected by it; the moment of the raise is not.",
             ROLES + [down("A", 0, "10.100"), up("A", 50, "10.100")],
             [lost("10.100", 10, 50, since=since(-3), cleared_by="recovered", last={"duration_s": 43.0})],
             inv=inventory(a_extra="alarm-delay: {raise: 3s, clear: 10s}"))

    scenario("202-role-lost-hold-starts-anew",
             "A hold whose predicate was lost by a role and came back starts anew.",
             ROLES + [down("A", 0, "10.100"), member("A", 5, "Backup"), member("A", 8, "Master"), up("A", 50, "10.100")],
             [lost("10.100", 18, 50, since=since(0))])

    swings = [member("A", t, s) for t, s in ((5, "Backup"), (8, "Master"), (15, "Backup"), (20, "Master"), (28, "Backup"),
              (33, "Master"), (41, "Backup"), (45, "Master"), (53, "Backup"), (57, "Master"))]
    scenario("203-role-lost-after-60s",
             "A hold starts anew, but not after 60 s from the fault: later role losses leave its start (57 s) alone.",
             ROLES + [down("A", 0, "10.100")] + swings + [member("A", 61, "Backup"), member("A", 63, "Master"), up("A", 90, "10.100")],
             [lost("10.100", 67, 90)])
    scenario("204-role-lost-at-the-deadline",
             "After 60 s role losses leave the start alone (it still fires only while the predicate is true): due at 67, "
             "fires when the role is back at 70.",
             ROLES + [down("A", 0, "10.100")] + swings + [member("A", 64, "Backup"), member("A", 70, "Master"), up("A", 90, "10.100")],
             [lost("10.100", 70, 90)])

    scenario("205-peer-forwarded-between",
             "If the peer forwarded in between, the hold is a new one: also after 60 s from the fault.",
             ROLES + [down("A", 0, "10.100"), member("A", 5, "Backup"), member("B", 5, "Master"),
                      member("B", 80, "Backup"), member("A", 80, "Master"), up("A", 120, "10.100")],
             [lost("10.100", 90, 120)])

    scenario("206-first-heard-role",
             "Hearing a role for the first time restarts nothing: neither the side's own nor the peer's.",
             [down("A", 0, "10.100"), member("A", 6, "Master"), up("A", 30, "10.100"),
              down("A", 100, "20.9"), member("B", 106, "Backup", trunk=21), up("A", 130, "20.9")],
             [lost("10.100", 10, 30), lost("20.9", 110, 130)])
    scenario("206-first-heard-peer-is-master",
             "A side whose peer forwards does not: the peer's role, first heard within the hold, ends the predicate.",
             [down("A", 0, "10.100"), member("B", 6, "Master")], [])

    scenario("207-down-arrives-late",
             "What arrives late is judged by when it happened; raised at the later of deadline and arrival of the evidence.",
             ROLES + [noise("B", 7), down("A", 0, "10.100"), up("A", 30, "10.100"),
                      noise("B", 115), down("A", 100, "10.200"), up("A", 140, "10.200")],
             [lost("10.100", 10, 30, since=since(0)), lost("10.200", 115, 140, since=since(100))])

    scenario("208-known-after-it-ended",
             "A fault that is known only after it ended raises nothing (the up of 12 s is there before the down of 0 s).",
             ROLES + [noise("B", 25), up("A", 12, "10.100"), down("A", 0, "10.100"), noise("B", 60)], [])
    scenario("208-known-with-its-end",
             "Feed fires the timers due strictly before the record: down and up arrive at the same instant, after the hold.",
             ROLES + [noise("B", 25), down("A", 0, "10.100"), up("A", 12, "10.100"), noise("B", 60)], [])

    scenario("209-retracted",
             "If, as now known, the predicate was not true at the raise, the alert ends as retracted, at the time of its raise: "
             "an up before the raise that arrives after it, a down and its up both late, the peer's takeover late.",
             ROLES + [down("A", 0, "10.100"), noise("B", 15), up("A", 6, "10.100"),
                      noise("B", 125), down("A", 100, "10.200"), noise("B", 127), up("A", 112, "10.200"),
                      down("A", 200, "10.300"), noise("A", 215), member("B", 206, "Master", "PEER_MEMBER_DOWN")],
             [lost("10.100", 10, 10, cleared_by="retracted"), lost("10.200", 125, 125, cleared_by="retracted"),
              lost("10.300", 210, 210, cleared_by="retracted")])

    d0, late = down("A", 0, "10.100"), down("A", 20, "10.100")
    scenario("210-repeats",
             "A repeat changes nothing: downs, roles and ups said again, and one delivered again after the up.",
             ROLES + [d0, d0, member("A", 3, "Master"), down("A", 4, "10.100"), member("B", 6, "Backup"), member("A", 8, "Master"),
                      late, up("A", 40, "10.100"), up("A", 40, "10.100"), up("A", 45, "10.100"), late, noise("B", 60)],
             [lost("10.100", 10, 40, since=since(0), last={"duration_s": 40.0})])

    scenario("211-hold-longer", "--hold CONDITION=DURATION overrides a hold: 24 s are not enough for 25 s.",
             ROLES + [down("A", 0, "10.100"), up("A", 24, "10.100"), down("A", 100, "10.100"), up("A", 140, "10.100")],
             [lost("10.100", 125, 140, since=since(100))], args=["--hold", "no-switchover=25s"])
    scenario("211-hold-shorter", "--hold CONDITION=DURATION overrides a hold: here 3 s.",
             ROLES + [down("A", 0, "10.100"), up("A", 5, "10.100")], [lost("10.100", 3, 5)], args=["--hold", "no-switchover=3s"])

    scenario("212-no-drain-before", "--no-drain stops at the last record: 8 s after the fault, nothing has been raised.",
             ROLES + [down("A", 0, "10.100"), noise("B", 8)], [], args=["--no-drain"])
    scenario("212-no-drain-after", "--no-drain stops at the last record: 11 s after the fault, the timer of 10 s has fired.",
             ROLES + [down("A", 0, "10.100"), noise("B", 11)], [lost("10.100", 10)], args=["--no-drain"])

    scenario("213-drain-150-s",
             "When the input ends the clock runs on by the longest hold (150 s), so a fault in the last seconds is judged: a dual "
             "master whose main comes back with the last record, 150 s after a main interface came back.",
             ROLES + [main_down("A", -100), member("B", -99, "Master", "PEER_MEMBER_DOWN"), member("A", -98, "Backup"),
                      up("A", 0, "10"), member("A", 0, "Master"), member("B", 0, "Master", "PEER_MEMBER_DOWN")],
             [alert("dual-master", "pe-a", None, 150)])


def conditions_of_one_side():
    scenario("214-fields",
             "One alert per (condition, pair, E-Trunk, Eth-Trunk, device), the sub-interfaces are a list inside it; fields of contract 3.",
             [member("B", -600, "Master", trunk=21), member("A", -599, "Backup", trunk=20), down("B", 0, "21.10"), down("B", 0, "21.9"),
              up("B", 30, "21.9"), up("B", 50, "21.10")],
             [lost(["Eth-Trunk21.9", "Eth-Trunk21.10"], 10, 50, device="pe-b", peer="pe-a", pair="metro-7", e_trunk=1, trunk="Eth-Trunk21",
                   severity="critical", services=["bras", "l2tp"], sub_interfaces=["Eth-Trunk21.9", "Eth-Trunk21.10"], since=since(0),
                   confidence="confirmed", cleared_by="recovered", duration_s=None, last={"duration_s": 50.0})])
    scenario("214-joined",
             "updated: sub-interfaces joined or left; one alert from the first raise to the last recovery.",
             ROLES + [down("A", 0, "10.100"), down("A", 15, "10.200"), up("A", 40, "10.100"), up("A", 70, "10.200")],
             [lost(["Eth-Trunk10.100", "Eth-Trunk10.200"], 10, 70, since=since(0), cleared_by="recovered")])

    scenario("215-protection",
             "Only e-trunk protection can fail to switch over; unlisted: ignore or watch (default); services is [] when unknown.",
             ROLES + [member("A", -500, "Master", trunk=20), member("B", -499, "Backup", trunk=21),
                      down("A", 0, "10.300"), down("A", 0, "10.301"), down("A", 0, "10.999"), down("A", 100, "20.77")],
             [lost("20.77", 110, services=[])],
             inv=inventory("unlisted: ignore", subs="300: {services: [bras], protection: vrrp}\n301: {services: [l3], protection: none}\n"
                                                    "302: {services: [arp], protection: e-trunk}"))

    scenario("216-deleted",
             "A deletion ends an open no-switchover as removed and raises admin-down (hold 10 s), which ends when the interface is up again.",
             ROLES + [down("A", 0, "10.100"), gone("A", 60, "10.100"), up("A", 120, "10.100")],
             [lost("10.100", 10, 60, cleared_by="removed"),
              alert("admin-down", "pe-a", ["Eth-Trunk10.100"], 70, 120, severity="minor", cleared_by="recovered")])

    scenario("232-admin-down",
             "admin-down: minor, as no-switchover, but shut down by an operator; hold 10 s; ends when up again or the peer forwards. "
             "Then the shut sub-interface is the standby's: standby-not-ready after 60 s (its main is known to be up by an up).",
             ROLES + [shut("A", 0, "10.100"), up("A", 50, "10.100"), shut("A", 100, "10.200"), up("A", 109, "10.200"), shut("A", 200, "10.300"),
                      member("A", 240, "Backup", "FORCE_BACKUP"), member("B", 240, "Master", "ETRUNK_MASTER")],
             [alert("admin-down", "pe-a", ["Eth-Trunk10.100"], 10, 50, severity="minor", since=since(0), peer="pe-b", services=["arp"],
                    cleared_by="recovered"),
              alert("admin-down", "pe-a", ["Eth-Trunk10.300"], 210, 240, cleared_by="switched-over"),
              alert("standby-not-ready", "pe-a", ["Eth-Trunk10.300"], 300)])

    scenario("233-standby-not-ready",
             "The standby's sub-interface is shut, missing or faulty while its main is known to be up, for 60 s: warning.",
             ROLES + [up("B", -500, "10"), down("B", 0, "10.100"), up("B", 100, "10.100"), shut("B", 200, "10.200"), up("B", 300, "10.200"),
                      down("B", 400, "10.100"), up("B", 459, "10.100"), gone("B", 500, "10.300")],
             [alert("standby-not-ready", "pe-b", ["Eth-Trunk10.100"], 60, 100, severity="warning", peer="pe-a", since=since(0),
                    trunk="Eth-Trunk10", services=["arp"], cleared_by="recovered"),
              alert("standby-not-ready", "pe-b", ["Eth-Trunk10.200"], 260, 300),
              alert("standby-not-ready", "pe-b", ["Eth-Trunk10.300"], 560)])
    scenario("233-standby-shut",
             "The standby's sub-interface is shut (whatever its main), or faulty while its main is known to be up.",
             ROLES + [shut("B", 0, "10.100")], [alert("standby-not-ready", "pe-b", ["Eth-Trunk10.100"], 60)])
    scenario("234-standby-main-not-known-up",
             "On a standby, unknown is not up: a faulty sub-interface is nothing. With main up at 100 it counts, but main is down again at 150.",
             ROLES + [down("B", 0, "10.100"), up("B", 100, "10"), down("B", 110, "10.200"), main_down("B", 150), noise("A", 400)], [])

    flaps = lambda dev, starts, name="10.100": [x for t in starts for x in (down(dev, t, name), up(dev, t + 3, name))]
    scenario("229-flapping",
             "Down by its own fault 5 times within 5 min, none long enough for no-switchover: raised at the fifth, ends 5 min after the last down.",
             ROLES + flaps("A", (0, 60, 120, 180, 240)) + [noise("B", 600)],
             [alert("flapping", "pe-a", ["Eth-Trunk10.100"], 240, 540, severity="major", peer="pe-b", trunk="Eth-Trunk10", services=["arp"])])
    scenario("229-flapping-does-not-hide",
             "Flapping never delays or hides no-switchover, and ends 5 min after the last down.",
             ROLES + flaps("A", (0, 30, 60, 90, 120)) + [down("A", 150, "10.100"), up("A", 200, "10.100"), noise("B", 500)],
             [alert("flapping", "pe-a", ["Eth-Trunk10.100"], 120, 450), lost("10.100", 160, 200, since=since(150))])
    scenario("230-not-flapping",
             "Four downs within 5 min are not five; five downs in 320 s are not within 5 min; a standby's do not count.",
             ROLES + flaps("A", (0, 60, 120, 180)) + flaps("B", (500, 510, 520, 530, 540, 550), "10.200") +
             flaps("A", (600, 680, 760, 840, 920), "10.300") + [noise("B", 1400)], [])
    scenario("231-flapping-one-was-long",
             "Five within 5 min, but one of them long enough for no-switchover: not flapping.",
             ROLES + [down("A", 0, "10.100"), up("A", 3, "10.100"), down("A", 60, "10.100"), up("A", 75, "10.100")] + flaps("A", (120, 180, 240)),
             [lost("10.100", 70, 75)])


def conditions_of_the_pair():
    scenario("217-switchover-failed",
             "A side whose last word is master has its main down and no side is master with its main not down: critical after 30 s; over when "
             "the peer forwards.",
             ROLES + [main_down("A", 0), inherited("A", 0, "10.100"), member("B", 60, "Master", "PEER_MEMBER_DOWN")],
             [alert("switchover-failed", "pe-a", None, 30, 60, severity="critical", peer="pe-b", trunk="Eth-Trunk10", e_trunk=1, since=since(0),
                    cleared_by="switched-over", last={"duration_s": 60.0})])
    scenario("218-switchover-in-time", "The takeover, or main up again, within 30 s: no switchover-failed.",
             ROLES + [member("A", -500, "Master", trunk=20), member("B", -499, "Backup", trunk=21), main_down("A", 0),
                      member("B", 29, "Master", "PEER_MEMBER_DOWN"), main_down("A", 100, "20"), up("A", 129, "20")], [])
    scenario("219-names-who-forwarded-last",
             "Last word master, even if stale; it names the side that forwarded last: pe-b had taken over, then its main fails too.",
             ROLES + [main_down("A", 0), member("B", 1, "Master", "PEER_MEMBER_DOWN"), main_down("B", 100), up("A", 200, "10"), member("A", 200, "Master")],
             [alert("switchover-failed", "pe-b", None, 130, 200, peer="pe-a", since=since(100), cleared_by="switched-over")])
    scenario("220-backup-no-longer-counts",
             "A side that calls itself backup no longer counts: pe-b forwarded last, but says backup; pe-a's last word is (stale) master.",
             ROLES + [main_down("A", 0), member("B", 1, "Master", "PEER_MEMBER_DOWN"), member("B", 100, "Backup")],
             [alert("switchover-failed", "pe-a", None, 130)])
    scenario("221-both-backup-after-main-down",
             "The old master calls itself backup: not switchover-failed but no-master, 30 s from then.",
             ROLES + [main_down("A", 0), member("A", 20, "Backup"), member("B", 80, "Master")],
             [alert("no-master", "pe-a", None, 50, 80)])
    scenario("222-no-master",
             "Both members backup for 30 s: critical; the device is the one that became master last. 29 s are not enough.",
             [member("A", -600, "Master"), member("B", -599, "Backup"), member("A", -300, "Backup"), member("B", -300, "Master"), member("B", 0, "Backup"),
              member("A", 100, "Master"), member("A", 200, "Backup"), member("A", 229, "Master")],
             [alert("no-master", "pe-b", None, 30, 100, severity="critical", peer="pe-a", trunk="Eth-Trunk10", e_trunk=1, since=since(0))])
    scenario("222-init-is-not-backup",
             "no-master is both members backup; E-Trunks that (re)start say init: do not alert, wait (domain 4.5).",
             [etrunk("A", 0, 1, 7), etrunk("B", 1, 1, 7), noise("A", 300)], [])

    scenario("223-dual-master",
             "Both master, both mains not down, both devices have reported a role since the later takeover: major after 30 s, device = became "
             "master last. Once 29 s only; once the old master never says anything again.",
             ROLES + [member("A", -598, "Master", trunk=20), member("B", -597, "Backup", trunk=21),
                      member("B", 0, "Master"), member("A", 5, "Master"), member("A", 100, "Backup"),
                      member("A", 200, "Master"), member("B", 203, "Master"), member("B", 232, "Backup"),
                      member("B", 400, "Master", trunk=21), noise("A", 410), noise("A", 500)],
             [alert("dual-master", "pe-b", None, 35, 100, severity="major", peer="pe-a", trunk="Eth-Trunk10", e_trunk=1)])
    scenario("223-dual-master-other-trunk",
             "dual-master names as device the one that became master last, with its own Eth-Trunk.",
             [member("A", -598, "Master", trunk=20), member("B", -597, "Backup", trunk=21), member("B", 0, "Master", trunk=21), member("A", 5, "Master", trunk=20)],
             [alert("dual-master", "pe-b", None, 35, None, trunk="Eth-Trunk21", peer="pe-a")])
    back = [main_down("A", -100), member("B", -99, "Master", "PEER_MEMBER_DOWN"), member("A", -98, "Backup"), up("A", 0, "10"), member("A", 1, "Master"),
            member("B", 2, "Master", "PEER_MEMBER_DOWN")]
    scenario("224-dual-master-after-revert",
             "150 s after a main interface came back (revert delay + 30 s).",
             ROLES + back + [member("B", 170, "Backup", "PEER_MEMBER_UP")],
             [alert("dual-master", "pe-a", None, 150, 170, severity="major")], tolerance=2.5)
    scenario("224-revert-in-time", "A revert within 150 s after a main interface came back is no dual master.",
             ROLES + back + [member("B", 147, "Backup", "PEER_MEMBER_UP")], [])
    scenario("225-revert-delay", "The revert delay of the inventory (60 s) + 30 s: 90 s after a main interface came back.",
             ROLES + back, [alert("dual-master", "pe-a", None, 90)], tolerance=2.5, inv=inventory(e_trunk="revert-delay: 60s"))
    scenario("225-revert-delay-in-time", "The revert delay of the inventory (60 s) + 30 s: a revert after 87 s is in time.",
             ROLES + back + [member("B", 87, "Backup", "PEER_MEMBER_UP")], [], inv=inventory(e_trunk="revert-delay: 60s"))
    three = inventory("mode: active-active", extra="          - trunks: {pe-a: Eth-Trunk30, pe-b: Eth-Trunk30}")
    scenario("226-not-dual-master",
             "Active-active in the inventory; force-master on both; after a takeover the old master may still call itself master with its main down.",
             [member("A", -10, "Master"), member("B", -9, "Master"), member("A", -8, "Master"), member("B", -7, "Master"),
              member("A", -10, "Master", "FORCE_MASTER", 20), member("B", -9, "Master", "FORCE_MASTER", 21), member("A", -8, "Master", "FORCE_MASTER", 20),
              member("B", -7, "Master", "FORCE_MASTER", 21), member("A", -10, "Master", trunk=30), member("B", -9, "Backup", trunk=30), main_down("A", 0, "30"),
              member("B", 1, "Master", "PEER_MEMBER_DOWN", 30), member("A", 5, "Master", trunk=30), member("B", 6, "Master", "PEER_MEMBER_DOWN", 30),
              noise("A", 400)], [], inv=three)

    both = [member("A", -600, "Master", "FORCE_MASTER"), member("B", -599, "Master", "FORCE_MASTER")]
    scenario("227-partial-loss",
             "active-active: a sub-interface down by its own fault on one side: major; the peer's forwarding does not end it. 9 s are not enough.",
             both + [down("A", 0, "10.100"), member("B", 30, "Master", "FORCE_MASTER"), up("A", 60, "10.100"), down("A", 100, "10.200"), up("A", 109, "10.200")],
             [alert("partial-loss", "pe-a", ["Eth-Trunk10.100"], 10, 60, severity="major", peer="pe-b", services=["arp"], since=since(0), cleared_by="recovered")],
             inv=inventory("mode: active-active"))
    scenario("227-partial-loss-by-reported-mode",
             "Reported work mode (force-master on both) beats the inventory's mode: partial-loss, not no-switchover.",
             both + [down("A", 0, "10.100"), up("A", 60, "10.100")], [alert("partial-loss", "pe-a", ["Eth-Trunk10.100"], 10, 60, severity="major")])
    scenario("228-partial-loss-on-both",
             "partial-loss is critical when the sub-interface is down on both sides.",
             both + [down("A", 0, "10.100"), down("B", 40, "10.100"), up("A", 100, "10.100"), up("B", 120, "10.100")],
             [alert("partial-loss", "pe-a", ["Eth-Trunk10.100"], 10, 100, severity="major"),
              alert("partial-loss", "pe-b", ["Eth-Trunk10.100"], 50, 120, severity="critical")], inv=inventory("mode: active-active"))

    scenario("235-redundancy-lost",
             "E-Trunk peer not heard (TIMEOUT, BFD_DOWN, PEER_TIMEOUT, PEER_BFD_DOWN) for 30 s: warning; a normal reason ends it; 29 s are not enough.",
             ROLES + [etrunk("A", 0, "Master", "TIMEOUT"), etrunk("A", 100, "Master", "PRI"), etrunk("A", 200, "Master", "BFD_DOWN"), etrunk("A", 229, "Master", "PRI"),
                      etrunk("A", 300, "Master", "BFD_DOWN"), etrunk("A", 400, "Master", "PRI"), etrunk("B", 500, "Backup", "PEER_TIMEOUT"),
                      etrunk("B", 600, "Backup", "PRI"), etrunk("B", 700, "Backup", "PEER_BFD_DOWN"), etrunk("B", 800, "Backup", "PRI")],
             [alert("redundancy-lost", "pe-a", None, 30, 100, severity="warning", peer="pe-b", e_trunk=1, pair="metro-7", since=since(0)),
              alert("redundancy-lost", "pe-a", None, 330, 400), alert("redundancy-lost", None, None, 530, 600), alert("redundancy-lost", None, None, 730, 800)], inv=ONE)
    profile = inventory(pair="backup-profiles:\n  rbp-arp: {mode: hot, services: [arp], rbs: rbs1, protocol: e-trunk}", second=False,
                        subs="100: {services: [arp], profile: rbp-arp}")
    scenario("236-rbs-channel", "redundancy-lost: the RBS channel is down for 30 s; 29 s are not enough.",
             ROLES + [rbs("A", 0, "Down"), rbs("A", 90, "Up"), rbs("A", 200, "Down"), rbs("A", 229, "Up")],
             [alert("redundancy-lost", None, None, 30, 90, severity="warning", since=since(0))], inv=profile)
    timeout = lambda t, end: line("A", t, f"%%01ETRUNK/4/hwEtrunkStatusTimeOut_{end}(l):CID=0x80d8271c-alarmID=0x0d860001;The E-Trunk status timed out. (ETrunkId=1)")
    scenario("237-time-out-log", "redundancy-lost: time-out alarm in the log, ended by its clear (domain 4.4: take ETrunkId=).",
             ROLES + [timeout(0, "active"), timeout(100, "clear"), timeout(200, "active"), timeout(229, "clear")],
             [alert("redundancy-lost", None, None, 30, 100, severity="warning")], inv=ONE)
    et_time = lambda t, n: trap2(t, ET + f"2.{n}", [(ET + "1.4.1.0", integer(1))])
    rbs_trap = lambda t, n: trap2(t, f"1.3.6.1.4.1.2011.5.2.2.2.0.{n}", [("1.3.6.1.4.1.2011.5.2.2.1.12.0", ber(4, b"rbs1"))] +
                                  ([("1.3.6.1.4.1.2011.5.2.2.1.13.0", ber(4, b"tcp down"))] if n == 7 else []))
    scenario("238-redundancy-traps",
             "redundancy-lost by traps: E-Trunk time-out (the id is the varbind's value) and its resume, RBS down and up.",
             inv=profile, files={"input.pcap": pcap([packet("192.0.2.1", -600, member_trap(-600, 2, 5)), packet("192.0.2.2", -599, member_trap(-599, 1, 4)),
                                                     packet("192.0.2.1", 0, et_time(0, 7)), packet("192.0.2.1", 100, et_time(100, 8)),
                                                     packet("192.0.2.1", 200, rbs_trap(200, 7)), packet("192.0.2.1", 300, rbs_trap(300, 8)),
                                                     packet("192.0.2.1", 400, rbs_trap(400, 7)), packet("192.0.2.1", 429, rbs_trap(429, 8))])},
             alerts=[alert("redundancy-lost", None, None, 30, 100), alert("redundancy-lost", None, None, 230, 300)])
    mode = lambda m, s: inventory(pair=f"backup-profiles:\n  rbp-x: {{mode: {m}, services: [{s}], rbs: rbs1, protocol: e-trunk}}", second=False,
                                  subs=f"100: {{services: [{s}], profile: rbp-x}}")
    about = "A backup profile's mode does not fit its service: virtual is for BRAS only, warm for none (hold: none)."
    quiet = [noise("A", 0), noise("B", 1)]
    scenario("239-virtual-for-arp", about, quiet, [alert("mode-ineffective", None, None, 0, severity="warning", pair="metro-7")], inv=mode("virtual", "arp"), tolerance=1.1)
    scenario("239-warm-for-igmp", about, quiet, [alert("mode-ineffective", None, None, 0)], inv=mode("warm", "igmp"), tolerance=1.1)
    scenario("239-warm-for-bras", about, quiet, [alert("mode-ineffective", None, None, 0)], inv=mode("warm", "bras"), tolerance=1.1)
    scenario("239-virtual-for-bras-fits", about, quiet, [], inv=mode("virtual", "bras"))
    scenario("239-hot-fits", about, quiet, [], inv=mode("hot", "ipsec"))


