"""The Debian package: what is in it, and that its servers run as it sets them up.

It is built from the release build, which ./run.sh --build-only makes if need be.
"""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest
from unittest import mock

import servers
import wire
from servers import JOHN, ROOT

RELEASE = ROOT / "build/release"
BUILD_S = 500   # only catches a hang

FILES = {   # path → mode, of all but documents
    "etc/mymail/mypopd.conf": "-rw-r--r--",
    "etc/mymail/mysmtpd.conf": "-rw-r--r--",
    "etc/mymail/users.txt": "-rw-r-----",
    "usr/lib/systemd/system/mypopd-tls.socket": "-rw-r--r--",
    "usr/lib/systemd/system/mypopd.service": "-rw-r--r--",
    "usr/lib/systemd/system/mypopd.socket": "-rw-r--r--",
    "usr/lib/systemd/system/mysmtpd-tls.socket": "-rw-r--r--",
    "usr/lib/systemd/system/mysmtpd.service": "-rw-r--r--",
    "usr/lib/systemd/system/mysmtpd.socket": "-rw-r--r--",
    "usr/lib/sysusers.d/mymail.conf": "-rw-r--r--",
    "usr/sbin/mypopd": "-rwxr-xr-x",
    "usr/sbin/mysmtpd": "-rwxr-xr-x",
    "usr/share/man/man5/users.txt.5.gz": "-rw-r--r--",
    "usr/share/man/man8/mypopd.8.gz": "-rw-r--r--",
    "usr/share/man/man8/mysmtpd.8.gz": "-rw-r--r--",
}
DOCUMENTS = "usr/share/doc/mymail/"


def output_of(*command, **options):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, timeout=BUILD_S, **options).stdout


def quietly(*command):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=BUILD_S)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))} said:\n{done.stdout}")


class ReleaseCase(unittest.TestCase):
    """Has the release build, and a fresh folder."""

    @classmethod
    def setUpClass(cls):
        quietly(ROOT / "run.sh", "--build-only")

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mymail-package-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def build_package(self):
        if shutil.which("dpkg-deb") is None:
            self.skipTest("no Debian here: dpkg-deb is missing")
        quietly("cpack", "--config", RELEASE / "CPackConfig.cmake", "-B", self.folder / "cpack")
        packages = list((self.folder / "cpack").glob("*.deb"))
        self.assertEqual(len(packages), 1, packages)
        return packages[0]

    def unpack(self):
        """The package's files, in a folder."""
        root = self.folder / "root"
        quietly("dpkg-deb", "-x", self.build_package(), root)
        return root


class PackageTest(ReleaseCase):
    def test_it_holds_what_it_should(self):
        package = self.build_package()
        listed = {}
        for line in output_of("dpkg-deb", "-c", package).splitlines():
            mode, owner, _, _, _, path = line.split(maxsplit=5)
            self.assertEqual(owner, "root/root", path)
            if not mode.startswith("d"):
                listed[path.removeprefix("./")] = mode
        documents = {path for path in listed if path.startswith(DOCUMENTS)}
        self.assertEqual({path: mode for path, mode in listed.items() if path not in documents}, FILES)
        self.assertEqual(documents, {DOCUMENTS + name for name in ["copyright", "changelog.gz", *(
            page.name for page in (ROOT / "docs").glob("*.md"))]})

        # What an upgrade must not overwrite is all that lies in /etc.
        self.assertEqual(output_of("dpkg-deb", "-I", package, "conffiles").split(),
                         sorted("/" + path for path in FILES if path.startswith("etc/")))
        # By libsystemd the servers say when they are ready; Type=notify waits for it.
        depends = output_of("dpkg-deb", "-f", package, "Depends")
        for library in ("libc6", "libstdc++6", "libspdlog", "libsystemd0", "libssl3", "libgsasl18", "libcrypt1", "libseccomp2"):
            self.assertIn(library, depends)

    def test_its_servers_serve_with_the_example_configuration(self):
        root = self.unpack()
        users = root / "etc/mymail/users.txt"
        users.write_text(re.sub("^# (?=john)", "", users.read_text(), flags=re.MULTILINE))   # as its example says
        password = re.search(f"^{re.escape(JOHN)} (.*)$", users.read_text(), flags=re.MULTILINE)[1]
        binaries = {"smtpd": str(root / "usr/sbin/mysmtpd"), "pop3d": str(root / "usr/sbin/mypopd")}
        with mock.patch.dict(servers.BINARIES, binaries):
            site = servers.Site(users="")
            self.addCleanup(lambda: self.assertEqual(site.close(), []))
            running = {}
            for which, name in (("smtpd", "mysmtpd"), ("pop3d", "mypopd")):
                running[which] = site.start(which, "--config", str(root / f"etc/mymail/{name}.conf"),
                                            "--users", str(users), "--store", str(self.folder / "mail.store"))
        with running["smtpd"].connect() as client:
            client.must("HELO localhost", "250")
            self.assertEqual(client.deliver(b"Subject: packed\r\n", JOHN), "250 Requested mail action ok, completed")
        with running["pop3d"].connect() as client:
            client.log_in(JOHN, password)
            self.assertEqual(client.message(1), b"Subject: packed\r\n")
            client.must("QUIT", "+OK")

    def test_cmake_installs_below_another_prefix(self):
        prefix = self.folder / "prefix"
        quietly("cmake", "--install", RELEASE, "--prefix", prefix)
        installed = {str(file.relative_to(prefix)) for file in prefix.rglob("*") if file.is_file()}
        self.assertLessEqual({path.removeprefix("usr/") for path in FILES}, installed)
        unit = (prefix / "lib/systemd/system/mysmtpd.service").read_text()
        self.assertIn(f"ExecStart={prefix}/sbin/mysmtpd --config {prefix}/etc/mymail/mysmtpd.conf\n", unit)


class UnitsTest(ReleaseCase):
    def test_systemd_finds_no_fault_in_them(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("systemd-analyze is not installed")
        prefix = self.folder / "prefix"
        quietly("cmake", "--install", RELEASE, "--prefix", prefix)
        units = sorted((prefix / "lib/systemd/system").iterdir())
        self.assertEqual(len(units), 6)
        found = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)
        self.assertEqual((found.returncode, found.stderr), (0, ""))

    def test_both_are_confined_alike(self):
        # They share the mail, so what holds for one must hold for the other.
        prefix = self.folder / "prefix"
        quietly("cmake", "--install", RELEASE, "--prefix", prefix)
        smtp, pop3 = ((prefix / f"lib/systemd/system/{name}.service").read_text().replace(name, "NAME")
                      for name in ("mysmtpd", "mypopd"))
        self.assertEqual(smtp.split("[Service]")[1], pop3.split("[Service]")[1])

    def test_the_socket_for_tls_is_named_so_and_comes_and_goes_with_the_other_one(self):
        prefix = self.folder / "prefix"
        quietly("cmake", "--install", RELEASE, "--prefix", prefix)
        for name in ("mysmtpd", "mypopd"):
            unit = (prefix / f"lib/systemd/system/{name}-tls.socket").read_text().splitlines()
            self.assertLessEqual({"FileDescriptorName=tls", f"Service={name}.service", f"PartOf={name}.socket",
                                  f"WantedBy={name}.socket"}, set(unit))
            # Without a certificate it would be a wrong start: it is enabled by nothing but a person.
            service = (prefix / f"lib/systemd/system/{name}.service").read_text()
            self.assertNotIn(f"{name}-tls.socket", service)

    def test_a_server_needs_no_network_but_the_socket_it_is_handed(self):
        """As the units have it: PrivateNetwork=, and readiness told through NOTIFY_SOCKET."""
        unshare = ["unshare", "--net"]
        if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("a network of its own takes root: unshare --net is refused")
        for which, path, greeting in (("smtpd", "smtpd/mysmtpd", b"220 "), ("pop3d", "pop3d/mypopd", b"+OK ")):
            with self.subTest(server=which), contextlib.ExitStack() as stack:
                (self.folder / "users.txt").write_text(servers.SAMPLE_USERS)
                listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
                manager = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
                manager.bind(str(self.folder / f"{which}.notify"))
                manager.settimeout(wire.HANG_S)
                # Sockets begin at descriptor 3, and LISTEN_PID is who is meant: exec keeps both.
                script = f'exec 3<&{listener.fileno()}; export LISTEN_PID=$$; exec "$@"'
                server = subprocess.Popen(
                    ["bash", "-c", script, "bash", *unshare, str(RELEASE / path)], cwd=self.folder,
                    pass_fds=[listener.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                    env=dict(os.environ, LISTEN_FDS="1", NOTIFY_SOCKET=str(self.folder / f"{which}.notify")))
                stack.callback(lambda process=server: (process.kill(), process.wait()))
                self.assertIn(b"READY=1", manager.recv(4096))
                with wire.Wire(listener.getsockname()[1]) as client:
                    self.assertRegex(client.line(), b"^" + re.escape(greeting))
                server.send_signal(signal.SIGTERM)
                self.assertEqual(server.wait(wire.HANG_S), 0)


if __name__ == "__main__":
    unittest.main()
