"""Ports for the programs of a test: nobody else's, in whatever protocol, until the test's process ends."""
import random
import socket

LOWEST, HIGHEST = 10000, 32767  # Zabbix listens to none above
reserved = []


def free_port():
    """Tests run side by side, so a number that is free now may be another's a moment later. Who asks here holds a name in the
    abstract namespace (unix(7)) for as long as he lives, and takes no number that the kernel may give to a connection."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as f:
        first = int(f.read().split()[0])
    numbers = range(LOWEST, first if LOWEST < first <= HIGHEST else HIGHEST + 1)
    for number in random.sample(numbers, len(numbers)):
        name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            name.bind(f"\0trunkwatch-test-port-{number}")
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                with socket.socket(socket.AF_INET, kind) as s:
                    s.bind(("", number))
        except OSError:
            name.close()
            continue
        reserved.append(name)
        return number
    raise AssertionError("no port is free")
