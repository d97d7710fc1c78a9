"""./run.sh: both servers, started by one command and ended by one signal. Builds the release if need be.

No mail is sent and nobody logs in: it runs on the project's own users.txt and mail.store.
"""
import contextlib
import os
import pathlib
import signal
import shutil
import socket
import ssl
import stat
import subprocess
import tempfile
import unittest

import wire
from free_ports import free_ports
from servers import ROOT

BUILD_S = 500   # only catches a hang: a release build on two busy cores takes a minute or two


def servers_on(*ports):
    """Process id → name, of the servers that were started with one of these ports."""
    found = {}
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:   # it has just ended
            continue
        if len(words) > 1 and pathlib.PurePath(words[0].decode(errors="replace")).name in ("mysmtpd", "mypopd") \
                and words[1] in [str(port).encode() for port in ports]:
            found[int(process.name)] = pathlib.PurePath(words[0].decode()).name
    return found


class RunCase(unittest.TestCase):
    """Has the script running, and what it said until both servers listened."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        ports = free_ports(4)
        self.ports, self.tls_ports = ports[:2], ports[2:]   # the others only with --tls

    def start(self, *arguments, lines=(), **settings):
        """Reads until each of these lines was said, besides those about the two ports."""
        environment = dict(os.environ, SMTP_PORT=str(self.ports[0]), POP3_PORT=str(self.ports[1]), **settings)
        environment.pop("LISTEN", None)
        self.script = subprocess.Popen([ROOT / "run.sh", *arguments], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                                       text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        self.addCleanup(self.end_run)
        self.said = ""
        for awaited in (*(f"listening on 127.0.0.1:{port}" for port in self.ports), *lines):
            while f"{awaited}\n" not in self.said:
                line = self.script.stdout.readline()
                self.assertNotEqual(line, "", self.said)
                self.said += line

    def end_run(self):
        for process in servers_on(*self.ports):
            with contextlib.suppress(ProcessLookupError):   # run.sh ends the others when one ends
                os.kill(process, signal.SIGKILL)
        if self.script.poll() is None:
            self.script.kill()
            self.script.wait()
        self.script.stdout.close()


class RunShTest(RunCase):
    def setUp(self):
        super().setUp()
        self.start()

    def check_signal(self, number):
        self.assertEqual(sorted(servers_on(*self.ports).values()), ["mypopd", "mysmtpd"])
        with wire.Wire(self.ports[0]) as idle, wire.Wire(self.ports[1]) as reader:
            self.assertRegex(idle.line(), b"^220 ")
            self.assertRegex(reader.line(), rb"^\+OK ")
            self.script.send_signal(number)
            self.assertRegex(idle.line(), b"^421 ")
            self.assertEqual(self.script.wait(wire.HANG_S), 0)
        self.assertEqual(servers_on(*self.ports), {})

    def test_sigterm_ends_both_in_order(self):
        self.check_signal(signal.SIGTERM)

    def test_ctrl_c_ends_both_in_order(self):
        self.check_signal(signal.SIGINT)

    def test_it_says_what_to_type_into_a_client(self):
        for words in ("Thunderbird", f"port {self.ports[0]}", f"port {self.ports[1]}", f"smtp://127.0.0.1:{self.ports[0]}"):
            self.assertIn(words, self.said)

    def test_when_one_dies_the_other_is_ended_and_the_status_says_so(self):
        for process, name in servers_on(*self.ports).items():
            if name == "mypopd":
                os.kill(process, signal.SIGKILL)
        self.assertEqual(self.script.wait(wire.HANG_S), 128 + signal.SIGKILL)
        self.assertIn("mypopd ended by itself", self.script.stdout.read())
        self.assertEqual(servers_on(*self.ports), {})

    def test_a_port_in_use_ends_both(self):
        second = subprocess.run([ROOT / "run.sh"], env=dict(os.environ, SMTP_PORT=str(self.ports[0]), POP3_PORT=str(self.tls_ports[0])),
                                stdin=subprocess.DEVNULL, capture_output=True, timeout=BUILD_S)
        self.assertEqual(second.returncode, 78)
        self.assertEqual(sorted(servers_on(*self.ports).values()), ["mypopd", "mysmtpd"])


@unittest.skipIf(shutil.which("openssl") is None, "the package openssl is not installed")
class RunShWithTlsTest(RunCase):
    """With --tls, keeping its certificates in a folder of the test's own."""

    def setUp(self):
        super().setUp()
        self.certificates = self.folder / "tls"
        self.start_with_tls()

    def start_with_tls(self):
        self.start("--tls", TLS_DIR="tls", SMTP_TLS_PORT=str(self.tls_ports[0]), POP3_TLS_PORT=str(self.tls_ports[1]),
                   lines=[f"listening on 127.0.0.1:{port} (TLS)" for port in self.tls_ports])

    def openssl(self, *words):
        return subprocess.run(["openssl", *words], cwd=self.certificates, check=True, text=True, capture_output=True).stdout

    def greeting(self, port, name):
        """What a client hears over TLS that trusts the CA alone and believes the server to be called so."""
        context = ssl.create_default_context(cafile=self.certificates / "ca.pem")
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        with socket.create_connection(("127.0.0.1", port), wire.HANG_S) as tcp, \
                context.wrap_socket(tcp, server_hostname=name) as tls:
            return tls.recv(512)

    def test_clients_that_trust_the_ca_believe_both_servers(self):
        for name in ("127.0.0.1", "::1", "localhost", os.uname().nodename):
            with self.subTest(name=name):
                self.assertRegex(self.greeting(self.tls_ports[0], name), b"^220 ")
                self.assertRegex(self.greeting(self.tls_ports[1], name), rb"^\+OK ")
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.greeting(self.tls_ports[0], "elsewhere.example")

    def test_both_offer_to_start_tls(self):
        with wire.Wire(self.ports[0]) as smtp, wire.Wire(self.ports[1]) as pop3:
            smtp.line()
            smtp.send(b"EHLO client\r\nQUIT\r\n")
            self.assertIn(b"250-STARTTLS\r\n", smtp.rest())
            pop3.line()
            pop3.send(b"CAPA\r\nQUIT\r\n")
            self.assertIn(b"\r\nSTLS\r\n", pop3.rest())

    def test_the_certificate_is_no_ca_and_for_servers_and_for_a_year(self):
        self.openssl("verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "ca.pem", "server.pem")
        told = self.openssl("x509", "-in", "server.pem", "-noout", "-ext", "basicConstraints,keyUsage,extendedKeyUsage")
        for words in ("CA:FALSE", "Digital Signature", "TLS Web Server Authentication"):
            self.assertIn(words, told)
        told = self.openssl("x509", "-in", "ca.pem", "-noout", "-ext", "basicConstraints,keyUsage")
        for words in ("CA:TRUE", "Certificate Sign"):
            self.assertIn(words, told)
        lasts = subprocess.run(["openssl", "x509", "-in", "server.pem", "-noout", "-checkend", str(397 * 86400)],
                               cwd=self.certificates, capture_output=True, check=False)
        self.assertEqual(lasts.returncode, 1, "it lasts longer than clients take")

    def test_the_keys_are_their_owners_alone(self):
        for key in ("ca.key", "server.key"):
            self.assertEqual(stat.S_IMODE((self.certificates / key).stat().st_mode), 0o600)

    def test_it_says_what_to_trust_and_what_to_type(self):
        for words in ("Thunderbird", f"--cacert {self.certificates}/ca.pem", f"port {self.tls_ports[0]}", f"port {self.tls_ports[1]}",
                      "/usr/local/share/ca-certificates/"):
            self.assertIn(words, self.said)

    def test_a_second_start_keeps_the_ca_and_renews_only_what_has_to_be(self):
        def content(name):
            return (self.certificates / name).read_bytes()

        def start_again():
            self.end_run()
            before = {name: content(name) for name in ("ca.pem", "ca.key", "server.pem")}
            self.start_with_tls()
            return {name for name in before if content(name) != before[name]}

        self.assertEqual(start_again(), set())
        (self.certificates / "names").write_text("DNS:another.example\n")   # as if the machine had been renamed
        self.assertEqual(start_again(), {"server.pem"})
        # A certificate that runs out in ten days.
        self.openssl("req", "-x509", "-key", "server.key", "-subj", "/CN=localhost", "-days", "10",
                     "-CA", "ca.pem", "-CAkey", "ca.key", "-out", "server.pem")
        self.assertEqual(start_again(), {"server.pem"})
        self.assertRegex(self.greeting(self.tls_ports[0], "localhost"), b"^220 ")


if __name__ == "__main__":
    unittest.main()
