"""Starts: the bad ones, each a line that says what is wrong and what to do; and how a service manager
starts a server."""
import os
import resource
import socket
import subprocess
import sys
import tempfile

import certificates
import servers
import wire
from servers import JOHN, ServerCase

BOTH = ("smtpd", "pop3d")
BAD_START = 78


class BadStartTest(ServerCase):
    def refused(self, which, *arguments):
        """Exit status and the one line on standard error."""
        ended = subprocess.run([servers.BINARIES[which], *arguments], cwd=self.site.folder,
                               capture_output=True, text=True, timeout=wire.HANG_S)
        self.assertRegex(ended.stderr, r"\Amy(smtpd|popd): [^\n]+ \([^\n]+\)\n\Z")
        self.assertEqual(ended.stdout, "")
        return ended.returncode, ended.stderr

    def assert_bad_start(self, says, *arguments, which=BOTH):
        for server in which:
            status, said = self.refused(server, *arguments)
            self.assertEqual(status, BAD_START, said)
            self.assertRegex(said, says)

    def assert_bad_usage(self, says, *arguments, which=BOTH):
        for server in which:
            status, said = self.refused(server, *arguments)
            self.assertNotIn(status, (0, BAD_START), said)
            self.assertRegex(said, says)

    def test_users(self):
        self.site.users_file.write_text("# comment\n\njohn.doe@example.com\n")
        self.assert_bad_start(r"users\.txt:3: .*--users", "0")
        self.site.users_file.write_text("# nobody\n")
        self.assert_bad_start(r"users\.txt: no user in it .*--users", "0")
        self.site.users_file.unlink()
        self.assert_bad_start(r"users\.txt: No such file or directory .*--users", "0")

    def test_port(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = str(other.getsockname()[1])
            self.assert_bad_start(rf"127\.0\.0\.1:{port}: Address already in use .*another port", port)
        for port in ("65536", "-1", "smtp"):
            self.assert_bad_usage("--help", port)
        self.assert_bad_usage("PORT is required .*--help")

    def test_address(self):
        self.assert_bad_start("localhost: it is not an IP address", "0", "--listen", "localhost")
        self.assert_bad_start("192.0.2.1:0: .*no such address", "0", "--listen", "192.0.2.1")

    def test_store(self):
        self.store.folder.write_text("a file")
        self.assert_bad_start("mail.store: Not a directory .*--store", "0")
        self.assert_bad_start("mail.store/x: Not a directory .*--store", "0", "--store", "mail.store/x")
        self.assert_bad_start("no/where: No such file or directory .*--store", "0", "--store", "no/where")
        # Even root cannot write there.
        self.assert_bad_start("mail store /proc/self: .*--store", "0", "--store", "/proc/self")

    def test_store_that_may_not_be_written_to(self):
        if os.geteuid() == 0:
            self.skipTest("root may write anywhere")
        self.store.folder.mkdir(mode=0o500)
        self.assert_bad_start("mail.store: cannot be written to: .*--store", "0")

    def test_options(self):
        self.assert_bad_usage("--frobnicate .*--help", "0", "--frobnicate")
        self.assert_bad_start("--postmaster a@b: no such user in .*users.txt .*add a line",
                              "0", "--postmaster", "a@b", which=["smtpd"])
        self.assert_bad_usage("--postmaster", "0", "--postmaster", "a@b", which=["pop3d"])

    def test_configuration_file(self):
        config = self.site.folder / "config"
        self.assert_bad_start("config: it was not readable", "--config", "config")
        for text, says in (("port = 0\nfrob = 1\n", "config: there is no option frob "),
                           ("port = 0\n\nfrob\n", "config: line 3 "),
                           ("port = 0\nidle-timeout = 0\n", "config: --idle-timeout: ")):
            config.write_text(text)
            self.assert_bad_start(says, "--config", "config")

    def test_certificate(self):
        ours = certificates.shared().server
        certificate, key = ("--tls-cert", str(ours.certificate)), ("--tls-key", str(ours.key))
        self.assert_bad_start("--tls-cert and --tls-key need each other", "0", *certificate)
        self.assert_bad_start("--tls-cert and --tls-key need each other", "0", *key)
        self.assert_bad_start("--tls-port needs a certificate .*--tls-cert and --tls-key", "0", "--tls-port", "0")
        self.assert_bad_start("nowhere: No such file or directory .*--tls-cert", "0", "--tls-cert", "nowhere", *key)
        self.assert_bad_start("nowhere: No such file or directory .*--tls-key",
                              "0", *certificate, "--tls-key", "nowhere")
        self.assert_bad_start("users.txt: .*--tls-cert names .* PEM form", "0", "--tls-cert", "users.txt", *key)
        self.assert_bad_start("users.txt: .*--tls-key .*PEM", "0", *certificate, "--tls-key", "users.txt")
        # Of the same kind as the right one; of another.
        for algorithm in (certificates.EC, certificates.RSA):
            other = certificates.server(self.site.folder, certificates.shared().authority, "other", algorithm)
            self.assert_bad_start(r"other\.key: .*--tls-key", "0", *certificate, "--tls-key", str(other.key))
        subprocess.run(["openssl", "ec", "-in", str(ours.key), "-aes128", "-passout", "pass:secret", "-out", "locked"],
                       check=True, capture_output=True, cwd=self.site.folder)
        self.assert_bad_start("locked: .*--tls-key .*without a passphrase", "0", *certificate, "--tls-key", "locked")

    def test_tls_port(self):
        pair = certificates.shared().server.arguments()
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = str(other.getsockname()[1])
            self.assert_bad_start(rf"127\.0\.0\.1:{port}: Address already in use .*another port",
                                  "0", *pair, "--tls-port", port)
        self.assert_bad_usage("--help", "0", *pair, "--tls-port", "65536")


class GoodStartTest(ServerCase):
    # Covers: 5321-4.3.1-3
    def test_a_configuration_file_has_the_command_lines_options(self):
        (self.site.folder / "config").write_text("hostname = from.the.file\nlisten = 127.0.0.1\n")
        for which in BOTH:
            server = self.site.start(which, "--config", "config")
            with server.connect() as client:
                self.assertIn(b"from.the.file", client.greeting)

    # Covers: 1939-3-15, 5321-4.5.3.1.7-1, 5321-4.5.3.1.8-1, 5321-4.5.3.2.7-1
    def test_the_defaults_are_within_what_the_rfcs_ask_for(self):
        least = {"smtpd": {"idle-timeout": 5 * 60, "max-recipients": 100, "max-message-size": 64 * 1024},
                 "pop3d": {"idle-timeout": 10 * 60}}
        for which, limits in least.items():
            shown = subprocess.run([servers.BINARIES[which], "--show-config"], capture_output=True, text=True, check=True)
            defaults = dict(line.split(" = ", 1) for line in shown.stdout.splitlines())
            for name, minimum in limits.items():
                self.assertGreaterEqual(int(defaults[name]), minimum, f"{which} {name}")

    def test_more_connections_than_descriptors_are_lowered(self):
        hard = 256
        for which in BOTH:
            server = self.site.start(which, preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_NOFILE, (hard // 2, hard)))
            fit = hard - hard // 4
            clients = [wire.Wire(server.port) for _ in range(fit + 1)]
            greetings = [client.line() for client in clients]
            for client in clients:
                client.close()
            self.assertRegex(greetings[fit - 1], rb"^(220|\+OK) ")
            self.assertRegex(greetings[fit], rb"^(421|-ERR) ")
            server.terminate()
            server.process.wait(wire.HANG_S)
            self.assertRegex(server.stderr(), f"warning connections-lowered wanted=10000 "
                                              f"connections={fit} descriptors={hard}\n")

    def test_a_burst_of_connections_from_loopback_gets_through(self):
        server = self.start_smtp("--max-connections-per-address", "1")
        clients = [server.connect() for _ in range(30)]
        for client in clients:
            self.assertRegex(client.greeting, rb"^220 ")
            client.close()

    def test_listening_beyond_loopback_is_warned_of_once(self):
        for which in BOTH:
            for address, warnings in (("0.0.0.0", 1), ("127.0.0.2", 0)):
                process = subprocess.Popen(
                    [servers.BINARIES[which], "0", "--listen", address],
                    cwd=self.site.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                self.assertIn("listening on", process.stdout.readline())
                process.terminate()
                _, said = process.communicate(timeout=wire.HANG_S)
                self.assertEqual(said.count(" warning clear-text "), warnings, said)


LAUNCHER = """
import os, sys
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.argv[1], sys.argv[1:])
"""


class ServiceManagerTest(ServerCase):
    """As systemd does it: sd_notify(3), sd_listen_fds(3)."""

    def setUp(self):
        super().setUp()
        linked = subprocess.run(["ldd", servers.BINARIES["smtpd"]], capture_output=True, text=True)
        if "libsystemd" not in linked.stdout:
            self.skipTest("built without libsystemd")

    def launch(self, which, sockets, *arguments, **environment):
        """Starts a server with these listening sockets as descriptors 3, 4, …"""
        kept = [os.dup(s.fileno()) for s in sockets]

        def place():
            high = [os.dup2(fd, 100 + n) for n, fd in enumerate(kept)]
            for n, fd in enumerate(high):
                os.dup2(fd, 3 + n)
                os.close(fd)

        process = subprocess.Popen(
            [sys.executable, "-c", LAUNCHER, servers.BINARIES[which], *arguments],
            cwd=self.site.folder, close_fds=False, preexec_fn=place, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "LISTEN_FDS": str(len(sockets)), **environment})
        for fd in kept:
            os.close(fd)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def test_ready_when_it_listens_and_nothing_more(self):
        # A server that serves keeps no socket by which it could say more: docs/security.md.
        with tempfile.TemporaryDirectory() as folder, \
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(f"{folder}/notify")
            manager.settimeout(wire.HANG_S)
            for which in BOTH:
                server = self.site.start(which, environment={"NOTIFY_SOCKET": f"{folder}/notify"})
                self.assertEqual(manager.recv(1000), b"READY=1")
                with server.connect():
                    server.terminate()
                self.assertEqual(server.process.wait(wire.HANG_S), 0)
                manager.settimeout(0)
                with self.assertRaises(BlockingIOError):
                    manager.recv(1000)
                manager.settimeout(wire.HANG_S)

    def test_passed_sockets_take_the_place_of_a_port(self):
        for which, hello in (("smtpd", rb"^220 "), ("pop3d", rb"^\+OK ")):
            with socket.create_server(("127.0.0.1", 0)) as first, \
                    socket.create_server(("127.0.0.2", 0)) as second:
                process = self.launch(which, [first, second])
                for listening in (first, second):
                    address, port = listening.getsockname()
                    with wire.Wire(port, address) as client:
                        self.assertRegex(client.line(), hello)
                process.terminate()
                out, _ = process.communicate(timeout=wire.HANG_S)
                self.assertEqual(process.returncode, 0)
                self.assertEqual(out, "".join(f"listening on {a}:{p}\n" for a, p in
                                              (first.getsockname(), second.getsockname())))

    def test_a_passed_socket_named_tls_begins_with_the_handshake_and_others_do_not(self):
        tls = certificates.shared().server.arguments()
        for which, hello in (("smtpd", rb"^220 "), ("pop3d", rb"^\+OK ")):
            for arguments in (tls, [*tls, "--tls-port", "0"]):   # which a passed one makes needless
                with socket.create_server(("127.0.0.1", 0)) as plain, \
                        socket.create_server(("127.0.0.1", 0)) as begins:
                    process = self.launch(which, [begins, plain], *arguments, LISTEN_FDNAMES="tls:mysmtpd.socket")
                    with wire.Wire(plain.getsockname()[1]) as client:
                        self.assertRegex(client.line(), hello)
                    with wire.Wire(begins.getsockname()[1]) as client:
                        client.start_tls()
                        self.assertRegex(client.line(), hello)
                    process.terminate()
                    out, _ = process.communicate(timeout=wire.HANG_S)
                    self.assertEqual(process.returncode, 0)
                    self.assertEqual(out, f"listening on 127.0.0.1:{plain.getsockname()[1]}\n"
                                          f"listening on 127.0.0.1:{begins.getsockname()[1]} (TLS)\n")

    def test_only_the_socket_for_tls_may_be_passed(self):
        with socket.create_server(("127.0.0.1", 0)) as begins:
            process = self.launch("smtpd", [begins], *certificates.shared().server.arguments(), LISTEN_FDNAMES="tls")
            with wire.Wire(begins.getsockname()[1]) as client:
                client.start_tls()
                self.assertRegex(client.line(), rb"^220 ")
            process.terminate()
            out, _ = process.communicate(timeout=wire.HANG_S)
            self.assertEqual(out, f"listening on 127.0.0.1:{begins.getsockname()[1]} (TLS)\n")

    def test_a_passed_socket_named_tls_without_a_certificate_is_a_bad_start(self):
        for which in BOTH:
            with socket.create_server(("127.0.0.1", 0)) as begins:
                process = self.launch(which, [begins], LISTEN_FDNAMES="tls")
                _, said = process.communicate(timeout=wire.HANG_S)
                self.assertEqual(process.returncode, BAD_START, said)
                self.assertRegex(said, "descriptor 3, .*named tls.* no certificate .*--tls-cert")

    def test_what_does_not_listen_is_a_bad_start(self):
        with socket.socket() as deaf, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
            for passed in (deaf, other):
                process = self.launch("smtpd", [passed])
                _, said = process.communicate(timeout=wire.HANG_S)
                self.assertEqual(process.returncode, BAD_START, said)
                self.assertRegex(said, "mysmtpd: descriptor 3, .*no listening TCP socket")

    def test_sockets_for_another_process_are_not_taken(self):
        server = self.site.start("smtpd", environment={"LISTEN_FDS": "1", "LISTEN_PID": "1"})
        with server.connect() as client:
            self.assertRegex(client.ask(f"VRFY {JOHN}"), "^250 ")
