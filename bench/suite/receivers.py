"""Programs that receive datagrams: started, asked how many they have got, and ended."""
import glob
import os
import re
import shutil
import signal
import socket
import subprocess
import time

from suite.common import Failed, HERE, RULES
from suite.peers import SyslogNg

PATIENCE = 20.0
BUFFER = 64 << 20  # what trunkwatchd asks the kernel for
AUTH, PRIV = "authentic-words", "private-words"  # of the SNMPv3 user that mix writes for


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def kernel_sockets():
    """Port -> datagrams the kernel dropped at sockets there, and bytes that wait."""
    found = {}
    with open("/proc/net/udp") as f:
        for line in f.readlines()[1:]:
            w = line.split()
            port = int(w[1].split(":")[1], 16)
            drops, waiting = found.get(port, (0, 0))
            found[port] = (drops + int(w[-1]), waiting + int(w[4].split(":")[1], 16))
    return found


class Receiver:
    """One program with one or two ports of its own."""
    takes = ("syslog",)

    def __init__(self, b, name, big=False):
        self.b, self.name, self.big = b, name, big
        self.folder = b.path("receiver")
        self.process = None

    def start(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.reserve()
        with open(self.path("err"), "w") as err:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=err, stderr=err,
                                            env=self.environment(), cwd=self.folder)
        end = time.monotonic() + PATIENCE
        while not self.listens() or not self.ready():
            if time.monotonic() > end or self.process.poll() is not None:
                self.stop()
                raise Failed(f"{self.name} does not listen:\n{self.read('err')[-1000:]}")
            time.sleep(0.05)
        time.sleep(0.3)

    def reserve(self):
        self.ports = {kind: free_port() for kind in self.takes}

    def listens(self):
        return all(p in kernel_sockets() for p in self.ports.values())

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(timeout=PATIENCE)

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        try:
            with open(self.path(name), errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def environment(self):
        return None

    def ready(self):
        return True

    def settled(self):
        """Waits until nothing waits in its sockets and its count stands still; that count."""
        end, count, still = time.monotonic() + 60, -1, 0
        while time.monotonic() < end and still < 3:
            time.sleep(0.4)
            now, sockets = self.count(), kernel_sockets()
            waits = any(sockets.get(p, (0, 0))[1] for p in self.ports.values())
            still = still + 1 if now == count and not waits else 0
            count = now
        return count

    def more(self):
        """Of what it received: put aside in a storm, and refused."""
        return {"aside": 0, "refused": 0}

    def drops(self):
        sockets = kernel_sockets()
        return sum(sockets.get(p, (0, 0))[0] for p in self.ports.values())

    def buffer(self):
        """What the kernel granted, bytes; None when `ss` is not there."""
        if not shutil.which("ss"):
            return None
        text = subprocess.run(["ss", "-uanm"], capture_output=True, text=True).stdout
        for port in self.ports.values():
            m = re.search(rf":{port}\s.*\n?.*skmem:\(r\d+,rb(\d+)", text)
            if m:
                return int(m[1])
        return None

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as f:
            w = f.read().rsplit(")", 1)[1].split()
        return (int(w[11]) + int(w[12])) / os.sysconf("SC_CLK_TCK")

    def count_lines(self, name, mark=None):
        """Lines of a file since the last call and before; only those with `mark` in them."""
        self.seen = getattr(self, "seen", {})
        at, lines = self.seen.get(name, (0, 0))
        try:
            with open(self.path(name), "rb") as f:
                f.seek(at)
                while chunk := f.read(1 << 24):
                    whole = chunk[:chunk.rfind(b"\n") + 1]
                    if not whole:
                        break
                    lines += whole.count(mark or b"\n")
                    at += len(whole)
                    f.seek(at)
        except FileNotFoundError:
            pass
        self.seen[name] = (at, lines)
        return lines

    def configure(self, template, **words):
        with open(os.path.join(HERE, "peers", template)) as f:
            text = f.read()
        for word, value in words.items():
            text = text.replace(word, str(value))
        with open(self.path("conf"), "w") as f:
            f.write(text)
        return self.path("conf")


class Trunkwatchd(Receiver):
    takes = ("syslog", "snmp")

    def __init__(self, b, name, inventory, output="alerts.jsonl", hold="10s", build=None, users=False):
        super().__init__(b, name)
        self.users = users
        self.inventory, self.output, self.hold, self.program = inventory, output, hold, b.program("trunkwatchd", build)

    def configuration(self):
        users = "snmp: {users: [{name: noc, auth: SHA-256, auth-passphrase-file: auth, priv: AES, priv-passphrase-file: priv}]}\n"
        return f"""inventory: {self.inventory}
rules: {RULES}
listen:
  syslog: ["udp://127.0.0.1:{self.ports['syslog']}"]
  snmp: ["udp://127.0.0.1:{self.ports['snmp']}"]
conditions:
  no-switchover: {{hold: {self.hold}}}
outputs:
  - {{type: file, path: {self.output}}}
{users if self.users else ''}"""

    def command(self):
        with open(self.path("trunkwatchd.yaml"), "w") as f:
            f.write(self.configuration())
        for name, words in (("auth", AUTH), ("priv", PRIV)):
            with open(os.open(self.path(name), os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
                f.write(words + "\n")
        self.reports = 0
        return [self.program, "-c", self.path("trunkwatchd.yaml")]

    def ready(self):
        return "live: ready" in self.read("err")

    def report(self):
        """Its own counters: name -> sum over the sockets."""
        self.process.send_signal(signal.SIGUSR1)
        end = time.monotonic() + PATIENCE
        while self.count_lines("err", b"report.log: lines") <= self.reports:
            if time.monotonic() > end or self.process.poll() is not None:
                raise Failed(f"{self.name} does not report:\n{self.read('err')[-1000:]}")
            time.sleep(0.02)
        self.reports = self.count_lines("err", b"report.log: lines")
        lines = [line for line in self.read("err").splitlines() if "report.socket: " in line][-len(self.ports):]
        words = [w.split("=") for line in lines for w in line.split() if "=" in w]
        counts = {name: sum(int(n) for k, n in words if k == name) for name in ("received", "fed", "kernel_drops")}
        counts["aside"] = sum(int(n) for k, n in words if k.startswith("shed_"))
        counts["refused"] = sum(int(n) for k, n in words if k.startswith("v3_") or k == "other_community")
        if counts["received"] != counts["fed"] + counts["aside"] + counts["refused"]:
            raise Failed(f"{self.name} does not account for everything: {counts}")
        return counts

    def count(self):
        return self.report()["received"]

    def more(self):
        counts = self.report()
        return {"aside": counts["aside"], "refused": counts["refused"]}


class Rsyslog(Receiver):
    def command(self):
        config = self.configure("live-rsyslog.conf", WORK=self.folder, PORT=self.ports["syslog"], OUTPUT=self.path("out"),
                                BUFFER=f'rcvbufSize="{BUFFER}"' if self.big else "")
        return ["rsyslogd", "-n", "-f", config, "-i", self.path("rsyslogd.pid")]

    def count(self):
        return self.count_lines("out")


class SyslogNgd(Receiver):
    def __init__(self, b, name, template, big=False):
        super().__init__(b, name, big)
        self.ng, self.template = SyslogNg(b), template

    def environment(self):
        return {k: v for k, v in self.ng.environment().items() if k != "IV_EXCLUDE_POLL_METHOD"}

    def command(self):
        config = self.configure(self.template, PORT=self.ports["syslog"], OUTPUT=self.path("out"),
                                BUFFER=f"so-rcvbuf({BUFFER})" if self.big else "")
        return self.ng.command(config)

    def count(self):
        return self.count_lines("out")


class Snmptrapd(Receiver):
    takes = ("snmp",)

    def __init__(self, b, name, big=False, engines=0):
        super().__init__(b, name, big)
        self.engines = engines

    def environment(self):
        return {**os.environ, "SNMP_PERSISTENT_DIR": self.folder, "MIBS": ""}

    def command(self):
        users = "".join(f'createUser -e 0x800007db03{i:08x} noc SHA-256 "{AUTH}" AES "{PRIV}"\n' for i in range(self.engines))
        config = self.configure("live-snmptrapd.conf", USERS=users,
                                BUFFER=f"doNotRetainNotificationLogs yes\n[snmp] serverRecvBuf {BUFFER}" if self.big else "")
        return ["snmptrapd", "-f", "-C", "-c", config, "-On", "-n", "-m", "", "-Lf", self.path("out"), "-p", self.path("pid"),
                f"udp:127.0.0.1:{self.ports['snmp']}"]

    def count(self):
        return self.count_lines("out", b"[UDP: [")


class Stream:
    """A receiver of connections, as a part of a Receiver: one port, no datagrams."""
    takes = ()

    def reserve(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.ports = {"stream": s.getsockname()[1]}

    def listens(self):
        with open("/proc/net/tcp") as f:
            return any(f":{self.ports['stream']:04X} " in line and line.split()[3] == "0A" for line in f)


class StreamTrunkwatchd(Stream, Trunkwatchd):
    def __init__(self, b, name, kind, pair, inventory, build=None):
        super().__init__(b, name, inventory, build=build)
        self.kind, self.pair = kind, pair

    def configuration(self):
        scheme = "tls" if self.kind == "tls" else "tcp"
        tls = f"tls: {{certificate: {self.pair[0]}, key: {self.pair[1]}, client-ca: {self.pair[0]}, client-certificates: optional}}\n"
        return (f"inventory: {self.inventory}\nrules: {RULES}\nlisten: {{syslog: [\"{scheme}://127.0.0.1:{self.ports['stream']}\"], snmp: []}}\n"
                f"{tls if scheme == 'tls' else ''}outputs:\n  - {{type: file, path: {self.output}}}\n")


class StreamRsyslog(Stream, Rsyslog):
    def __init__(self, b, name, kind, pair, driver):
        super().__init__(b, name)
        self.kind, self.pair, self.driver = kind, pair, driver

    @staticmethod
    def there(driver):
        return not driver or glob.glob(f"/usr/lib/*/rsyslog/lmnsd_{driver}.so")

    def command(self):
        certificate = f'DefaultNetstreamDriverCAFile="{self.pair[0]}" DefaultNetstreamDriverCertFile="{self.pair[0]}" DefaultNetstreamDriverKeyFile="{self.pair[1]}"'
        module = f'StreamDriver.Name="{self.driver}" StreamDriver.Mode="1" StreamDriver.AuthMode="anon"'
        config = self.configure("stream-rsyslog.conf", TLSGLOBAL=certificate if self.driver else "", TLSMODULE=module if self.driver else "",
                                WORK=self.folder, PORT=self.ports["stream"], OUTPUT=self.path("out"))
        return ["rsyslogd", "-n", "-f", config, "-i", self.path("rsyslogd.pid")]


class StreamSyslogNg(Stream, SyslogNgd):
    def __init__(self, b, name, kind, pair, only):
        super().__init__(b, name, "stream-syslog-ng.conf")
        self.kind, self.pair, self.only = kind, pair, only

    def command(self):
        tls = f'tls(key-file("{self.pair[1]}") cert-file("{self.pair[0]}") peer-verify(optional-untrusted))' if self.kind == "tls" else ""
        config = self.configure("stream-syslog-ng.conf", DRIVER="syslog" if self.kind == "counted" else "network", PORT=self.ports["stream"],
                                FLAGS="flags(no-parse)" if self.kind == "counted" else "",  # it expects RFC 5424 there
                                CARRIER="tls" if self.kind == "tls" else "tcp", TLS=tls, FILTER="filter(f_link);" if self.only else "",
                                OUTPUT=self.path("out"))
        return self.ng.command(config)

    def count(self):
        """Of its source, as it says itself: the filter keeps most of it out of the file."""
        return self.ng.processed()
