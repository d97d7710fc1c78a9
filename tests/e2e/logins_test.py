"""Logins over sockets: mechanisms, hashed passwords, names without a domain, who must log in, and the throttle
that hurts guessers and not people."""
import base64
import os
import pty
import re
import smtplib
import subprocess

import servers
import wire
from servers import EDWARD, JOHN, MARY, PASSWORDS, ServerCase

MECHANISMS = ("PLAIN", "LOGIN")
INVALID = {"smtpd": "535 5.7.8 Authentication credentials invalid", "pop3d": "-ERR [AUTH] Invalid password"}
WELCOME = {"smtpd": "235 2.7.0 Authentication successful", "pop3d": "+OK Password is valid, mail loaded"}
WAIT = {"smtpd": "454 4.7.0 Temporary authentication failure", "pop3d": "-ERR [SYS/TEMP] login unavailable, wait"}
MOST_GUESSES = 10


def in_base64(text):
    return base64.b64encode(text.encode()).decode()


def auth(client, mechanism, user, password):
    """Logs in by AUTH, without an initial response; returns the answer."""
    said = client.ask(f"AUTH {mechanism}")
    if mechanism == "PLAIN":
        answers = [f"\0{user}\0{password}"]
    else:
        answers = [user, password]
    for answer in answers:
        assert said.startswith(("334 ", "+ ")), said
        said = client.ask(in_base64(answer))
    return said


class LoginCase(ServerCase):
    def greeted(self, server):
        client = server.connect()
        self.addCleanup(client.close)
        if server.which == "smtpd":
            client.ehlo()
        return client

    def auth_once(self, server, user, password, mechanism="PLAIN"):
        client = self.greeted(server)
        said = auth(client, mechanism, user, password)
        client.send(b"QUIT\r\n")
        client.rest()   # the maildrop is free again
        return said

    def user_and_pass(self, server, user, password):
        with server.connect() as client:
            client.must(f"USER {user}", "+OK")
            said = client.ask(f"PASS {password}")
            client.send(b"QUIT\r\n")
            client.rest()
            return said

    def log_of(self, server):
        server.terminate()
        server.process.wait(wire.HANG_S)
        return server.stderr()


def hashed(password, *arguments, input=None):
    """What --hash-password prints when it reads the password from a pipe."""
    done = subprocess.run([servers.BINARIES["smtpd"], "--hash-password", *arguments], capture_output=True, check=True,
                          input=(password + "\n" if input is None else input).encode(), timeout=wire.HANG_S)
    assert done.stderr == b"", done.stderr
    return done.stdout.decode()


class HashedPasswordTest(LoginCase):
    PASSWORD = "  blanks, Grüße and 100%"

    def assert_takes(self, field):
        """It is one line, and John logs in by it at both servers in every way, and by no other password."""
        self.assertRegex(field, r"\A\{(CRYPT|SCRAM-SHA-256)\}[!-~]+\n\Z")
        self.assertNotIn("100%", field)
        self.site.users_file.write_text(f"{JOHN} {field}")
        for which in ("smtpd", "pop3d"):
            server = self.site.start(which)
            for mechanism in MECHANISMS:
                self.assertEqual(self.auth_once(server, JOHN, self.PASSWORD, mechanism), WELCOME[which])
                self.assertEqual(self.auth_once(server, JOHN, self.PASSWORD.strip(), mechanism), INVALID[which])
                self.assertEqual(self.auth_once(server, JOHN, field.strip(), mechanism), INVALID[which])

    def test_crypt_is_the_default(self):
        field = hashed(self.PASSWORD)
        self.assertEqual(field[:7], "{CRYPT}")
        self.assert_takes(field)
        self.assertNotEqual(hashed(self.PASSWORD), field)   # salted

    def test_scram_sha_256(self):
        field = hashed(self.PASSWORD, "--scheme", "scram-sha-256")
        self.assertRegex(field, r"^\{SCRAM-SHA-256\}\d{4,},[A-Za-z0-9+/=]{16,},[A-Za-z0-9+/]{43}=,[A-Za-z0-9+/]{43}=\n$")
        self.assert_takes(field)

    def test_one_line_is_read_with_whatever_line_end(self):
        for scheme in ("crypt", "scram-sha-256"):
            for ending in ("", "\n", "\r\n", "\nanother line\n"):
                field = hashed("x", "--scheme", scheme, input="secret" + ending)
                self.site.users_file.write_text(f"{JOHN} {field}")
                server = self.start_pop3()
                self.assertEqual(self.user_and_pass(server, JOHN, "secret"), WELCOME["pop3d"])
                self.site.end(server)

    def test_crypt_takes_what_other_programs_hashed(self):
        for kind, beginning in (("-6", "$6$"), ("-5", "$5$"), ("-1", "$1$")):
            field = subprocess.run(["openssl", "passwd", kind, "-stdin"], input="secret\n", capture_output=True, text=True,
                                   check=True).stdout
            self.assertEqual(field[:3], beginning)
            self.site.users_file.write_text(f"{JOHN} {{CRYPT}}{field}")
            server = self.start_pop3()
            self.assertEqual(self.user_and_pass(server, JOHN, "secret"), WELCOME["pop3d"])
            self.assertEqual(self.user_and_pass(server, JOHN, "Secret"), INVALID["pop3d"])
            self.site.end(server)

    def test_no_password_is_an_error(self):
        for input in (b"", b"\n", b"\r\n"):
            done = subprocess.run([servers.BINARIES["smtpd"], "--hash-password"], input=input, capture_output=True,
                                  timeout=wire.HANG_S, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertEqual(done.stdout, b"")
            self.assertEqual(done.stderr, b"mysmtpd: no password was given\n")

    def at_a_terminal(self, *typed):
        """Types a line at each prompt; returns the status, what the terminal showed, and what was printed."""
        ours, theirs = pty.openpty()
        with subprocess.Popen([servers.BINARIES["smtpd"], "--hash-password"], stdin=theirs, stdout=subprocess.PIPE,
                              stderr=theirs, start_new_session=True) as process:
            os.close(theirs)
            shown = b""
            for line, prompt in zip(typed, (b"Password: ", b"Again: ")):
                while not shown.endswith(prompt):
                    shown += os.read(ours, 1024)
                os.write(ours, line.encode() + b"\n")
            printed = process.stdout.read().decode()
            try:
                while more := os.read(ours, 1024):
                    shown += more
            except OSError:
                pass   # so a terminal says that nobody has it open any more
            os.close(ours)
        return process.returncode, shown, printed

    def test_at_a_terminal_it_is_asked_for_twice_and_never_shown(self):
        status, shown, printed = self.at_a_terminal(self.PASSWORD, self.PASSWORD)
        self.assertEqual((status, shown), (0, b"Password: \r\nAgain: \r\n"))
        self.assert_takes(printed)

    def test_at_a_terminal_two_passwords_that_differ_are_an_error(self):
        status, shown, printed = self.at_a_terminal("secret", "secert")
        self.assertNotEqual(status, 0)
        self.assertEqual(printed, "")
        self.assertIn(b"not the same", shown)
        self.assertNotIn(b"sec", shown)

    def test_mechanisms_that_only_some_could_use_are_offered_to_nobody(self):
        for field, mechanisms in ((hashed("x"), "PLAIN LOGIN"),
                                  (hashed("x", "--scheme", "scram-sha-256"), "PLAIN LOGIN SCRAM-SHA-256"),
                                  ("{PLAIN}{CRYPT}\n", "PLAIN LOGIN SCRAM-SHA-256")):
            self.site.users_file.write_text(f"{MARY} secret\n{JOHN} {field}")
            smtp, pop3 = self.start_smtp(), self.start_pop3()
            with smtp.connect() as client:
                self.assertIn(f"AUTH {mechanisms}", client.ehlo())
            with pop3.connect() as client:
                self.assertIn(f"SASL {mechanisms}".encode(), client.lines("CAPA"))


class NameTest(LoginCase):
    def test_a_name_without_its_domain_will_do_where_only_one_begins_so(self):
        self.site.users_file.write_text(f"{JOHN} one\n{MARY} two\nmary.smith@example.org three\n")
        smtp, pop3 = self.start_smtp(), self.start_pop3()
        for name, password, is_known in (("john.doe", "one", True), ("JOHN.DOE", "one", True), ("mary.smith", "two", False),
                                         ("mary.smith", "three", False), ("john", "one", False)):
            for server in (smtp, pop3):
                answers = WELCOME if is_known else INVALID
                for mechanism in MECHANISMS:
                    self.assertEqual(self.auth_once(server, name, password, mechanism), answers[server.which], name)
        self.assertEqual(self.user_and_pass(pop3, "john.doe", "one"), WELCOME["pop3d"])
        self.assertEqual(self.user_and_pass(pop3, "mary.smith@example.org", "three"), WELCOME["pop3d"])
        with pop3.connect() as client:
            self.assertEqual(client.ask("USER mary.smith"), "-ERR No such user")


class RequireLoginTest(LoginCase):
    def test_only_who_has_logged_in_sends_and_only_as_oneself(self):
        smtp = self.start_smtp("--require-login")
        client = self.greeted(smtp)
        self.assertEqual(client.ask(f"MAIL FROM:<{JOHN}>"), "530 5.7.0 Authentication required")
        self.assertEqual(auth(client, "PLAIN", JOHN, PASSWORDS[JOHN]), WELCOME["smtpd"])
        self.assertEqual(client.ask(f"MAIL FROM:<{MARY}>"), "553 5.7.1 Sender address is not yours")
        for sender in (JOHN, ""):
            client.envelope(MARY, sender=sender)
            client.send(b"x\r\n.\r\n")
            self.assertEqual(client.answer()[:4], "250 ")
        self.assertEqual(self.store.of(MARY), [b"x\r\n"] * 2)

    def test_python_is_told_and_logs_in(self):
        smtp = self.start_smtp("--require-login", "--any-sender")
        with smtplib.SMTP("127.0.0.1", smtp.port, local_hostname="localhost", timeout=wire.HANG_S) as client:
            with self.assertRaises(smtplib.SMTPSenderRefused) as refused:
                client.sendmail("anybody@example.org", JOHN, b"x\r\n")
            self.assertEqual(refused.exception.smtp_code, 530)
            with self.assertRaises(smtplib.SMTPAuthenticationError):
                client.login(JOHN, "wrong")
            client.login(JOHN, PASSWORDS[JOHN])
            client.sendmail("anybody@example.org", MARY, b"x\r\n")
        self.assertEqual(self.store.of(MARY), [b"x\r\n"])


class HideUsersTest(LoginCase):
    def test_nobody_learns_who_is_a_user_before_a_login(self):
        smtp, pop3 = self.start_smtp("--hide-users"), self.start_pop3("--hide-users")
        answers = {name: [] for name in (JOHN, "nobody@example.com", "john.doe", "nobody")}
        for name, said in answers.items():
            with smtp.connect() as client:
                client.ehlo()
                if "@" in name:
                    said.append(re.sub("<.*>", "", client.ask(f"VRFY {name}")).replace(name, ""))
                said.append(auth(client, "LOGIN", name, "wrong"))
            with pop3.connect() as client:
                said += [client.ask(f"USER {name}"), client.ask("PASS wrong"), auth(client, "PLAIN", name, "wrong")]
        self.assertEqual(answers[JOHN][0][:3], "252")
        self.assertEqual(answers[JOHN], answers["nobody@example.com"])
        self.assertEqual(answers["john.doe"], answers["nobody"])
        self.assertEqual(self.user_and_pass(pop3, JOHN, PASSWORDS[JOHN]), WELCOME["pop3d"])


class ThrottleTest(LoginCase):
    """Every wrong password costs its client half a second here: no more of them than needed."""

    def setUp(self):
        super().setUp()
        self.smtp, self.pop3 = self.start_smtp("--throttle-loopback"), self.start_pop3("--throttle-loopback")

    def guess(self, server, user, number):
        """A connection each for PLAIN, LOGIN and, by POP3, USER and PASS."""
        kind = number % (3 if server.which == "pop3d" else 2)
        if kind == 2:
            return self.user_and_pass(server, user, f"guess {number}")
        return self.auth_once(server, user, f"guess {number}", MECHANISMS[kind])

    def test_a_list_of_guesses_has_to_wait_from_the_tenth_on(self):
        for server in (self.smtp, self.pop3):
            said = [self.guess(server, JOHN, number) for number in range(MOST_GUESSES)]
            self.assertEqual(said, [INVALID[server.which]] * MOST_GUESSES)
            # Whether a guess is right is not told any more, in whatever way it comes and by whatever name.
            for password in ("guess 99", PASSWORDS[JOHN]):
                for mechanism in MECHANISMS:
                    self.assertEqual(self.auth_once(server, JOHN, password, mechanism), WAIT[server.which])
            self.assertEqual(self.auth_once(server, JOHN.upper(), PASSWORDS[JOHN]), WAIT[server.which])
            # The others' logins are what they were.
            self.assertEqual(self.auth_once(server, MARY, PASSWORDS[MARY]), WELCOME[server.which])
        self.assertEqual(self.user_and_pass(self.pop3, JOHN, PASSWORDS[JOHN]), WAIT["pop3d"])
        for server in (self.smtp, self.pop3):
            said = self.log_of(server)
            self.assertIn("too many wrong passwords", said)
            self.assertNotIn("guess ", said.replace("guesses", ""))
            self.assertNotIn(PASSWORDS[JOHN], said)
            self.assertNotIn(in_base64(f"\0{JOHN}\0guess 9"), said)

    def test_the_other_spelling_of_a_name_is_no_second_chance(self):
        names = [JOHN, JOHN.upper(), "john.doe"]
        said = [self.guess(self.smtp, names[number % 3], number) for number in range(MOST_GUESSES)]
        self.assertEqual(said, [INVALID["smtpd"]] * MOST_GUESSES)
        for name in names:
            self.assertEqual(self.auth_once(self.smtp, name, PASSWORDS[JOHN]), WAIT["smtpd"])

    def test_the_right_password_clears_what_was_wrong_before(self):
        for server in (self.smtp, self.pop3):
            for first in (0, 20):
                said = [self.guess(server, JOHN, first + number) for number in range(MOST_GUESSES - 1)]
                self.assertEqual(said, [INVALID[server.which]] * (MOST_GUESSES - 1))
                self.assertEqual(self.auth_once(server, JOHN, PASSWORDS[JOHN]), WELCOME[server.which])

    def test_a_mail_program_that_falls_back_with_one_wrong_password_never_waits(self):
        # Thunderbird tries three mechanisms on one connection; a reset or a new poll begins again.
        for _ in range(5):
            client = self.greeted(self.pop3)
            self.assertEqual(auth(client, "PLAIN", JOHN, "wrong"), INVALID["pop3d"])
            self.assertEqual(auth(client, "LOGIN", JOHN, "wrong"), INVALID["pop3d"])
            client.must(f"USER {JOHN}", "+OK")
            self.assertEqual(client.ask("PASS wrong"), INVALID["pop3d"])
            self.assertEqual(client.ask("CAPA")[:3], "+OK")   # open after three
            client = self.greeted(self.smtp)
            for mechanism in ("PLAIN", "LOGIN", "PLAIN"):
                self.assertEqual(auth(client, mechanism, JOHN, "wrong"), INVALID["smtpd"])
            client.must("NOOP", "250")
        self.assertEqual(self.user_and_pass(self.pop3, JOHN, PASSWORDS[JOHN]), WELCOME["pop3d"])
        self.assertEqual(self.auth_once(self.smtp, JOHN, PASSWORDS[JOHN]), WELCOME["smtpd"])

    def test_who_waits_keeps_nobody_waiting(self):
        client = self.greeted(self.smtp)
        client.send(b"AUTH PLAIN " + in_base64(f"\0{JOHN}\0wrong").encode() + b"\r\nNOOP\r\n")
        other = self.greeted(self.smtp)
        self.assertEqual(auth(other, "PLAIN", MARY, PASSWORDS[MARY]), WELCOME["smtpd"])
        self.assertEqual((client.answer(), client.answer()[:4]), (INVALID["smtpd"], "250 "))


class LoopbackTest(LoginCase):
    def test_without_being_asked_clients_of_this_machine_never_wait(self):
        for which in ("smtpd", "pop3d"):
            server = self.site.start(which)
            client = self.greeted(server)
            for number in range(3 * MOST_GUESSES):
                self.assertEqual(auth(client, "PLAIN", JOHN, f"guess {number}"), INVALID[which])
            self.assertEqual(auth(client, "PLAIN", JOHN, PASSWORDS[JOHN]), WELCOME[which])


class LogTest(LoginCase):
    def test_no_password_is_in_the_log_in_whatever_form_it_came(self):
        self.site.users_file.write_text(f"{JOHN} secret-of-john\n{MARY} {hashed('secret-of-mary')}"
                                        f"{EDWARD} {hashed('secret-of-edward', '--scheme', 'scram-sha-256')}")
        for which in ("smtpd", "pop3d"):
            server = self.site.start(which, "--log-level", "debug")
            forms = {"secret"}
            for user in (JOHN, MARY, EDWARD):
                for password in (f"secret-of-{user.split('.')[0]}", "secret-and-wrong"):
                    for mechanism in MECHANISMS:
                        self.auth_once(server, user, password, mechanism)
                    forms |= {in_base64(password), in_base64(f"\0{user}\0{password}")}
                    if which == "pop3d":
                        self.user_and_pass(server, user, password)
            client = self.greeted(server)
            # Where a password stands by mistake: in a wrong command, behind a wrong mechanism, as a name's rest.
            for line in ("PASS secret-of-john", "AUTH PLAIN secret-of-john", "AUTH secret-of-john",
                         "AUTH PLAIN " + in_base64("secret-of-john")):
                client.ask(line)
            log = self.log_of(server)
            self.assertIn("login-refused", log)
            for form in forms:
                self.assertNotIn(form, log)


