"""Every client in each mode of TLS and with each mechanism that it has: it trusts our CA alone, and checks names.

TABLE is what runs, and docs/clients.md shows it. mysmtpd takes mail only from who has logged in. That the octets
were encrypted is told by the server's log, and by what mechanism a login went by what the client says of itself.
"""
import base64
import poplib
import shutil
import smtplib

import e2e_path  # noqa: F401
import certificates
import wire
from client_case import ClientCase, of_maildir
from letters import LETTERS, SENDER, with_lf
from servers import JOHN, PASSWORDS
from swaks_test import sent

CLEAR, STARTED, AT_ONCE = MODES = ("in the clear", "STARTTLS, STLS", "TLS at once")
PASSWORD = PASSWORDS[JOHN]
LETTER = LETTERS[2]
SASL = ("PLAIN", "LOGIN", "SCRAM-SHA-256")

# Client and protocol → mode → mechanisms. USER is POP3's USER and PASS.
TABLE = {
    ("curl", "SMTP"): dict.fromkeys(MODES, ("PLAIN", "LOGIN")),
    ("curl", "POP3"): dict.fromkeys(MODES, ("PLAIN", "LOGIN")),
    ("swaks", "SMTP"): dict.fromkeys(MODES, ("PLAIN", "LOGIN")),
    ("msmtp", "SMTP"): dict.fromkeys(MODES, SASL),
    ("mpop", "POP3"): dict.fromkeys(MODES, ("USER", *SASL)),
    ("fetchmail", "POP3"): dict.fromkeys(MODES, ("USER",)),
    ("getmail6", "POP3"): dict.fromkeys((CLEAR, AT_ONCE), ("USER",)),
    ("s-nail", "SMTP"): dict.fromkeys(MODES, ("PLAIN", "LOGIN")),
    ("s-nail", "POP3"): dict.fromkeys(MODES, ("USER",)),
    ("openssl s_client", "SMTP"): dict.fromkeys((STARTED, AT_ONCE), ("PLAIN",)),
    ("openssl s_client", "POP3"): dict.fromkeys((STARTED, AT_ONCE), ("USER", "PLAIN")),
    ("Python", "SMTP"): dict.fromkeys(MODES, ("PLAIN", "LOGIN")),
    ("Python", "POP3"): dict.fromkeys(MODES, ("USER",)),
}


def page_table():
    """TABLE as docs/clients.md has it."""
    rows = ["| client | " + " | ".join(MODES) + " |", "|---" * (len(MODES) + 1) + "|"]
    for (client, protocol), modes in TABLE.items():
        cells = [", ".join(modes.get(mode, ("–",))) for mode in MODES]
        rows.append(f"| {client}, {protocol} | " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


class EncryptedCase(ClientCase):
    def setUp(self):
        super().setUp()
        self.authority = self.home / "ca.pem"
        shutil.copy(certificates.shared().authority.certificate, self.authority)
        self.belongs_to_client(self.authority)

    def server_arguments(self, which):
        login = ("--require-login", "--any-sender") if which == "smtpd" else ()
        return (*super().server_arguments(which), *certificates.shared().server.arguments(), "--tls-port", "0", *login)

    def ports(self):
        return (*super().ports(), ("2465", str(self.smtp.tls_port)), ("2995", str(self.pop3.tls_port)))

    def cases(self, client, protocol):
        """Mode, mechanism and port, each with fresh servers; after each what the servers logged is looked at."""
        for mode, mechanisms in TABLE[client, protocol].items():
            for mechanism in mechanisms:
                self.smtp, self.pop3 = (self.site.start(which, *self.server_arguments(which))
                                        for which in ("smtpd", "pop3d"))
                for file in self.store.files():
                    (self.store.folder / file).unlink()
                server = self.smtp if protocol == "SMTP" else self.pop3
                if protocol == "POP3":
                    self.store.put(JOHN, 0, LETTER)
                yield mode, mechanism, server.tls_port if mode == AT_ONCE else server.port
                if protocol == "SMTP":
                    self.assert_same(self.store.of(JOHN), [self.arrives])
                server.terminate()
                server.process.wait(wire.HANG_S)
                log = server.stderr()
                self.assertEqual(log.count(" info connected "), 1, f"{mode}, {mechanism}: {log}")
                self.assertEqual(log.count(" info tls "), 0 if mode == CLEAR else 1, f"{mode}, {mechanism}: {log}")

    def assert_used(self, mechanism, said):
        """The client's own words show the command that a login by it begins with."""
        words = {"USER": b"USER "}.get(mechanism, b"AUTH " + mechanism.encode())
        self.assertRegex(said, words + rb"\b")


class CurlTest(EncryptedCase):
    NEEDS = {"curl": "curl"}

    def curl(self, mode, scheme, port, path, mechanism, *options):
        tls = {CLEAR: [], STARTED: ["--ssl-reqd"], AT_ONCE: []}[mode]
        said = self.run_client("curl", "-sSv", *tls, "--cacert", self.authority, "-u", f"{JOHN}:{PASSWORD}",
                               "--login-options", f"AUTH={mechanism}", *options,
                               f"{scheme}{'s' if mode == AT_ONCE else ''}://localhost:{port}{path}")
        self.assert_used(mechanism, said)

    def test_it_sends(self):
        self.arrives = LETTER
        file = self.put_file("letter.txt", LETTER)
        for mode, mechanism, port in self.cases("curl", "SMTP"):
            self.curl(mode, "smtp", port, "", mechanism, "--mail-from", SENDER, "--mail-rcpt", JOHN, "-T", file)

    def test_it_fetches(self):
        for mode, mechanism, port in self.cases("curl", "POP3"):
            self.curl(mode, "pop3", port, "/1", mechanism, "-o", "fetched.txt")
            self.assert_same([(self.home / "fetched.txt").read_bytes()], [LETTER])


class SwaksTest(EncryptedCase):
    NEEDS = {"swaks": "swaks"}

    def test_it_sends(self):
        self.arrives = sent(LETTER)
        self.put_file("letter.txt", LETTER)
        tls = {CLEAR: [], STARTED: ["-tls"], AT_ONCE: ["--tlsc"]}
        for mode, mechanism, port in self.cases("swaks", "SMTP"):
            said = self.run_client("swaks", "--server", "127.0.0.1", "--port", port, "--helo", "localhost",
                                   "--from", SENDER, "--to", JOHN, "--data", "@letter.txt", *tls[mode], "--tls-verify",
                                   "--tls-ca-path", self.authority, "-a", mechanism, "-au", JOHN, "-ap", PASSWORD)
            self.assert_used(mechanism, said)


# What changes in the page's files of msmtp and mpop.
TLS_SETTINGS = {CLEAR: ("tls on", "tls off"), STARTED: ("tls on", "tls on"),
                AT_ONCE: ("tls_starttls on", "tls_starttls off")}


class MsmtpTest(EncryptedCase):
    NEEDS = {"msmtp": "msmtp"}

    def test_it_sends(self):
        self.arrives = LETTER
        for mode, mechanism, port in self.cases("msmtp", "SMTP"):
            self.configure(".msmtprc-tls", TLS_SETTINGS[mode], ("auth plain", f"auth {mechanism.lower()}"),
                           ("port 2525", f"port {port}"))
            said = self.run_client("msmtp", "--debug", "--file", ".msmtprc-tls", JOHN, input=LETTER)
            self.assert_used(mechanism, said)


class MpopTest(EncryptedCase):
    NEEDS = {"mpop": "mpop"}

    def test_it_fetches(self):
        mail, fetched = self.maildir(), 0
        for mode, mechanism, port in self.cases("mpop", "POP3"):
            self.configure(".mpoprc-tls", TLS_SETTINGS[mode], ("auth plain", f"auth {mechanism.lower()}"),
                           ("port 1110", f"port {port}"))
            said = self.run_client("mpop", "--debug", "--file", ".mpoprc-tls")
            self.assert_used(mechanism, said)
            fetched += 1
            self.assert_same(of_maildir(mail), [with_lf(LETTER)] * fetched)


class FetchmailTest(EncryptedCase):
    NEEDS = {"fetchmail": "fetchmail"}

    def test_it_fetches(self):
        mail, fetched = self.maildir(), 0
        for mode, mechanism, port in self.cases("fetchmail", "POP3"):
            tls = {CLEAR: 'sslproto ""', STARTED: 'sslproto "TLS1.2+"', AT_ONCE: 'ssl sslproto "TLS1.2+"'}
            self.configure(".fetchmailrc-tls", ('sslproto "TLS1.2+"', tls[mode]), ("service 1110", f"service {port}"))
            said = self.run_client("fetchmail", "-vv", "--fetchmailrc", ".fetchmailrc-tls")
            self.assert_used(mechanism, said)
            fetched += 1
            self.assert_same(of_maildir(mail), [with_lf(LETTER)] * fetched)


class GetmailTest(EncryptedCase):
    NEEDS = {"getmail": "getmail6"}

    def test_it_fetches(self):
        mail, fetched = self.maildir(), 0
        for mode, _, port in self.cases("getmail6", "POP3"):
            tls = ("SimplePOP3SSLRetriever", "SimplePOP3SSLRetriever" if mode == AT_ONCE else "SimplePOP3Retriever")
            clear = () if mode == AT_ONCE else [("ca_certs = ~/ca.pem\n", "")]
            self.configure(".getmail/getmailrc-tls", tls, ("port = 2995", f"port = {port}"), *clear)
            self.run_client("getmail", "--rcfile", "getmailrc-tls")   # Python's poplib, which has USER only here
            fetched += 1
            self.assert_same([message.partition(b"\n")[2] for message in of_maildir(mail)], [with_lf(LETTER)] * fetched)


class SNailTest(EncryptedCase):
    NEEDS = {"s-nail": "s-nail"}
    URL = f"{JOHN.replace('@', '%40')}:{PASSWORD}@localhost"

    def s_nail(self, *arguments, settings=(), input=b""):
        trust = ("v15-compat", "tls-ca-no-defaults", f"tls-ca-file={self.authority}", "tls-verify=strict",
                 "sendcharsets=utf-8", "mime-encoding=8bit")
        options = [word for setting in (*trust, *settings) for word in ("-S", setting)]
        return self.run_client("s-nail", "-:/", "-vv", *options, *arguments, input=input)

    def test_it_sends(self):
        body = with_lf(LETTER.partition(b"\r\n\r\n")[2])
        for mode, mechanism, port in self.cases("s-nail", "SMTP"):
            tls = ["smtp-use-starttls"] if mode == STARTED else []
            said = self.s_nail("-s", "hello", JOHN, input=body, settings=[
                f"mta=smtp{'s' if mode == AT_ONCE else ''}://{self.URL}:{port}", f"from={SENDER}",
                f"smtp-auth={mechanism.lower()}", *tls])
            self.assert_used(mechanism, said)
            [self.arrives] = self.store.of(JOHN)   # the headers are its own
            self.assert_same([with_lf(self.arrives.partition(b"\r\n\r\n")[2])], [body])

    def test_it_fetches(self):
        for mode, mechanism, port in self.cases("s-nail", "POP3"):
            tls = ["pop3-use-starttls"] if mode == STARTED else []
            self.s_nail("-#", "-R", "-f", f"pop3{'s' if mode == AT_ONCE else ''}://{self.URL}:{port}", settings=tls,
                        input=b"copy * fetched.mbox\nquit\n")
            fetched = (self.home / "fetched.mbox").read_bytes()
            self.assert_same([fetched.partition(b"\n")[2].rstrip(b"\n")], [with_lf(LETTER).rstrip(b"\n")])
            (self.home / "fetched.mbox").unlink()


class OpensslTest(EncryptedCase):
    NEEDS = {"openssl": "openssl"}
    PLAIN = base64.b64encode(f"\0{JOHN}\0{PASSWORD}".encode()).decode()

    def s_client(self, mode, protocol, port, dialogue):
        """What the server answers, when s_client has done its own part."""
        starttls = ("-starttls", protocol) if mode == STARTED else ()
        return self.run_client("openssl", "s_client", "-quiet", *starttls, "-connect", f"127.0.0.1:{port}",
                               "-verify_ip", "127.0.0.1", "-verify_return_error", "-CAfile", self.authority,
                               input=dialogue)

    def test_it_sends(self):
        self.arrives = LETTER
        for mode, mechanism, port in self.cases("openssl s_client", "SMTP"):
            commands = ("EHLO localhost", f"AUTH {mechanism} {self.PLAIN}", f"MAIL FROM:<{SENDER}>",
                        f"RCPT TO:<{JOHN}>", "DATA", "")
            self.s_client(mode, "smtp", port,
                          "\r\n".join(commands).encode() + wire.stuffed(LETTER) + b".\r\nQUIT\r\n")

    def test_it_fetches(self):
        login = {"USER": f"USER {JOHN}\r\nPASS {PASSWORD}\r\n", "PLAIN": f"AUTH PLAIN {self.PLAIN}\r\n"}
        for mode, mechanism, port in self.cases("openssl s_client", "POP3"):
            said = self.s_client(mode, "pop3", port, (login[mechanism] + "RETR 1\r\nQUIT\r\n").encode())
            self.assertIn(b"\r\n" + wire.stuffed(LETTER) + b".\r\n", said)


class PythonTest(EncryptedCase):
    def test_it_sends(self):
        self.arrives, context = LETTER, certificates.shared().client_context()
        for mode, mechanism, port in self.cases("Python", "SMTP"):
            options = {"local_hostname": "localhost", "timeout": wire.HANG_S}
            smtp = (smtplib.SMTP_SSL("127.0.0.1", port, context=context, **options) if mode == AT_ONCE
                    else smtplib.SMTP("127.0.0.1", port, **options))
            with smtp:
                if mode == STARTED:
                    smtp.starttls(context=context)
                smtp.ehlo()
                smtp.user, smtp.password = JOHN, PASSWORD
                smtp.auth(mechanism, getattr(smtp, f"auth_{mechanism.lower()}"))
                smtp.sendmail(SENDER, JOHN, LETTER)

    def test_it_fetches(self):
        context = certificates.shared().client_context()
        for mode, _, port in self.cases("Python", "POP3"):
            pop3 = (poplib.POP3_SSL("127.0.0.1", port, context=context, timeout=wire.HANG_S) if mode == AT_ONCE
                    else poplib.POP3("127.0.0.1", port, timeout=wire.HANG_S))
            if mode == STARTED:
                pop3.stls(context=context)
            pop3.user(JOHN)
            pop3.pass_(PASSWORD)
            self.assert_same([b"".join(line + b"\r\n" for line in pop3.retr(1)[1])], [LETTER])
            pop3.quit()
