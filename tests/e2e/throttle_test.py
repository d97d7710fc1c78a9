"""The throttle that hurts guessers and not people."""
from login_case import INVALID, MECHANISMS, WELCOME, LoginCase, auth, in_base64
from servers import JOHN, MARY, PASSWORDS

WAIT = {"smtpd": "454 4.7.0 Temporary authentication failure", "pop3d": "-ERR [SYS/TEMP] login unavailable, wait"}
MOST_GUESSES = 10


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
