"""SNMP messages of simulated routers, made from RFC 3416 and 3414: v2c, and v3 with SHA-256 and AES-128."""
import ctypes
import functools
import hashlib
import hmac

USER, AUTH, PRIV = "noc", "authentic-words", "private-words"
TRAP, INFORM, RESPONSE, REPORT = 0xA7, 0xA6, 0xA2, 0xA8
LINK, IF_ENTRY, E_TRUNK = "1.3.6.1.6.3.1.1.5", "1.3.6.1.2.1.2.2.1", "1.3.6.1.4.1.2011.5.25.178"
REASONS = {"ETRUNK_BACKUP": 4, "ETRUNK_MASTER": 5, "PEER_MEMBER_DOWN": 6, "LINK_DOWN": 11}
MAC, SALT = 24, 8

crypto = ctypes.CDLL("libcrypto.so.3")
crypto.EVP_CIPHER_CTX_new.restype = crypto.EVP_aes_128_cfb128.restype = ctypes.c_void_p
context, cipher = ctypes.c_void_p(crypto.EVP_CIPHER_CTX_new()), ctypes.c_void_p(crypto.EVP_aes_128_cfb128())


def element(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    return bytes([tag]) + (bytes([n]) if n < 128 else b"\x82" + n.to_bytes(2, "big")) + body


def sequence(*parts):
    return element(0x30, *parts)


def integer(n, tag=2):
    return element(tag, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def octets(value):
    return element(4, value if isinstance(value, bytes) else value.encode())


@functools.lru_cache(4096)
def oid(text):
    first, second, *rest = map(int, text.split("."))
    out = bytearray([first * 40 + second])
    for n in rest:
        groups = [n & 127]
        while n := n >> 7:
            groups.append(128 | n & 127)
        out += bytes(reversed(groups))
    return element(6, bytes(out))


def pdu(kind, request, uptime, trap, binds):
    """binds: (name, element)."""
    rows = [("1.3.6.1.2.1.1.3.0", integer(int(uptime * 100), 0x43)), ("1.3.6.1.6.3.1.1.4.1.0", oid(trap)), *binds]
    return element(kind, integer(request), integer(0), integer(0), sequence(*(sequence(oid(name), value) for name, value in rows)))


def v2c(inner, community="public"):
    return sequence(integer(1), octets(community), inner)


def link(sub, up):
    """What a router says of a sub-interface, or of the trunk itself: 0."""
    i, name = 100 + sub, "Eth-Trunk10" + (f".{sub}" if sub else "")
    return f"{LINK}.{4 if up else 3}", [(f"{IF_ENTRY}.1.{i}", integer(i)), (f"{IF_ENTRY}.7.{i}", integer(1)),
                                       (f"{IF_ENTRY}.8.{i}", integer(1 if up else 2)), (f"{IF_ENTRY}.2.{i}", octets(name))]


def role(state, why):
    return f"{E_TRUNK}.2.2", [(f"{E_TRUNK}.1.2.1.4.1.1.10", integer(2 if state == "Master" else 1)),
                              (f"{E_TRUNK}.1.2.1.5.1.1.10", integer(REASONS[why]))]


def noise(what):
    return f"1.3.6.1.4.1.2011.5.25.219.2.10.{what + 1}", [("1.3.6.1.2.1.47.1.1.1.1.7.9", octets("LPU board 3"))]


@functools.lru_cache(None)
def user_key(passphrase):
    words = passphrase.encode()
    return hashlib.sha256((words * ((1 << 20) // len(words) + 1))[:1 << 20]).digest()


@functools.lru_cache(None)
def local_key(passphrase, engine):
    key = user_key(passphrase)
    return hashlib.sha256(key + engine + key).digest()


def encrypt(key, iv, plain):
    out, n = ctypes.create_string_buffer(len(plain) + 16), ctypes.c_int()
    if (crypto.EVP_EncryptInit_ex(context, cipher, None, key, iv) != 1 or
            crypto.EVP_EncryptUpdate(context, out, ctypes.byref(n), plain, len(plain)) != 1):
        raise SystemExit("soak: libcrypto does not encrypt")
    return out.raw[:n.value]


class Secure:
    """Messages of one engine's user. `engine`: whose keys they are."""
    salt = 0

    def __init__(self, engine, user=USER, auth=AUTH):
        self.engine, self.user = engine, user
        self.auth, self.priv = local_key(auth, engine), local_key(PRIV, engine)[:16]

    def message(self, inner, boots, time, number, reportable=False):
        Secure.salt += 1
        salt = Secure.salt.to_bytes(SALT, "big")
        plain = sequence(octets(self.engine), octets(b""), inner)
        data = octets(encrypt(self.priv, boots.to_bytes(4, "big") + time.to_bytes(4, "big") + salt, plain))
        security = sequence(octets(self.engine), integer(boots), integer(time), octets(self.user), octets(bytes(MAC)), octets(salt))
        whole = sequence(integer(3), sequence(integer(number), integer(65507), octets(b"\7" if reportable else b"\3"), integer(3)),
                         octets(security), data)
        at = len(whole) - len(data) - (2 + SALT) - MAC
        return whole[:at] + hmac.digest(self.auth, whole, "sha256")[:MAC] + whole[at + MAC:]


def discovery(number):
    """Asks a receiver of informs who it is."""
    security = sequence(octets(b""), integer(0), integer(0), octets(b""), octets(b""), octets(b""))
    return sequence(integer(3), sequence(integer(number), integer(65507), octets(b"\4"), integer(3)), octets(security),
                    sequence(octets(b""), octets(b""), element(0xA0, integer(number), integer(0), integer(0), sequence())))


def split(data):
    """The elements in these bytes: (tag, contents)."""
    out, at = [], 0
    while at < len(data):
        tag, n = data[at], data[at + 1]
        at += 2
        if n >= 128:
            n, at = int.from_bytes(data[at:at + (n & 127)], "big"), at + (n & 127)
        out.append((tag, data[at:at + n]))
        at += n
    return out


def read_answer(data):
    """Number, flags, engine, boots and time of a v3 message."""
    _, head, security, _ = split(split(data)[0][1])
    number, _, flags, _ = split(head[1])
    engine, boots, time = split(split(security[1])[0][1])[:3]
    return int.from_bytes(number[1], "big"), flags[1][0], engine[1], int.from_bytes(boots[1], "big"), int.from_bytes(time[1], "big")
