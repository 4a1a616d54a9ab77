#!/usr/bin/env python3
"""Builds a capture of UDP traps and syslog from a short text, so that a recorded scenario can be read and changed.

usage: make_pcap.py PACKETS CAPTURE

PACKETS has one packet a line, '#' starts a comment line: SECONDS SOURCE KIND [key=value...]. SECONDS count from
2026-08-08T18:00:00Z and may be negative or fractional. KIND is one of

  link-down, link-up   index=N [name=IFNAME] [admin=1] [oper=2|1]    without name there is no ifDescr
  deleted              index=N [name=IFNAME]                         hwExtInterfaceDelete
  e-trunk              id=E status=1|2|3 reason=N                    hwETrunkStatusChange
  member               id=E trunk=M status=1|2 reason=N [type=1]     hwETrunkMemberStatusChange
  cold-start, warm-start, snmp-reset                                 the first two set sysUpTime back to zero
  syslog TEXT                                                        TEXT is the whole datagram

and every trap also takes: version=1|2c, order=reverse (varbinds last to first), extra=N (that many unknown varbinds in
front), community=WORD, sent=SECONDS (when the router made it, which sysUpTime tells, if it was long under way). A version 1
trap is made from its version 2 form as RFC 3584 says.
"""
import datetime as dt
import struct
import sys

EPOCH = dt.datetime(2026, 8, 8, 18, 0, 0, tzinfo=dt.timezone.utc).timestamp()
COLLECTOR = "198.51.100.114"
IF_TABLE = "1.3.6.1.2.1.2.2.1."
E_TRUNK = "1.3.6.1.4.1.2011.5.25.178."
GENERIC = "1.3.6.1.6.3.1.1.5."
TRAPS = {
    "cold-start": GENERIC + "1", "warm-start": GENERIC + "2", "link-down": GENERIC + "3", "link-up": GENERIC + "4",
    "snmp-reset": "1.3.6.1.4.1.2011.5.25.164.3.3", "deleted": "1.3.6.1.4.1.2011.5.25.41.3.33",
    "e-trunk": E_TRUNK + "2.1", "member": E_TRUNK + "2.2",
}


def tlv(tag, body):
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def integer(value, tag=2):
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid(text):
    arcs = [int(a) for a in text.split(".")]
    out = b""
    for arc in [arcs[0] * 40 + arcs[1]] + arcs[2:]:
        part = [arc & 0x7F]
        while arc > 0x7F:
            arc >>= 7
            part.append(arc & 0x7F | 0x80)
        out += bytes(reversed(part))
    return tlv(6, out)


def octets(text):
    return tlv(4, text.encode())


def varbind(name, value):
    return tlv(0x30, oid(name) + value)


def payload_varbinds(kind, f):
    if kind in ("link-down", "link-up", "deleted"):
        i = f["index"]
        rows = [(IF_TABLE + "1." + i, integer(int(i)))]
        if kind != "deleted":
            rows.append((IF_TABLE + "7." + i, integer(int(f.get("admin", 1)))))
            rows.append((IF_TABLE + "8." + i, integer(int(f.get("oper", 2 if kind == "link-down" else 1)))))
        if "name" in f:
            rows.append((IF_TABLE + "2." + i, octets(f["name"])))
    elif kind == "e-trunk":
        at = "1.1.1.%d." + f["id"]
        rows = [(E_TRUNK + at % 4, integer(int(f["status"]))), (E_TRUNK + at % 5, integer(int(f["reason"])))]
    elif kind == "member":
        at = "1.2.1.%d." + ".".join((f["id"], f.get("type", "1"), f["trunk"]))
        rows = [(E_TRUNK + at % 4, integer(int(f["status"]))), (E_TRUNK + at % 5, integer(int(f["reason"])))]
    else:
        rows = []
    if f.get("order") == "reverse":
        rows.reverse()
    strange = [(f"1.3.6.1.4.1.2011.6.30.17.1.{n}.0", octets("sequence") if n % 2 else integer(n * 1000))
               for n in range(1, int(f.get("extra", 0)) + 1)]
    return [varbind(name, value) for name, value in strange + rows]


def trap(source, kind, f, uptime, request):
    name, ticks = TRAPS[kind], integer(int(uptime * 100), 0x43)
    binds = payload_varbinds(kind, f)
    if f.get("version", "2c") == "1":
        generic = int(name.rsplit(".", 1)[1]) - 1 if name.startswith(GENERIC) else 6
        enterprise = "1.3.6.1.4.1.2011.2.62.20" if generic < 6 else name.rsplit(".", 1)[0]
        specific = 0 if generic < 6 else int(name.rsplit(".", 1)[1])
        agent = tlv(0x40, bytes(int(b) for b in source.split(".")))
        pdu = tlv(0xA4, oid(enterprise) + agent + integer(generic) + integer(specific) + ticks + tlv(0x30, b"".join(binds)))
        version = 0
    else:
        head = [varbind("1.3.6.1.2.1.1.3.0", ticks), varbind("1.3.6.1.6.3.1.1.4.1.0", oid(name))]
        pdu = tlv(0xA6 if "inform" in f else 0xA7, integer(request) + integer(0) + integer(0) + tlv(0x30, b"".join(head + binds)))
        version = 1
    return tlv(0x30, integer(version) + octets(f.get("community", "public")) + pdu)


def frame(source, port, payload):
    udp = struct.pack("!HHHH", port, 514 if port == 38514 else 162, 8 + len(payload), 0) + payload
    addresses = bytes(int(b) for a in (source, COLLECTOR) for b in a.split("."))
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + addresses
    total = sum(struct.unpack("!10H", ip))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    ip = ip[:10] + struct.pack("!H", ~total & 0xFFFF) + ip[12:]
    return bytes.fromhex("020000000001020000000002") + b"\x08\x00" + ip + udp


def build(text):
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    booted, rows = {}, []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            seconds, source, kind, *rest = line.split(None, 3)
            rows.append((float(seconds), source, kind, rest[0] if rest else ""))
    for n, (seconds, source, kind, rest) in enumerate(sorted(rows, key=lambda r: r[0])):
        if kind == "syslog":
            data = frame(source, 38514, rest.encode())
        else:
            if kind in ("cold-start", "warm-start"):
                booted[source] = seconds
            fields = dict(word.split("=", 1) for word in rest.split())
            uptime = float(fields.get("sent", seconds)) - booted.get(source, -100000.0)
            data = frame(source, 50001, trap(source, kind, fields, uptime, n + 1))
        micros = round((EPOCH + seconds) * 1_000_000)
        out += struct.pack("<IIII", micros // 1_000_000, micros % 1_000_000, len(data), len(data)) + data
    return out


def main(argv):
    if len(argv) != 2 or argv[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if argv and argv[0] in ("-h", "--help") else 2
    with open(argv[0], encoding="utf-8") as f:
        capture = build(f.read())
    with open(argv[1], "wb") as f:
        f.write(capture)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
