"""Peers that need a place of their own."""
import os
import re
import subprocess

from suite.common import HERE


class SyslogNg:
    """Debian lets only one syslog daemon be installed: this one lives unpacked in the build folder (bench/deps)."""

    def __init__(self, b):
        self.b, self.root = b, os.path.join(HERE, os.pardir, "build", "bench-peers", "usr")

    def there(self):
        return os.path.exists(os.path.join(self.root, "sbin", "syslog-ng"))

    def environment(self):
        # Without epoll it can read a regular file as its standard input.
        return {**os.environ, "LD_LIBRARY_PATH": os.path.join(self.root, "lib", "syslog-ng"), "IV_EXCLUDE_POLL_METHOD": "epoll-timerfd epoll"}

    def command(self, config):
        folder = self.b.path("syslog-ng")
        os.makedirs(folder, exist_ok=True)
        for name in ("persist", "ctl", "pid"):
            if os.path.exists(os.path.join(folder, name)):
                os.remove(os.path.join(folder, name))
        modules = os.path.join(self.root, "lib", "syslog-ng", "3.38")
        return [os.path.join(self.root, "sbin", "syslog-ng"), "-F", "--no-caps", "-f", config, "--module-path=" + modules,
                "-R", os.path.join(folder, "persist"), "-c", os.path.join(folder, "ctl"), "-p", os.path.join(folder, "pid")]

    def processed(self):
        """What its one source has received, by its own count; it must run with stats-level(1)."""
        environment = {**self.environment(), "LC_ALL": "C"}
        done = subprocess.run([os.path.join(self.root, "sbin", "syslog-ng-ctl"), "stats", "-c", self.b.path("syslog-ng", "ctl")],
                              capture_output=True, text=True, env=environment, timeout=30)
        rows = [line.split(";") for line in done.stdout.splitlines() if line.startswith("source;s_net;")]
        return sum(int(r[-1]) for r in rows if r[-2] == "processed")

    def judging(self, folder):
        """With the inventory's trunks as a list: it cannot learn them."""
        trunks = self.b.path("protected.list")
        with open(os.path.join(folder, "inventory.yaml")) as f, open(trunks, "w") as out:
            for a, ta, b, tb in re.findall(r"trunks: \{(\S+): (\S+), (\S+): (\S+)\}", f.read()):
                out.write(f"{a.upper()} {ta}\n{b.upper()} {tb}\n")
        config = self.b.path("syslog-ng.conf")
        with open(os.path.join(HERE, "peers", "syslog-ng.conf")) as f, open(config, "w") as out:
            out.write(f.read().replace("PROTECTED_LIST", trunks))
        return self.command(config)
