"""Logins over sockets: hashed passwords, names without a domain, and who must log in."""
import os
import pty
import re
import signal
import smtplib
import subprocess
import sys
import termios

import servers
import wire
from login_case import INVALID, MECHANISMS, WELCOME, LoginCase, auth, in_base64
from servers import EDWARD, JOHN, MARY, PASSWORDS


def hashed(password, *arguments, input=None):
    """What --hash-password prints when it reads the password from a pipe."""
    done = subprocess.run([servers.BINARIES["smtpd"], "--hash-password", *arguments], capture_output=True, check=True,
                          input=(password + "\n" if input is None else input).encode(), timeout=wire.HANG_S)
    assert done.stderr == b"", done.stderr
    return done.stdout.decode()


# Has the terminal for its own, as a shell has, runs a command there, and says how it and the terminal ended up.
# It outlives what is typed there; were it the command that leads the session, its end would reset the terminal.
LEADER = """
import fcntl, signal, subprocess, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, lambda *_: None)
before = termios.tcgetattr(0)
command = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
print(command.pid, flush=True)
status = command.wait()
print(status, "as before" if termios.tcgetattr(0) == before else "changed")
"""


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
        self.assertRegex(
            field, r"^\{SCRAM-SHA-256\}\d{4,},[A-Za-z0-9+/=]{16,},[A-Za-z0-9+/]{43}=,[A-Za-z0-9+/]{43}=\n$")
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
            field = subprocess.run(["openssl", "passwd", kind, "-stdin"], input="secret\n", capture_output=True,
                                   text=True, check=True).stdout
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

    def test_a_signal_that_ends_it_leaves_the_terminal_as_it_was(self):
        for typed, number in ((b"half a passw\x03", signal.SIGINT), (b"", signal.SIGTERM), (b"", signal.SIGHUP)):
            ours, theirs = pty.openpty()
            with self.subTest(signal=number), subprocess.Popen(
                    [sys.executable, "-c", LEADER, servers.BINARIES["smtpd"], "--hash-password"], stdin=theirs,
                    stdout=subprocess.PIPE, stderr=theirs, start_new_session=True) as leader:
                pid = int(leader.stdout.readline())
                shown = b""
                while not shown.endswith(b"Password: "):
                    shown += os.read(ours, 1024)
                self.assertEqual(termios.tcgetattr(theirs)[3] & termios.ECHO, 0)
                os.write(ours, typed)
                if not typed:
                    os.kill(pid, number)
                self.assertEqual(leader.stdout.readline(), b"%d as before\n" % -number)
                self.assertEqual(leader.wait(wire.HANG_S), 0)
            os.close(ours)
            os.close(theirs)

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
        for name, password, is_known in (("john.doe", "one", True), ("JOHN.DOE", "one", True), ("john", "one", False),
                                         ("mary.smith", "two", False), ("mary.smith", "three", False)):
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
