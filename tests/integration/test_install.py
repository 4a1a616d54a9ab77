"""`cmake --install`: every file where Debian expects it, and systemd and man content with what they find there."""
import configparser
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from support import PATIENCE, SOURCE, TRUNKWATCH, TRUNKWATCHD

CMAKE, BUILD, COMPILER = (os.environ[k] for k in ("CMAKE", "TRUNKWATCH_BUILD", "CMAKE_C_COMPILER"))
UNITS = ["trunkwatchd.service", "trunkwatchd-syslog.socket", "trunkwatchd-syslog-tcp.socket", "trunkwatchd-syslog-tls.socket",
         "trunkwatchd-trap.socket"]
EXPOSURE = 15  # tenths
HOST_UNITS = next((d for d in ("/usr/lib/systemd/system", "/lib/systemd/system") if os.path.isdir(d)), None)


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, timeout=6 * PATIENCE, stdin=subprocess.DEVNULL, **more)


def files_of(root):
    return {os.path.relpath(os.path.join(folder, name), root) for folder, _, names in os.walk(root) for name in names}


def source_files(folder, end=""):
    return {f for f in files_of(os.path.join(SOURCE, folder)) if f.endswith(end)}


def unit(path):
    """Section -> key -> values."""
    class Many(dict):
        def __setitem__(self, key, value):
            if key in self and isinstance(value, list):
                self[key].extend(value)
            else:
                super().__setitem__(key, value)
    parser = configparser.RawConfigParser(strict=False, dict_type=Many, comment_prefixes=("#",))
    parser.optionxform = str
    with open(path) as f:
        parser.read_file(f)
    return {name: {k: (v if isinstance(v, str) else "\n".join(v)).split("\n") for k, v in parser.items(name)}
            for name in parser.sections()}


class Installed:
    """Staged once for all tests of a prefix."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="trunkwatch-test-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.stage = os.path.join(cls.folder, "stage")
        cls.build = cls.configured()
        cls.install()

    @classmethod
    def configured(cls):
        """A build folder with this prefix. The programs are those of the build under test: they are only copied."""
        build = os.path.join(cls.folder, "build")
        done = run(CMAKE, "-S", SOURCE, "-B", build, "-G", "Ninja", f"-DCMAKE_INSTALL_PREFIX={cls.prefix}",
                   f"-DCMAKE_C_COMPILER={COMPILER}")
        assert done.returncode == 0, done.stderr
        for program in (TRUNKWATCH, TRUNKWATCHD):
            shutil.copy(program, os.path.join(build, os.path.relpath(program, BUILD)))
        return build

    @classmethod
    def install(cls):
        done = run(CMAKE, "--install", cls.build, env={**os.environ, "DESTDIR": cls.stage})
        assert done.returncode == 0, done.stderr

    def path(self, name):
        return os.path.join(self.stage, name.lstrip("/"))

    def text(self, name):
        with open(self.path(name)) as f:
            return f.read()

    def test_files(self):
        p, conf = self.prefix, self.sysconfdir
        want = {f"{p}/bin/trunkwatch", f"{p}/bin/trunkwatchd", f"{conf}/trunkwatch/trunkwatchd.yaml", f"{conf}/trunkwatch/inventory.yaml",
                f"{p}/lib/sysusers.d/trunkwatch.conf", f"{p}/lib/tmpfiles.d/trunkwatch.conf",
                f"{p}/share/man/man1/trunkwatch.1", f"{p}/share/man/man8/trunkwatchd.8"}
        want |= {f"{p}/lib/systemd/system/{u}" for u in UNITS}
        want |= {f"{p}/share/trunkwatch/{folder}/{f}" for folder in ("rules", "mibs") for f in source_files(folder)}
        want |= {f"{p}/share/trunkwatch/zabbix/trunkwatch.yaml"}
        want |= {f"{p}/share/doc/trunkwatch/{f}" for f in ("README.md", "CHANGELOG.md", "LICENSE")}
        want |= {f"{p}/share/doc/trunkwatch/{f}" for f in ("bench/README.md", "rules/events/README.md", "mibs/TRUNKWATCH-MIB.txt")}
        want |= {f"{p}/share/doc/trunkwatch/docs/{f}" for f in source_files("docs", ".md")}
        self.assertEqual({"/" + f for f in files_of(self.stage)}, want)
        for program in ("trunkwatch", "trunkwatchd"):
            self.assertEqual(run(self.path(f"{p}/bin/{program}"), "--version").stdout.split()[0], program)

    def test_documents_point_at_what_is_there(self):
        root = self.path(f"{self.prefix}/share/doc/trunkwatch")
        for name in sorted(files_of(root)):
            folder = os.path.dirname(os.path.join(root, name))
            with open(os.path.join(root, name)) as f:
                for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", f.read()) if name.endswith(".md") else ():
                    self.assertTrue(os.path.exists(os.path.join(folder, link)), f"{name} points at {link}")

    def test_paths_in_the_unit(self):
        service = unit(self.path(f"{self.prefix}/lib/systemd/system/trunkwatchd.service"))["Service"]
        config = f"{self.sysconfdir}/trunkwatch/trunkwatchd.yaml"
        self.assertEqual(service["ExecStart"], [f"{self.prefix}/bin/trunkwatchd -c {config}"])
        self.assertEqual(service["ExecStartPre"], [f"{self.prefix}/bin/trunkwatchd -c {config} --check"])
        self.assertTrue(os.path.exists(self.path(config)))
        self.assertNotRegex(self.text(f"{self.prefix}/lib/systemd/system/trunkwatchd.service"), "@[A-Z_]+@")
        # Who it runs as, and where it may write, is what the other files make.
        self.assertIn(f"u {service['User'][0]} - ", self.text(f"{self.prefix}/lib/sysusers.d/trunkwatch.conf"))
        made = self.text(f"{self.prefix}/lib/tmpfiles.d/trunkwatch.conf")
        self.assertIn(f"d /var/log/{service['LogsDirectory'][0]} {service['LogsDirectoryMode'][0]} trunkwatch trunkwatch", made)
        self.assertIn(f"d /var/lib/{service['StateDirectory'][0]} {service['StateDirectoryMode'][0]} trunkwatch trunkwatch", made)
        output, = re.findall(r"path: (\S+),", self.text(config))
        self.assertEqual(os.path.dirname(output), "/var/log/trunkwatch")

    def test_the_program_looks_where_the_rules_are(self):
        with open(os.path.join(self.build, "build.ninja")) as f:
            found = set(re.findall(r'TRUNKWATCH_RULES_DIR=\S*?(/[^"\\]*)', f.read()))
        self.assertEqual(found, {f"{self.prefix}/share/trunkwatch/rules"})
        self.assertTrue(os.path.isdir(self.path(f"{self.prefix}/share/trunkwatch/rules/conditions")))

    def test_the_example_is_right(self):
        folder = os.path.join(self.folder, "example")
        shutil.copytree(self.path(f"{self.sysconfdir}/trunkwatch"), folder)
        with open(os.path.join(folder, "trunkwatchd.yaml"), "r+") as f:
            text = f.read().replace("/var/log/trunkwatch", folder)
            f.seek(0)
            f.write(f"rules: {self.path(self.prefix + '/share/trunkwatch/rules')}\n{text}")
        for program, *words in (("trunkwatchd", "--check"), ("trunkwatch", "check")):
            done = run(self.path(f"{self.prefix}/bin/{program}"), *words, "-c", os.path.join(folder, "trunkwatchd.yaml"))
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_what_an_administrator_changed_stays(self):
        path = self.path(f"{self.sysconfdir}/trunkwatch/trunkwatchd.yaml")
        before = self.text(path[len(self.stage):])
        with open(path, "a") as f:
            f.write("# changed\n")
        self.install()
        self.assertEqual(self.text(path[len(self.stage):]), before + "# changed\n")

    @unittest.skipUnless(shutil.which("man"), "man is not installed")
    def test_manual_pages(self):
        for page in ("man1/trunkwatch.1", "man8/trunkwatchd.8"):
            done = run("man", "--warnings", "-l", self.path(f"{self.prefix}/share/man/{page}"), env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"})
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("EXIT STATUS", done.stdout)


class Usr(Installed, unittest.TestCase):
    """As a Debian package has it: systemd can be asked too."""
    prefix, sysconfdir = "/usr", "/etc"

    def root(self):
        """The stage as a system's root: with what systemd itself and others have in one."""
        root = os.path.join(self.folder, "root-" + self._testMethodName)
        shutil.copytree(self.stage, root)
        shutil.copytree(HOST_UNITS, os.path.join(root, "usr/lib/systemd/system"), symlinks=True, dirs_exist_ok=True)
        os.mkdir(os.path.join(root, "bin"))
        shutil.copy(shutil.which("kill"), os.path.join(root, "bin/kill"))
        return root

    def environment(self, root):
        # Documentation= is looked up by man: here is the page that belongs to the unit.
        return {**os.environ, "MANPATH": os.path.join(root, "usr/share/man")}

    @unittest.skipUnless(shutil.which("systemd-analyze") and HOST_UNITS, "systemd is not installed")
    def test_verify(self):
        root = self.root()
        done = run("systemd-analyze", "verify", f"--root={root}", *UNITS, env=self.environment(root))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        # It does look: a page, a program and a word that are not there.
        for old, new in (("trunkwatchd(8)", "trunkwatchx(8)"), ("=/usr/bin/", "=/usr/sbin/"), ("ProtectClock", "ProtectClok")):
            path = os.path.join(root, "usr/lib/systemd/system/trunkwatchd.service")
            with open(path) as f:
                good = f.read()
            with open(path, "w") as f:
                f.write(good.replace(old, new))
            done = run("systemd-analyze", "verify", f"--root={root}", UNITS[0], env=self.environment(root))
            self.assertNotEqual(done.stderr, "", new)
            with open(path, "w") as f:
                f.write(good)

    @unittest.skipUnless(shutil.which("systemd-analyze") and HOST_UNITS, "systemd is not installed")
    def test_exposure(self):
        done = run("systemd-analyze", "security", "--offline=true", "--no-pager", f"--root={self.root()}", f"--threshold={EXPOSURE}", UNITS[0])
        self.assertRegex(done.stdout, r"Overall exposure level for trunkwatchd.service: [01]\.\d")
        self.assertEqual(done.returncode, 0, done.stdout[-200:])

    def test_no_privilege(self):
        service = unit(self.path("/usr/lib/systemd/system/trunkwatchd.service"))["Service"]
        self.assertEqual((service["User"], service["CapabilityBoundingSet"], service["AmbientCapabilities"]), (["trunkwatch"], [""], [""]))
        self.assertEqual((service["NoNewPrivileges"], service["ProtectSystem"]), (["yes"], ["strict"]))

    def test_sockets(self):
        # TLS is there to be enabled: without tls: in the configuration the daemon would not start with it.
        optional = {"trunkwatchd-syslog-tls.socket": ("ListenStream", "6514", "syslog-tls")}
        want = {"trunkwatchd-syslog.socket": ("ListenDatagram", "514", "syslog"), "trunkwatchd-syslog-tcp.socket": ("ListenStream", "601", "syslog-tcp"),
                "trunkwatchd-trap.socket": ("ListenDatagram", "162", "snmp")}
        for name, (kind, port, label) in {**want, **optional}.items():
            found = unit(self.path(f"/usr/lib/systemd/system/{name}"))["Socket"]
            self.assertEqual((found[kind], found["FileDescriptorName"], found["Service"]), ([port], [label], ["trunkwatchd.service"]))
        service = unit(self.path("/usr/lib/systemd/system/trunkwatchd.service"))
        self.assertEqual(set(service["Service"]["Sockets"][0].split()), set(want))
        self.assertEqual(set(service["Install"]["Also"][0].split()), set(want))

    @unittest.skipUnless(shutil.which("systemd-sysusers") and shutil.which("systemd-tmpfiles"), "systemd is not installed")
    @unittest.skipUnless(os.geteuid() == 0, "giving files away needs root")
    def test_user_and_folders(self):
        root = os.path.join(self.folder, "root-users")
        shutil.copytree(self.stage, root)
        done = run("systemd-sysusers", f"--root={root}")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(os.path.join(root, "etc/passwd")) as f:
            user = f.read().strip().split(":")
        self.assertEqual((user[0], user[5], user[6]), ("trunkwatch", "/var/lib/trunkwatch", "/usr/sbin/nologin"))
        done = run("systemd-tmpfiles", f"--root={root}", "--create")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for folder in ("var/lib/trunkwatch", "var/log/trunkwatch"):
            st = os.stat(os.path.join(root, folder))
            self.assertEqual((st.st_uid, st.st_gid, st.st_mode & 0o7777), (int(user[2]), int(user[3]), 0o750))


class Local(Installed, unittest.TestCase):
    """What the README says: cmake --preset release, without a prefix."""
    prefix, sysconfdir = "/usr/local", "/usr/local/etc"


if __name__ == "__main__":
    unittest.main()
