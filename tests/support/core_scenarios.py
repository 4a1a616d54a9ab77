#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Writes the recorded scenarios 200-268: holds, conditions, formats and time, as the documents word them.

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

    scenario("205-faulty-peer-forwarded-between",
             "If the peer forwarded in between, the hold is a new one, also if its same sub-interface was faulty; an interruption is over when the peer forwards and its same "
             "sub-interface is not known faulty.",
             [member("A", -600, "Master"), member("B", -599, "Backup"), down("B", -300, "10.100"), down("A", 0, "10.100"), member("A", 5, "Backup"), member("B", 5, "Master"),
              member("B", 80, "Backup"), member("A", 80, "Master"), up("A", 120, "10.100")],
             [lost("10.100", 15, 120, device="pe-b", cleared_by="switched-over"), lost("10.100", 90, 120, cleared_by="recovered")])

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
             "an up before the raise that arrives after it, a down and its up both late, the peer's takeover late (an up of "
             "pe-a says that its main is up, so the fault is the standby's from then).",
             ROLES + [down("A", 0, "10.100"), noise("B", 15), up("A", 6, "10.100"),
                      noise("B", 125), down("A", 100, "10.200"), noise("B", 127), up("A", 112, "10.200"),
                      down("A", 200, "10.300"), noise("A", 215), member("B", 206, "Master", "PEER_MEMBER_DOWN")],
             [lost("10.100", 10, 10, cleared_by="retracted"), lost("10.200", 125, 125, cleared_by="retracted"),
              lost("10.300", 210, 210, cleared_by="retracted"),
              alert("standby-not-ready", "pe-a", ["Eth-Trunk10.300"], 266)])

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


    scenario("213-drain-longest-hold", "When the input ends the clock runs on by the longest hold: here one of 200 s, set with --hold.",
             ROLES + [down("A", 0, "10.100")], [lost("10.100", 200)], args=["--hold", "no-switchover=200s"])


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
    scenario("226-inventory-active-active",
             "Reported work mode (force-master on both, active-active, all-active) beats the inventory's; ETRUNK_MASTER is none of these: active-active stays.",
             [member("A", -10, "Master"), member("B", -9, "Master"), member("A", -8, "Master"), member("B", -7, "Master"), noise("A", 300)], [],
             inv=inventory("mode: active-active"))
    scenario("226-not-dual-master",
             "Active-active in the inventory; force-master on both; after a takeover the old master may still call itself master with its main down.",
             [member("A", -10, "Master", 8), member("B", -9, "Master", 8), member("A", -8, "Master", 8), member("B", -7, "Master", 8),
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


def cycles(write, forms, step=100, length=30, frac=None):
    """Down at 0, up at 30 per form, 100 s apart: (lines, alerts). write(form, t, name, is_up) gives the line."""
    lines, alerts = [], []
    for i, form in enumerate(forms):
        part = frac(form) if frac else 0
        t = i * step + part
        lines += [write(form, t, False), write(form, t + length, True)]
        alerts.append(lost("10.100", t + 10, t + length, since=since(t)))
    return lines, alerts


def formats():
    forms = [("date", 0, "", 0), ("short", 0, "", 0), ("iso", 0, "", 0), ("iso-unpadded", 0, "", 0), ("rfc3339", 0, "Z", 0), ("rfc3339", 0, "+00:00", 0),
             ("rfc3339", 8, "+08:00", 0), ("date", 8, "+08:00", 0), ("date", -4, "-04:00", 0), ("iso", 8, "+08:00", 0), ("short", 8, "+08:00", 0),
             ("date", 8, "+08:00 DST", 0), ("date", 0, "", .967), ("date", 0, ".1", .15), ("iso", 0, ".1", .15), ("date", 8, "+08:00", .967), ("rfc3339", 0, "Z", .967)]

    def stamped(form, t, is_up):
        shape, zone, suffix, _ = form
        st = stamp(t, shape, zone, suffix)
        return up("A", t, "10.100", st=st) if is_up else down("A", t, "10.100", st=st)
    lines, alerts = cycles(stamped, forms, frac=lambda f: f[3])
    scenario("240-stamps", "Each stamp of domain 2.2: date, short-date, format-date (also unpadded), rfc-3339, zones, milliseconds, tie-break counter.",
             ROLES + lines, alerts)
    scenario("240-tenths", "precision-time tenth-second: `.9`.",
             ROLES + [down("A", 0, "10.100", st="Aug  8 2026 18:00:00.9"), up("A", 40, "10.100", st="Aug  8 2026 18:00:40.9")], [lost("10.100", 10.9, 40.9)])

    scenario("241-stamp-offset-utc",
             "stamp-offset: utc: 18:00:00+08:00 of pe-a is UTC 18:00:00; pe-b's 02:00:05+08:00 is RFC 3339.",
             [member("A", -600, "Master", st=stamp(-600, suffix="+08:00")), member("B", -599, "Backup", st=stamp(-599, zone=8, suffix="+08:00")),
              down("A", 0, "10.100", st=stamp(0, suffix="+08:00")), noise("B", 5, st=stamp(5, zone=8, suffix="+08:00")),
              up("A", 40, "10.100", st=stamp(40, suffix="+08:00")), down("A", 100, "10.200", st=stamp(100, suffix="+08:00")),
              member("B", 105, "Master", "PEER_MEMBER_DOWN", st=stamp(105, zone=8, suffix="+08:00"))],
             [lost("10.100", 10, 40, since=since(0)), alert("standby-not-ready", "pe-a", ["Eth-Trunk10.200"], 165)],
             inv=inventory(a_extra="stamp-offset: utc"))

    scenario("242-no-stamp",
             "A line without a stamp of its own arrives, and happened, at the highest stamp so far; `boot` is not wall clock.",
             ROLES + [noise("B", 0), down("A", 0, "10.100", st=""), noise("B", 5), noise("B", 40), up("A", 40, "10.100", st=""),
                      noise("B", 100), down("A", 0, "10.200", st="0.360000000"), noise("B", 105), noise("B", 140), up("A", 0, "10.200", st="0.360040000"), noise("B", 150)],
             [lost("10.100", 10, 40), lost("10.200", 110, 140)])

    short = lambda t: stamp(t, "short")
    cycle = [member("A", -600, "Master", st=short(-600)), member("B", -599, "Backup", st=short(-599)), down("A", 0, "10.100", st=short(0)), up("A", 40, "10.100", st=short(40))]
    scenario("243-year-option", "A stamp without a year takes --year (the file was modified in 2019).", cycle, [lost("10.100", 10, 40)], args=["--year", "2026"], mtime=1565287700)
    scenario("243-year-of-file", "A stamp without a year takes the year of the file's modification time.", cycle, [lost("10.100", 10, 40)])

    leap = lambda text, body: f"<186>{text} PE-A {body}"
    scenario("243-leap-day-without-year", "A stamp without a year takes --year: 29 February is a day of 2028.",
             [leap("Feb 29 23:50:00", member_body("Master", "ETRUNK_MASTER")), leap("Feb 29 23:59:55", down_body("Eth-Trunk10.100")), leap("Mar  1 00:00:30", up_body("Eth-Trunk10.100"))],
             [lost("10.100", *(int((dt.datetime(2028, 3, 1, 0, 0, x) - T0).total_seconds()) for x in (5, 30)))], args=["--year", "2028"])

    eve = int((dt.datetime(2026, 12, 31, 23, 59, 55) - T0).total_seconds())
    new_year = [member("A", eve - 600, "Master", st=short(eve - 600)), member("B", eve - 599, "Backup", st=short(eve - 599)), down("A", eve, "10.100", st=short(eve)),
                noise("B", eve + 3, st=short(eve + 3)), noise("B", eve + 8, st=short(eve + 8)), up("A", eve + 35, "10.100", st=short(eve + 35)), noise("B", eve + 60, st=short(eve + 60))]
    scenario("244-new-year-by-file", "Stamps without a year over New Year; the file was last written on 1 January 2027: December is 2026.",
             new_year, [lost("10.100", eve + 10, eve + 35)], mtime=int(epoch(eve + 3600)))
    scenario("244-new-year-by-option", "Stamps without a year over New Year with --year 2026: the log begins in 2026 and goes on into 2027.",
             new_year, [lost("10.100", eve + 10, eve + 35)], args=["--year", "2026"], mtime=int(epoch(eve + 3600)))
    dated = lambda t: stamp(t)
    scenario("244-new-year-dated", "Stamps with a year over New Year.",
             [member("A", eve - 600, "Master", st=dated(eve - 600)), member("B", eve - 599, "Backup", st=dated(eve - 599)), down("A", eve, "10.100", st=dated(eve)),
              up("A", eve + 35, "10.100", st=dated(eve + 35))], [lost("10.100", eve + 10, eve + 35)])

    date, rfc = lambda t: stamp(t), lambda t, z=0, s="Z": stamp(t, "rfc3339", z, s)
    headers = [lambda t: f"{short(t)} 192.0.2.1 {date(t)} PE-A ", lambda t: f"<186>{short(t)} 192.0.2.1 {date(t)} PE-A ",
               lambda t: f"{rfc(t, 0, '.000+00:00')} 192.0.2.1 {date(t)} PE-A ", lambda t: f"{rfc(t, 2, '+02:00')} 192.0.2.1 {date(t)} PE-A ",
               lambda t: f"<186>1 {rfc(t, 0, '.000Z')} 192.0.2.1 - - - - {date(t)} PE-A ", lambda t: f'<186>1 {rfc(t)} loghost vrp 7 ID1 [meta a="b"] {date(t)} PE-A ',
               lambda t: f"<186>1 {rfc(t)} loghost vrp - - - \ufeff<186>{date(t)} PE-A ", lambda t: f"{short(t)} loghost {date(t)} PE-A ",
               lambda t: f"{short(t)} loghost <186>{date(t)} PE-A ", lambda t: f"{rfc(t)} loghost <186>{date(t)} PE-A ", lambda t: f"{date(t)} PE-A ",
               lambda t: f"{stamp(t, 'iso')} PE-A ", lambda t: f"<186>{date(t)} pe-a ", lambda t: f"{short(t)} 192.0.2.1 {stamp(t, 'iso')} PE-A ",
               lambda t: f"{short(t)} 192.0.2.1 {stamp(t, 'date', 8, '+08:00')} PE-A ", lambda t: f"{short(t)} 192.0.2.1 {short(t)} PE-A "]
    lines, alerts = cycles(lambda f, t, is_up: f(t) + (up_body if is_up else down_body)("Eth-Trunk10.100"), headers)
    scenario("245-headers", "Raw, without PRI, and with a relay's own header in front: RFC 3164, RFC 3339, RFC 5424, by address or by the relay's name.",
             ROLES + lines, alerts)

    boot = lambda t: f"0.{360000000 + int(t * 1000)}"
    split = lambda b: b.replace("(l):", "(l): ", 1)     # the tag ends at the colon; rsyslog sets a blank behind it
    body = lambda is_up: (up_body if is_up else down_body)("Eth-Trunk10.100")
    zone8 = lambda t: stamp(t, "date", 8, "+08:00")
    broken = lambda st: st.replace(":", ": ", 1)         # 18: 00:00, as rsyslog writes a stamp it took for a tag
    rs = [lambda t, b: f"{short(t)} PE-A {split(b)}", lambda t, b: f"{short(t)} {zone8(t)} PE-A {b}", lambda t, b: f"{short(t)} {broken(stamp(t, 'iso'))} PE-A {b}",
          lambda t, b: f"{short(t)} {broken(stamp(t, 'iso', 8))}+08:00 PE-A {b}", lambda t, b: f"{short(t)} {boot(t)} PE-A {b}",
          lambda t, b: f"{rfc(t, 0, '+00:00')} PE-A {split(b)}", lambda t, b: f"{rfc(t, 0, '.000000+00:00')} {zone8(t)} PE-A {b}",
          lambda t, b: f"{rfc(t, 0, '.000000+00:00')} {broken(stamp(t, 'iso'))} PE-A {b}", lambda t, b: f"{rfc(t, 0, '.000000+00:00')} {boot(t)} PE-A {b}",
          lambda t, b: f"{rfc(t, 0, '.000000+00:00')} PE-A {split(b)}"]
    lines, alerts = cycles(lambda f, t, is_up: f(t, body(is_up)), rs)
    roles = [f"{short(t)} PE-{d} {split(member_body(*m))}" for t, d, m in ((-600, "A", ("Master", "ETRUNK_MASTER")), (-599, "B", ("Backup", "ETRUNK_BACKUP")))]
    scenario("246-rsyslog-files", "As rsyslog stores what it mis-parses (traditional and RSYSLOG_FileFormat, forms as rsyslog 8.2302 wrote them): the tag split from "
             "the text by a blank, a stamp taken for host and tag, a format-date broken after the hour.", roles + lines, alerts)
    ng = [lambda t, b: f"{short(t)} 192.0.2.1 {b}", lambda t, b: f"{short(t)} 192.0.2.1 {date(t)}.000 PE-A {b}", lambda t, b: f"{short(t)} 192.0.2.1 {zone8(t)} PE-A {b}",
          lambda t, b: f"{short(t)} 192.0.2.1 {boot(t)} PE-A {b}", lambda t, b: f"{short(t)} 192.0.2.1 PE-A {b}", lambda t, b: f"{rfc(t, 0, '+00:00')} 192.0.2.1 {b}",
          lambda t, b: f"{rfc(t, 0, '+00:00')} 192.0.2.1 {zone8(t)} PE-A {b}", lambda t, b: f"{rfc(t, 8, '+08:00')} 192.0.2.1 {b}"]
    lines, alerts = cycles(lambda f, t, is_up: f(t, body(is_up)), ng)
    roles = [f"{short(t)} 192.0.2.{n} {member_body(*m)}" for t, n, m in ((-600, 1, ("Master", "ETRUNK_MASTER")), (-599, 2, ("Backup", "ETRUNK_BACKUP")))]
    scenario("246-syslog-ng-files", "As syslog-ng stores it (default and ISO stamps, forms as syslog-ng 3.38 wrote them): its source's address in place of the router's name, "
             "or its own header in front of the router's.", roles + lines, alerts)

    vrp5 = [lambda n, w: f"%%01IFNET/1/IF_LINK{w}(l)[3]:OID 1.3.6.1.6.3.1.1.5.{4 if w == 'UP' else 3} Interface 37 turned into {w} state.(AdminStatus=1,OperStatus="
            f"{1 if w == 'UP' else 2},InterfaceName={n})", lambda n, w: f"%%01IFNET/4/IF_STATE(l)[17]:Interface {n} has turned into {w} state.",
            lambda n, w: f"%%01IFPDT/4/IF_STATE(l)[0]:Interface {n} has turned into {w} state."]
    lines, alerts = cycles(lambda f, t, is_up: line("A", t, f("Eth-Trunk10.100", "UP" if is_up else "DOWN"), st=stamp(t, "iso-unpadded")), vrp5)
    old = lambda dev, t, was, now, why: line(dev, t, "%%01ETRUNK/4/MEMBER_STATE_CHG(l)[5]:The member of the E-Trunk changed its state. (MemberType=Eth-Trunk, MemberId=10, "
                                             f"OldState={was}, OldReason=ETRUNK_INIT, NewState={now}, NewReason={why})", st=stamp(t, "iso-unpadded"))
    scenario("247-vrp5", "VRP5 forms of domain 3.2 and 4.4: IF_LINKDOWN, IF_STATE (IFNET, IFPDT), MEMBER_STATE_CHG without an E-Trunk id, counters in brackets.",
             [old("A", -600, "Backup", "Master", "ETRUNK_MASTER"), old("B", -599, "Init", "Backup", "ETRUNK_BACKUP")] + lines +
             [down("A", 400, "10.200"), old("A", 404, "Master", "Backup", "ETRUNK_BACKUP"), old("B", 405, "Backup", "Master", "ETRUNK_MASTER")],
             [dict(a, fields=dict(a["fields"], confidence="confirmed")) for a in alerts] +
             [alert("standby-not-ready", "pe-a", ["Eth-Trunk10.200"], 464)])

    def zipped(text):
        out = io.BytesIO()
        with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as f:
            f.write(text.encode())
        return out.getvalue()
    a_lines = [ROLES[0], down("A", 0, "10.100"), member("A", 6, "Backup"), up("A", 60, "10.100"), member("A", 100, "Master"), down("A", 200, "10.200"), up("A", 240, "10.200")]
    b_lines = [ROLES[1], member("B", 5, "Master"), member("B", 100, "Backup"), noise("B", 205), noise("B", 300)]
    scenario("248-two-inputs", "Several inputs are merged by time; CRLF and LF; .gz.", alerts=[lost("10.200", 210, 240, since=since(200))],
             files={"input-1.log": "".join(x + "\r\n" for x in a_lines), "input-2.log.gz": zipped("".join(x + "\n" for x in b_lines))})
    scenario("248-no-last-newline", "The last line of a text log may end without a newline; CR LF.", alerts=[lost("10.100", 10, 40)],
             files={"input.log": "\r\n".join(ROLES + [down("A", 0, "10.100"), "", up("A", 40, "10.100")])})

    scenario("249-log-and-capture", "Several inputs are merged by time: roles in a log, link traps in a capture.",
             files={"input-1.log": "".join(x + "\n" for x in ROLES + [noise("A", 50), member("B", 105, "Master", "PEER_MEMBER_DOWN")]),
                    "input-2.pcap": pcap([packet("192.0.2.1", 0, link_trap(0, False)), packet("192.0.2.1", 44, link_trap(44, True)),
                                          packet("192.0.2.1", 100, link_trap(100, False)), packet("192.0.2.1", 160, link_trap(160, True))])},
             alerts=[lost("10.100", 10, 44, since=since(0), confidence="confirmed")])

    def mixed(**kw):
        return [packet("192.0.2.1", -600, member_trap(-600, 2, 5), **kw), packet("192.0.2.2", -599, member_trap(-599, 1, 4), **kw),
                packet("192.0.2.1", 0, link_trap(0, False), **kw), packet("192.0.2.1", 44, link_trap(44, True), **kw),
                packet("192.0.2.1", 100, down("A", 100, "10.100"), **kw), packet("192.0.2.1", 150, up("A", 150, "10.100"), **kw)]
    want = [lost("10.100", 10, 44, since=since(0), confidence="confirmed"), lost("10.100", 110, 150, since=since(100))]
    scenario("250-pcapng", "pcapng, two interfaces with different stamp resolutions, an unknown block in between.", files={"input.pcapng": pcapng(mixed())}, alerts=want)
    scenario("250-pcap-vlan", "Captures with an 802.1Q tag and with two tags.",
             files={"input-1.pcap": pcap(mixed(tags=((0x8100, 100),))[:4]), "input-2.pcap": pcap(mixed(tags=((0x88A8, 7), (0x8100, 100)))[4:])}, alerts=want)
    v6 = [packet("2001:db8::1", p, x, v6=True) for p, x in ((-600, member_trap(-600, 2, 5)), (0, link_trap(0, False)), (44, link_trap(44, True)),
                                                           (100, down("A", 100, "10.100")), (150, up("A", 150, "10.100")))]
    scenario("250-pcap-ipv6", "A capture over IPv6, the device by one of its addresses.", files={"input.pcap": pcap(v6)}, alerts=want, inv=inventory(a_addr=', "2001:db8::1"'))
    scenario("250-pcap-big-endian-ns", "A capture in the other byte order, with nanoseconds.", files={"input.pcap": pcap(mixed(), ">", True)}, alerts=want)
    scenario("250-pcap-cooked", "A capture taken on `any` (Linux cooked).", files={"input.pcap": pcap(mixed(link="sll"), link=113)}, alerts=want)
    informed = lambda x: x.replace(b"public\xa7", b"public\xa6", 1)
    scenario("250-pcap-informs", "Informs in a capture are traps.", alerts=want[:1],
             files={"input.pcap": pcap([packet("192.0.2.1", p, informed(x)) for p, x in ((-600, member_trap(-600, 2, 5)), (0, link_trap(0, False)), (44, link_trap(44, True)))])})

    v1 = lambda t, generic: trap1(t, "1.3.6.1.4.1.2011.2.62.20", generic, 0, link_vars(37, "Eth-Trunk10.100", 2 if generic == 2 else 1))
    v1_role = lambda src, t, state, reason: packet(src, t, trap1(t, ET + "2", 6, 2, member_vars(state, reason), src))
    scenario("251-traps-v1", "SNMPv1 traps: generic linkDown and linkUp; enterprise-specific 2 of the E-Trunk MIB (the OID has no .0. before it).",
             files={"input.pcap": pcap([v1_role("192.0.2.1", -600, 2, 5), v1_role("192.0.2.2", -599, 1, 4), packet("192.0.2.1", 0, v1(0, 2)), packet("192.0.2.1", 44, v1(44, 3)),
                                        packet("192.0.2.1", 100, v1(100, 2)), v1_role("192.0.2.2", 105, 2, 6)])},
             alerts=[lost("10.100", 10, 44, since=since(0), confidence="confirmed"), alert("standby-not-ready", "pe-a", ["Eth-Trunk10.100"], 165)])

    relay = "relays: [192.0.2.50]\n"
    roles = [packet("192.0.2.50", -600, ROLES[0]), packet("192.0.2.50", -599, ROLES[1])]
    scenario("252-relays", "relays: collectors that forward for devices: those are identified by header, not by source; an unknown source is dropped, and so is an unknown name behind a relay. "
             "A device is known by its source, whatever its name.", inv=inventory(extra=relay),
             files={"input.pcap": pcap(roles + [packet("192.0.2.50", 0, down("A", 0, "10.100")), packet("203.0.113.9", 5, up("A", 5, "10.100")),
                                                packet("192.0.2.50", 6, up("X", 6, "10.100")), packet("192.0.2.50", 40, f"<186>{short(40)} 192.0.2.1 {date(40)} PE-A " + up_body("Eth-Trunk10.100")),
                                                packet("192.0.2.1", 100, down("X", 100, "10.200")), packet("192.0.2.1", 140, up("X", 140, "10.200"))])},
             alerts=[lost("10.100", 10, 40), lost("10.200", 110, 140)])
    scenario("252-not-a-relay", "Only devices of the inventory and named relays are heard: a collector that is not named is an unknown source.",
             files={"input.pcap": pcap([packet("192.0.2.50", 0, down("A", 0, "10.100")), packet("192.0.2.50", 60, noise("B", 60))])})


def clocks():
    """Dense interleaved lines; each device's stamp is its own clock. Rows are (time of arrival, device, maker of the line)."""
    def recording(offsets, rows, begin=-400, end=400, step=4):
        rows = list(rows)
        for i, dev in enumerate(offsets):
            rows += [(t + i * step / len(offsets), dev, noise) for t in range(begin, end, step)]
        out = []
        for t, dev, make in sorted(rows, key=lambda r: r[0]):
            whole = int(t // 1) + offsets[dev]
            out.append(make(dev, whole))
        return out
    say = lambda f, *a: (lambda dev, t: f(dev, t, *a))
    story = [(-395, "A", say(member, "Master")), (-394, "B", say(member, "Backup")),
             (-100, "A", say(down, "10.200")), (-97, "B", say(member, "Master")), (-96, "A", say(member, "Backup")), (-60, "A", say(up, "10.200")),
             (-50, "B", say(member, "Backup")), (-49, "A", say(member, "Master")), (0, "A", say(down, "10.100")), (60, "A", say(up, "10.100"))]
    rule = "Corrected: with its offset and the device's skew, measured against the other devices over at least 8 lines, taken out. "
    scenario("253-two-clocks-minutes", rule + "pe-a is 180 s ahead of pe-b (which of two is right nobody can say): the takeover within 3 s is no fault.",
             recording({"A": 180, "B": 0}, story), [lost("10.100", 100, 150, last={"duration_s": 60})], tolerance=95)
    scenario("253-two-clocks-behind", rule + "pe-a is 180 s behind pe-b.",
             recording({"A": -180, "B": 0}, story), [lost("10.100", -80, -30, last={"duration_s": 60})], tolerance=95)
    hours = recording({"A": 8 * 3600, "B": 0}, story)
    scenario("253-two-clocks-zone-missing", rule + "pe-a writes local time (+8 h) and no zone: one alert, of 60 s, on either clock.",
             hours, [lost("10.100", 14400, 14450, last={"duration_s": 60})], tolerance=14420)
    for name, skew, text in (("ahead", 180, "180 s ahead"), ("behind", -420, "7 min behind"), ("zone-missing", 8 * 3600, "8 h off, its zone missing"),
                             ("years-off", -3652 * 86400, "ten years behind")):
        scenario(f"254-clock-{name}", rule + f"pe-a's clock, one of four, is {text}: times come out on the others' clock.",
                 recording({"A": skew, "B": 0, "C": 0, "D": 0}, story), [lost("10.100", 10, 60, since=None)], tolerance=4.2, inv=FOUR)
        SCENARIOS[f"254-clock-{name}"][1]["alerts"][0]["fields"] = {}
    scenario("255-peer-clock-ahead", rule + "pe-b's clock, one of four, is 5 min ahead.",
             recording({"A": 0, "B": 300, "C": 0, "D": 0}, story), [lost("10.100", 10, 60)], tolerance=4.2, inv=FOUR)

    for name, skew in (("40-s-ahead", 40), ("40-s-behind", -40), ("20-s-behind", -20)):
        scenario(f"254-clock-{name}", rule + "pe-a's clock, one of four, is off by less than a minute.",
                 recording({"A": skew, "B": 0, "C": 0, "D": 0}, story), [lost("10.100", 10, 60)], tolerance=4.2, inv=FOUR)
    calm = [(-1195, "A", say(member, "Master")), (-1194, "B", say(member, "Backup")), (0, "A", say(down, "10.100")), (120, "A", say(up, "10.100"))]
    scenario("255-sparse-lines", rule + "pe-a is 300 s ahead, one of four; a line a minute from each.",
             recording({"A": 300, "B": 0, "C": 0, "D": 0}, calm, -1200, 1200, 60), [lost("10.100", 10, 120)], tolerance=31, inv=FOUR)

    swapped = recording({"A": 0, "B": 0}, story)
    late, out = [], []
    for x in swapped:                                    # every line of pe-b comes 20 s late, in its own order
        (late if " PE-B " in x else out).append(x)
    merged, i = [], 0
    for x in out:
        t = dt.datetime.strptime(x[5:25].strip(), "%b %d %Y %H:%M:%S")
        while i < len(late) and dt.datetime.strptime(late[i][5:25].strip(), "%b %d %Y %H:%M:%S") + dt.timedelta(seconds=20) <= t:
            merged.append(late[i])
            i += 1
        merged.append(x)
    scenario("256-peer-lines-late", "Out of order within 30 s: every line of pe-b comes 20 s late (which may be taken for skew). pe-a says backup in time, so the takeover at "
             "-97 is no fault; the fault at 0 is.",
             merged + late[i:], [lost("10.100", 10, 60)], tolerance=21)
    scenario("256-older-than-30-s", "A line happened at its own corrected stamp, at most 30 s before its arrival: stamped 0, arriving at 100, it happened at 70.",
             ROLES + [noise("B", 100), down("A", 0, "10.100"), up("A", 140, "10.100")], [lost("10.100", 100, 140, since=since(70))])

    odd = ["", "   ", "garbage", "<999>what", "<188>", "\x00\x01\x02\xff\xfe", "last message repeated 3 times", "<134> 1 2015-02-05T11:55:48Z 2.0.0.1 - - NAT444userbased - %%01SEC/6/BIND(L): x",
           "x" * 20000, "<188>Aug  8 2026 18:00:07 PE-A %%01", "<188>Aug  8 2026 18:00:07 PE-A %%01IFNET/2/linkDown_clear(l):CID=0x1;The interface status changes. (ifName=",
           "#47/active/linkDown/Major/occurredTime:2024-11-26 14:05:54/-/-/alarmID:0x08520003/CID=0x807a0404:The interface status changes. (ifName=GE1/0/1)",
           "<188>Aug 32 2026 25:61:61 PE-A " + NOISE, "<188>Feb 30 2026 10:00:00 PE-B " + NOISE]
    scenario("257-garbage", "A line that can't be understood is counted, never fatal.", ROLES + odd + [down("A", 0, "10.100")] + odd + [up("A", 40, "10.100")] + odd, [lost("10.100", 10, 40)])
    def odd_year(year, where=6):
        rows = ROLES + [down("A", 0, "10.100"), noise("B", 5), noise("B", 7), noise("A", 8), up("A", 40, "10.100"), noise("B", 60), noise("A", 61), noise("B", 62), noise("A", 63)] + \
            [noise("AB"[t % 2], t) for t in range(70, 100)]
        return rows[:4] + [noise("B", where, st=f"Aug  8 {year} 18:00:06")] + rows[4:]
    scenario("257-one-line-of-an-old-year", "Never depend on the header's year (domain 11.4); a line happened at most 30 s before its arrival: one line of 2016.",
             odd_year(2016), [lost("10.100", 10, 40)])
    scenario("257-one-line-of-a-future-year", "Never depend on the header's year (domain 11.4): one line of 2036 does not carry all that follows into the future.",
             odd_year(2036), [lost("10.100", 10, 40)])

    relayed = lambda t, x: f"{stamp(t, 'rfc3339', 0, 'Z')} 192.0.2.1 {x}"
    scenario("258-relay-stamp-is-its-time", "A relay's stamp, if the line has one, is its time: pe-a's own stamps are 8 h off, its zone missing, and there are too few lines to measure.",
             [relayed(t, x[5:]) for t, x in ((-600, member("A", -600 + 28800, "Master")), (0, down("A", 28800, "10.100")), (40, up("A", 28840, "10.100")), (100, noise("A", 28900)))],
             [lost("10.100", 10, 40, since=since(0))])
    dense = [(t, noise) for t in range(-590, -10, 20)] + [(t, noise) for t in range(5, 100, 10)]
    dense = sorted(dense + [(-600, member, "Master"), (0, down, "10.100"), (40, up, "10.100")], key=lambda r: r[0])
    scenario("258-relay-stamps-dense", "A relay's stamp, if the line has one, is its time; pe-a's own stamps are 8 h off, on many lines.",
             [relayed(t, f("A", t + 28800, *rest)[5:]) for t, f, *rest in dense], [lost("10.100", 10, 40, since=since(0))], tolerance=1.1)
    SCENARIOS["258-relay-stamps-dense"][1]["alerts"][0]["fields"] = {}
    for word, skew in (("ahead", 300), ("behind", -300)):
        scenario(f"258-capture-dense-{word}", f"A capture's time is the packet's: pe-a's clock is 5 min {word}, on many lines.",
                 files={"input.pcap": pcap([packet("192.0.2.1", t, f("A", t + skew, *rest)) for t, f, *rest in dense])}, alerts=[lost("10.100", 10, 40, since=since(0))])
        scenario(f"258-capture-clock-{word}", f"A capture's time is the packet's: pe-a's clock is 5 min {word}.",
                 files={"input.pcap": pcap([packet("192.0.2.1", t, f("A", t + skew, *rest)) for t, f, *rest in ((-600, member, "Master"), (0, down, "10.100"), (5, noise), (40, up, "10.100"), (60, noise))])},
                 alerts=[lost("10.100", 10, 40, since=since(0))])
    scenario("259-leap-day-and-midnight", "A fault over midnight on 29 February 2028; stamps with a year.",
             [line("A", 0, member_body("Master", "ETRUNK_MASTER"), st="Feb 29 2028 23:50:00"), line("A", 0, down_body("Eth-Trunk10.100"), st="Feb 29 2028 23:59:55"),
              line("A", 0, up_body("Eth-Trunk10.100"), st="Mar  1 2028 00:00:30")],
             [lost("10.100", *(int((dt.datetime(2028, 3, 1, 0, 0, s) - T0).total_seconds()) for s in (5, 30)))])


def more():
    scenario("202-second-fault-is-a-new-hold", "The hold counts from when the predicate became true: down, up at 6, down again at 8.",
             ROLES + [down("A", 0, "10.100"), up("A", 6, "10.100"), down("A", 8, "10.100"), up("A", 30, "10.100")], [lost("10.100", 18, 30, since=since(8))])
    scenario("207-role-arrives-late", "An alert can't be raised before its evidence arrived: that pe-a forwards since -5 is known at 20, the fault since 0.",
             [member("A", -600, "Backup"), member("B", -599, "Master"), down("A", 0, "10.100"), noise("B", 20), member("B", -5, "Backup"), member("A", -5, "Master"), up("A", 60, "10.100")],
             [lost("10.100", 20, 60, since=since(0))])
    scenario("207-down-late-role-lost-between", "What arrives late is judged by when it happened: the role was lost at 5 and back at 8, so the hold of the fault at 0 began at 8.",
             ROLES + [member("A", 5, "Backup"), member("A", 8, "Master"), noise("B", 12), down("A", 0, "10.100"), up("A", 60, "10.100")], [lost("10.100", 18, 60)])
    scenario("209-retracted-pair", "If, as now known, the predicate was not true at the raise, the alert ends as retracted, at the time of its raise: switchover-failed, no-master, "
             "redundancy-lost.",
             ROLES + [main_down("A", 0), noise("A", 45), member("B", 20, "Master", "PEER_MEMBER_DOWN"), up("A", 190, "10"), member("A", 190, "Master"),
                      member("B", 190, "Backup", "PEER_MEMBER_UP"), member("A", 200, "Backup"), noise("A", 245), member("B", 220, "Master"),
                      etrunk("B", 300, "Master", "TIMEOUT"), noise("A", 345), etrunk("B", 320, "Master", "PRI")],
             [alert("switchover-failed", "pe-a", None, 30, 30, cleared_by="retracted"), alert("no-master", None, None, 230, 230, cleared_by="retracted"),
              alert("redundancy-lost", "pe-b", None, 330, 330, cleared_by="retracted")], inv=ONE)
    scenario("209-up-older-than-30-s", "A line happened at most 30 s before its arrival: an up stamped 5 that arrives at 100 happened at 70; nothing to retract.",
             ROLES + [down("A", 0, "10.100"), noise("B", 100), up("A", 5, "10.100"), noise("B", 130)], [lost("10.100", 10, 70, cleared_by="recovered", last={"duration_s": 70.0})])
    scenario("211-hold-zero", "--hold CONDITION=DURATION: 0 s raises at once.", ROLES + [down("A", 0, "10.100"), up("A", 5, "10.100")], [lost("10.100", 0, 5)],
             args=["--hold", "no-switchover=0s"])
    scenario("211-hold-of-another", "--hold may be repeated, and changes only the conditions it names.",
             ROLES + [main_down("A", 0), member("B", 60, "Master"), up("B", 61, "10.100"), down("B", 100, "10.100"), up("B", 140, "10.100")],
             [alert("switchover-failed", "pe-a", None, 5, 60), lost("10.100", 120, 140, device="pe-b")], args=["--hold", "switchover-failed=5s", "--hold", "no-switchover=20s"])
    scenario("216-deleted-active-active", "A deletion ends an open partial-loss as removed and raises admin-down (as partial-loss, but deleted).",
             [member("A", -600, "Master", "FORCE_MASTER"), member("B", -599, "Master", "FORCE_MASTER"), down("A", 0, "10.100"), gone("A", 60, "10.100"), up("A", 120, "10.100"),
              shut("A", 200, "10.200"), up("A", 240, "10.200")],
             [alert("partial-loss", "pe-a", ["Eth-Trunk10.100"], 10, 60, cleared_by="removed"), alert("admin-down", "pe-a", ["Eth-Trunk10.100"], 70, 120, severity="minor"),
              alert("admin-down", "pe-a", ["Eth-Trunk10.200"], 210, 240)], inv=inventory("mode: active-active"))
    scenario("217-main-flaps", "The hold of 30 s counts from when the predicate became true: main down, up at 10, down at 20; then recovered.",
             ROLES + [main_down("A", 0), up("A", 10, "10"), main_down("A", 20), up("A", 90, "10")], [alert("switchover-failed", "pe-a", None, 50, 90, cleared_by="recovered", since=since(20))])
    scenario("218-role-never-said", "switchover-failed needs a side whose last word is master.",
             [main_down("A", 0), member("B", -599, "Backup")], [])
    scenario("217-by-e-trunk-role", "The last word may be the E-Trunk's, when no member ever spoke (domain 4.5: fallback).",
             [etrunk("A", -600, "Master", "PRI"), etrunk("B", -599, "Backup", "PRI"), main_down("A", 0)], [alert("switchover-failed", "pe-a", None, 30)], inv=ONE)
    scenario("223-main-back-long-ago", "150 s after a main interface came back; that is long ago here: 30 s.",
             ROLES + [main_down("B", -500), up("B", -400, "10"), member("B", 0, "Master"), member("A", 0, "Master"), member("A", 90, "Backup")],
             [alert("dual-master", "pe-b", None, 30, 90)])
    scenario("229-flapping-goes-on", "Flapping ends 5 min after the last down, not after the fifth.",
             ROLES + [x for t in range(0, 421, 60) for x in (down("A", t, "10.100"), up("A", t + 3, "10.100"))] + [noise("B", 800)],
             [alert("flapping", "pe-a", ["Eth-Trunk10.100"], 240, 720)])
    fives = lambda fault, t0: [x for t in range(t0, t0 + 250, 50) for x in (fault(t), up("A", t + 3, "10.100"))]
    scenario("230-not-own-faults", "Flapping counts downs by own fault on the forwarding side: shut by an operator, inherited from main, different sub-interfaces, or before it was master, they do not count.",
             ROLES + fives(lambda t: shut("A", t, "10.100"), 0) + fives(lambda t: inherited("A", t, "10.100"), 600) +
             [x for i, n in enumerate(("100", "200", "300", "400", "500")) for x in (down("A", 1200 + 20 * i, "10." + n), up("A", 1203 + 20 * i, "10." + n))] +
             [x for t in (1800, 1830, 1860, 1890) for x in (down("B", t, "10.100"), up("B", t + 3, "10.100"))] +
             [member("A", 1900, "Backup"), member("B", 1900, "Master"), down("B", 1920, "10.100"), up("B", 1923, "10.100")], [])
    scenario("234-nothing-heard-for-hours", "device-silent is never raised without polls.", ROLES + [noise("A", 0), noise("B", 1), noise("A", 20000)], [])
    mode = inventory(pair="backup-profiles:\n  rbp-x: {mode: virtual, services: [bras, arp], rbs: rbs1, protocol: e-trunk}", second=False, subs="100: {services: [bras, arp], profile: rbp-x}")
    scenario("239-virtual-for-bras-and-arp", "virtual is for BRAS only: one service that does not fit is enough.", [noise("A", 0), noise("B", 1)],
             [alert("mode-ineffective", None, None, 0)], inv=mode, tolerance=1.1)
    plain = BASE.replace("    hostnames: [PE-A]\n", "").replace("hostnames: [PE-B]", "hostnames: [core-b, PE-B]")
    scenario("245-names", "hostnames: names in its syslog headers; default: the key; case does not count; unknown names are no device.",
             [x.replace("PE-A", "Pe-A") for x in ROLES] + [down("A", 0, "10.100").replace("PE-A", "pe-a"), up("X", 5, "10.100"), up("A", 40, "10.100"),
              noise("B", 50), down("A", 100, "10.100"), member("B", 105, "Master", "PEER_MEMBER_DOWN").replace("PE-B", "CORE-B")],
             [lost("10.100", 10, 40), alert("standby-not-ready", "pe-a", ["Eth-Trunk10.100"], 165)], inv=plain)
    text = lambda rows: "".join(x + "\n" for x in rows)
    scenario("248-rotated", "Several inputs are merged by time, in whatever order they are named (input.log, then the older input.log.1).",
             files={"input.log": text([down("A", 0, "10.100"), up("A", 40, "10.100")]), "input.log.1": text([member("A", -600, "Backup"), member("B", -599, "Master"),
                    member("B", -300, "Backup"), member("A", -300, "Master")])}, alerts=[lost("10.100", 10, 40, confidence="confirmed")])
    twice = ROLES + [down("A", 0, "10.100"), noise("B", 5), up("A", 40, "10.100"), noise("A", 45)]
    scenario("248-two-collectors", "A repeat changes nothing: the same lines from two collectors, one of them 2 s later by its stamps.",
             files={"input-1.log": text(f"{stamp(t, 'rfc3339', 0, 'Z')} 192.0.2.{n} {x[5:]}" for t, n, x in zip((-600, -599, 0, 5, 40, 45), (1, 2, 1, 2, 1, 1), twice)),
                    "input-2.log": text(f"{stamp(t + 2, 'rfc3339', 0, 'Z')} 192.0.2.{n} {x[5:]}" for t, n, x in zip((-600, -599, 0, 5, 40, 45), (1, 2, 1, 2, 1, 1), twice))},
             alerts=[lost("10.100", 10, 40)], tolerance=2.1)


def again():
    """Neighbours of what was found."""
    taken = ROLES + [main_down("A", 0), member("B", 1, "Master", "PEER_MEMBER_DOWN"), member("B", 100, "Backup")]
    scenario("220-main-back", "switchover-failed of a (stale) last word: over when that side's main is back.",
             taken + [up("A", 200, "10"), member("A", 200, "Master")], [alert("switchover-failed", "pe-a", None, 130, 200, cleared_by="recovered")])
    scenario("220-takeover-again", "switchover-failed of a (stale) last word: over when the peer forwards again.",
             taken + [member("B", 200, "Master", "PEER_MEMBER_DOWN")], [alert("switchover-failed", "pe-a", None, 130, 200, cleared_by="switched-over")])
    scenario("223-repeats-restart-nothing", "dual-master is true when both have reported since the takeover (5 s); reports again and again change nothing.",
             ROLES + [member("B", 0, "Master"), member("A", 5, "Master"), member("B", 10, "Master"), member("A", 20, "Master"), member("B", 25, "Master"), member("A", 60, "Backup")],
             [alert("dual-master", "pe-b", None, 35, 60)])
    scenario("223-spoke-just-before", "dual-master needs a role reported by both since the later takeover: the old master's word of the second before is none.",
             ROLES + [member("A", -1, "Master"), member("B", 0, "Master"), noise("A", 200)], [])
    scenario("223-spoke-just-before-ms", "dual-master needs a role reported by both since the later takeover: the old master's word of 1 ms before is none, one at the same moment is.",
             ROLES + [member("A", -.001, "Master"), member("B", 0.001, "Master"), noise("A", 200.001), member("B", 250.5, "Backup"), member("B", 300.5, "Master"),
                      member("A", 300.5, "Master"), member("B", 400.5, "Backup")],
             [alert("dual-master", "pe-b", None, 330.5, 400.5)])
    scenario("224-main-flap-while-both-master", "dual-master: a main interface comes back at 15 s: 150 s from then.",
             ROLES + [member("B", 0, "Master"), member("A", 5, "Master"), main_down("A", 10), up("A", 15, "10"), member("A", 16, "Master"), member("A", 200, "Backup")],
             [alert("dual-master", "pe-b", None, 165, 200)], tolerance=1.1)
    forced = [member("A", -600, "Master", "FORCE_MASTER"), member("B", -599, "Master", "FORCE_MASTER"), member("A", -300, "Master", "ETRUNK_MASTER"), member("B", -299, "Backup", "ETRUNK_BACKUP")]
    scenario("227-force-undone", "Force-master on both is a reported mode only as long as both report it (FORCE_*: auto logic is off, domain 4.5; here it is on again): no-switchover.",
             forced + [down("A", 0, "10.100"), up("A", 60, "10.100")], [lost("10.100", 10, 60)])
    scenario("227-force-undone-dual-master", "Mode auto again after force-master on both was undone: both master is dual-master.",
             forced + [member("B", 0, "Master"), member("A", 1, "Master"), member("B", 100, "Backup")], [alert("dual-master", "pe-b", None, 31, 100)])
    scenario("214-forced-backup-undone", "switchover_would_help: no when the peer's member is forced backup; unknown when it no longer is.",
             ROLES + [member("B", -500, "Backup", "FORCE_BACKUP"), down("A", 0, "10.100"), up("A", 30, "10.100"), member("B", 50, "Backup", "ETRUNK_BACKUP"),
                      down("A", 100, "10.100"), up("A", 130, "10.100")],
             [lost("10.100", 10, 30, switchover_would_help="no"), lost("10.100", 110, 130, switchover_would_help="unknown")])
    flap = lambda t: [down("A", t, "10.100"), up("A", t + 3, "10.100")]
    start = ROLES + [x for t in (0, 30, 60, 90, 120) for x in flap(t)]
    scenario("229-flapping-long-one-between", "Flapping ends 5 min after the last down, a long one between them or not.",
             start + [down("A", 150, "10.100"), up("A", 200, "10.100")] + flap(210) + flap(240) + [noise("B", 700)],
             [alert("flapping", "pe-a", ["Eth-Trunk10.100"], 120, 540), lost("10.100", 160, 200)])
    scenario("229-flapping-then-takeover", "Flapping ends 5 min after the last down, not with a takeover.",
             start + [member("A", 130, "Backup"), member("B", 130, "Master"), noise("B", 700)], [alert("flapping", "pe-a", ["Eth-Trunk10.100"], 120, 420)])


def grammar():
    """Domain 2.1: what may vary in a line."""
    tail = lambda w, why="Interface physical link is ": f"(ifName=Eth-Trunk10.100, AdminStatus=UP, OperStatus={w}, Reason={why}{w.lower()}, mainIfname=Eth-Trunk10)"
    text = "The interface status changes. "
    name = lambda w: "linkDown_" + ("clear" if w == "UP" else "active")
    forms = [lambda w: f"%%01IFNET/2/{name(w).lower()}(l):CID=0x807a0405-alarmID=0x08520003;{text}{tail(w)}", lambda w: f"%%01IFNET/2/{name(w)} (l):CID=0x1;{text}{tail(w)}",
             lambda w: f"%%01IFNET/2/{name(w)}(l)[5]:CID=0x1;{text}{tail(w)}", lambda w: f"%%01IFNET/2/{name(w)}(l)[Slot=1/1]:CID=0x1;{text}{tail(w)}",
             lambda w: f"%%01IFNET/2/{name(w)}(l):VS=Admin-VS-CID=0x80c4046e-alarmID=0x08520003;{text}{tail(w)}", lambda w: f"%%01IFNET/2/{name(w)}(l):CID=2160731923;{text}{tail(w)}",
             lambda w: f"%%01IFNET/2/{name(w)}(l):{text}{tail(w)}", lambda w: f"%%01IFNET/5/{name(w)}(l):CID=0x1;{text}{tail(w)}",
             lambda w: f"%%01IFNET/2/{name(w)}(l):CID=0x1;{text[:-1]}{tail(w)}", lambda w: f"%%01IFNET/2/{name(w)}:CID=0x1;{text}{tail(w)}",
             lambda w: f"%%01IFNET/2/{name(w)}(l):CID=0x1;{text}{tail(w).replace('=', ' = ')}", lambda w: f"%%01IFNET/2/{name(w)}(l):CID=0x1;{text}{tail(w).replace('=', ' =')}",
             lambda w: f"%%01IFNET/2/{name(w)}(l):CID=0x1;{text}{tail(w).replace('Eth-Trunk10.100', 'eth-trunk10.100')}",
             lambda w: f"%%01IFNET/2/{name(w)}(l):CID=0x1;{text}(OperStatus={w}, mainIfname=Eth-Trunk10, ifName=Eth-Trunk10.100, AdminStatus=UP)",
             lambda w: f"%%01IFNET/2/{name(w)}(l):CID=0x1;{text}(ifName=Eth-Trunk10.100,AdminStatus=UP,OperStatus={w},Reason=Interface physical link is {w.title()}.)",
             lambda w: f"%%01IFNET/2/{name(w)}(l):CID=0x1;{text}{tail(w)}.",
             lambda w: f"%%01STANDARD/6/link{w.lower()}:CID=0x807a271c-OID=1.3.6.1.6.3.1.1.5.{4 if w == 'UP' else 3};{text}{tail(w)}",
             lambda w: f"%%01IFNET/2/link{w.title()}(t):CID=0x1-OID=1.3.6.1.6.3.1.1.5.{4 if w == 'UP' else 3};{text}{tail(w)}"]
    lines, alerts = cycles(lambda f, t, is_up: line("A", t, f("UP" if is_up else "DOWN"), pri=134 if t % 200 else 186), forms)
    scenario("240-line-grammar", "Domain 2.1: case of the name, blank before (l), counters, slot, VS, decimal CID, no fields, another severity and facility, blanks around =, order of the "
             "values, a reason that ends in a full stop, the trapbuffer's form.", ROLES + lines, alerts)


def unsaid(dev, t, name):
    """A down that gives no reason, as a trap's twin in a release that leaves it away."""
    return down(dev, t, name).replace("Reason=Interface physical link is down, ", "")


def beginnings():
    scenario("260-hold-from-peers-main-down",
             "The hold counts from when the predicate became true: here from when the side that forwarded lost its main interface; the "
             "fault was the standby's until then.",
             [member("A", -600, "Master"), down("B", 0, "10.100"), main_down("A", 100), member("A", 107, "Backup"),
              member("B", 107, "Master", "PEER_MEMBER_DOWN"), up("B", 108, "10.100")])
    scenario("260-hold-from-inventory-overruled",
             "The hold counts from when the predicate became true: here from when the inventory's master calls itself backup.",
             [down("A", -50, "10.100"), down("B", 0, "10.100"), member("A", 100, "Backup"), up("A", 125, "10.100"), up("B", 130, "10.100")],
             [lost("10.100", -40, 125), lost("10.100", 110, 130, device="pe-b")], inv=inventory(member1="master: pe-a"))
    scenario("260-hold-from-peer-no-longer-master",
             "The hold counts from when the predicate became true: here from when the peer is no longer master, which leaves it to the inventory.",
             [member("B", -600, "Master"), down("B", -50, "10.100"), down("A", 0, "10.100"), member("B", 100, "Backup"),
              up("B", 125, "10.100"), up("A", 130, "10.100")],
             [lost("10.100", -40, 125, device="pe-b"), lost("10.100", 110, 130)], inv=inventory(member1="master: pe-a"))
    scenario("261-anothers-reason-says-main-was-down",
             "'The main interface is down' is itself evidence that main was down then: also for a sub-interface that went down within the "
             "hold before and said no reason.",
             ROLES + [unsaid("A", 0, "10.200"), inherited("A", 7, "10.100"), up("A", 12, "10.100"), up("A", 30, "10.200")])
    scenario("262-main-down-in-the-same-second",
             "Without a reason a sub-interface is inherited-down when main is down: also when main went down in the second in which it was up.",
             ROLES + [up("A", 0, "10.100"), main_down("A", 0), unsaid("A", 15, "10.200"), up("A", 25, "10"), up("A", 40, "10.200")])


def said_late_or_again():
    scenario("263-late-role-says-nothing-of-now",
             "What happened earlier loses against what happened later, also in its reason: a backup of 15 s ago that arrives late does not take back "
             "the force of 5 s ago; a switchover would not help.",
             ROLES + [member("B", -5, "Backup", "FORCE_BACKUP"), noise("A", -1), member("B", -15, "Backup"), down("A", 0, "10.100"), up("A", 30, "10.100")],
             [lost("10.100", 10, 30, switchover_would_help="no")])
    scenario("263-not-before-its-evidence",
             "An alert can't be raised before its evidence arrived, also when a hold runs already: at 21 arrives that the peer is backup since 5.",
             [member("B", -600, "Master"), member("A", -599, "Master"), member("B", -598, "Master"), down("B", 0, "10.100"),
              down("A", 14, "10.100"), noise("A", 21), member("A", 5, "Backup"), up("A", 50, "10.100"), up("B", 51, "10.100")],
             [lost("10.100", 21, 51, device="pe-b")], inv=inventory(), allow=("dual-master", "standby-not-ready"))
    scenario("264-another-voice",
             "The hold counts from when the predicate became true: the member's old word, said again after the E-Trunk's, counts from then.",
             [member("B", -600, "Backup"), up("B", -500, "10.200"), etrunk("B", -100, "Master", "PRI"), down("B", -20, "10.100"),
              member("B", 0, "Backup", "FORCE_BACKUP"), up("B", 100, "10.100")],
             [lost("10.100", -10, 100, device="pe-b"), alert("standby-not-ready", "pe-b", ["Eth-Trunk10.100"], 60, 100)])
    scenario("264-mode-changed",
             "The hold counts from when the predicate became true: here from when the member reported that both forward.",
             ROLES + [down("A", -20, "10.100"), member("A", 0, "Master", "ACTIVE_ACTIVE"), up("A", 60, "10.100")],
             [lost("10.100", -10, 60), alert("partial-loss", "pe-a", ["Eth-Trunk10.100"], 10, 60)])
    scenario("264-known-as-standby",
             "The hold counts from when the predicate became true: that the side with its main down is no forwarder is known when it tells its role.",
             [main_down("A", -200), shut("A", -150, "10.100"), member("A", 0, "Backup"), up("A", 100, "10.100")],
             [alert("standby-not-ready", "pe-a", ["Eth-Trunk10.100"], 60, 100)])
    scenario("265-late-fault-before-the-shutdown",
             "An operator's act has its own time: a fault of before it that arrives late does not date it back.",
             ROLES + [shut("A", 0, "10.100"), noise("B", 4), down("A", -4, "10.100"), up("A", 30, "10.100")],
             [alert("admin-down", "pe-a", ["Eth-Trunk10.100"], 10, 30)])
    scenario("265-second-main-of-both",
             "Active-active: one main interface down is no failed switchover; with the second one down the hold begins.",
             [member("B", -600, "Master"), main_down("B", -100), inherited("A", 0, "10.100"), up("A", 60, "10.100")],
             [alert("switchover-failed", "pe-b", None, 30, 60)], inv=inventory(member1="mode: active-active"))
    scenario("266-master-last-in-the-same-second",
             "no-master names the one that became master last: of the same second, the one that was heard later.",
             [member("B", -600, "Master"), member("A", -600, "Master"), member("A", -590, "Backup"), member("B", 0, "Backup"), member("A", 60, "Master")],
             [alert("no-master", "pe-a", None, 30, 60)])
    said_again = main_down("A", -2)
    scenario("267-late-repeat-of-an-older-down",
             "A repeat of a main interface's down that comes when the main is long up again is no new down: what went down after "
             "it did not follow it.",
             ROLES + [main_down("A", -20), said_again, up("A", 0, "10"), unsaid("A", 1, "10.100"), noise("B", 12), said_again,
                      up("A", 40, "10.100")],
             [lost("10.100", 11, 40, since=since(1))])
    scenario("268-taken-back-and-true-again",
             "At 40 arrives that pe-a was master from 17 to 25: the alert of 30 is retracted. The hold counts from when the predicate became "
             "true again, also when that was before the alert that was taken back.",
             ROLES + [member("A", 0, "Backup"), noise("B", 40), member("A", 17, "Master"), member("A", 25, "Backup"), member("B", 80, "Master")],
             [alert("no-master", "pe-a", None, 30, 30, cleared_by="retracted"), alert("no-master", "pe-a", None, 55, 80)])


def write():
    for name in os.listdir(OUT):
        if name[0] == "2" and name[:3].isdigit():
            shutil.rmtree(os.path.join(OUT, name))
    for name, (inv, expect, files) in SCENARIOS.items():
        folder = os.path.join(OUT, name)
        os.makedirs(folder)
        with open(os.path.join(folder, "inventory.yaml"), "w") as f:
            f.write(inv)
        with open(os.path.join(folder, "expect.json"), "w") as f:
            json.dump(expect, f, indent=1)
            f.write("\n")
        for file, content in files.items():
            with open(os.path.join(folder, file), "wb") as f:
                f.write(content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape"))


def check_last(binary, rules):
    """Compares `last` of each expected alert with the last transition of the alert of that condition and sub-interfaces."""
    failed = 0
    for name, (_, expect, files) in SCENARIOS.items():
        wanted = [a for a in expect["alerts"] if "last" in a]
        if not wanted:
            continue
        folder = os.path.join(OUT, name)
        done = subprocess.run([binary, "replay", "-i", os.path.join(folder, "inventory.yaml"), *rules, *expect["args"],
                               *(os.path.join(folder, f) for f in sorted(files))], capture_output=True, timeout=120)
        got = [json.loads(x) for x in done.stdout.decode().splitlines()]
        for a in wanted:
            ends = [o for o in got if o["condition"] == a["condition"] and o["transition"] == "cleared" and o["device"] == a["device"]]
            for field, value in a["last"].items():
                have = [o.get(field) for o in ends]
                slack = 5 if expect["tolerance"] > 1 else 0.0005
                if not any(isinstance(h, (int, float)) and abs(h - value) <= slack if isinstance(value, (int, float)) else h == value for h in have):
                    failed += 1
                    print(f"{name}: {a['condition']}: {field} at the end is {have}, should be {value}")
    print(f"{failed} failed")
    return 1 if failed else 0


def main(argv):
    holds()
    conditions_of_one_side()
    conditions_of_the_pair()
    formats()
    clocks()
    more()
    grammar()
    again()
    beginnings()
    said_late_or_again()
    if argv == ["write"]:
        write()
        return 0
    if len(argv) >= 2 and argv[0] == "last":
        return check_last(argv[1], ["-r", argv[3]] if "--rules" in argv else [])
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
