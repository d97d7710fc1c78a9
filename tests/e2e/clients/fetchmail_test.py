"""fetchmail: reads by TOP instead of RETR when it keeps, and tells a busy maildrop from a wrong password by
what mypopd says."""
from client_case import ClientCase, of_maildir
from letters import LETTERS, series, with_lf
from servers import JOHN, MARY, PASSWORDS

# Its exit statuses (fetchmail(1)).
NO_MAIL, AUTHENTICATION_FAILED, LOCK_BUSY = 1, 3, 9


class FetchmailTest(ClientCase):
    NEEDS = {"fetchmail": "fetchmail"}

    def setUp(self):
        super().setUp()
        self.configure(".fetchmailrc")
        self.mail = self.maildir()

    def assert_fetched(self, messages):
        self.assert_same(of_maildir(self.mail), [with_lf(message) for message in messages])

    def test_kept_mail_is_fetched_byte_for_byte_in_order_and_only_once(self):
        expected = [*LETTERS, *series(10)]
        self.given(*expected)
        self.run_example("fetchmail")
        self.assert_fetched(expected)
        self.run_example("fetchmail", status=NO_MAIL)
        self.assert_fetched(expected)
        self.assert_same(self.store.of(JOHN), expected)

    def test_what_is_not_kept_is_deleted_once_it_is_fetched(self):
        self.given(*LETTERS)
        self.run_client("fetchmail", "--nokeep")
        self.assert_fetched(LETTERS)
        self.assertEqual(self.store.of(JOHN), [])

    def test_kept_mail_is_deleted_later_by_flush(self):
        self.given(*series(3))
        self.run_client("fetchmail")
        self.run_client("fetchmail", "--nokeep", "--flush", status=NO_MAIL)
        self.assert_fetched(series(3))
        self.assertEqual(self.store.of(JOHN), [])

    def test_fastuidl_finds_what_is_new_in_every_run(self):
        # It looks for the first new message by a binary search, since messages are in order of arrival.
        expected = series(40)
        self.given(*expected)
        self.run_client("fetchmail")
        for run in range(6):
            new = series(run % 3, first=1000 + 10 * run)
            expected = expected + new
            self.given(*new)
            said = self.run_client("fetchmail", "-v", "--fastuidl", "1", status=0 if new else NO_MAIL)
            self.assertRegex(said, rb"POP3> UIDL \d")
            self.assertNotIn(b"POP3> UIDL\n", said)
            self.assert_fetched(expected)
        self.assert_same(self.store.of(JOHN), expected)

    def test_a_busy_maildrop_is_busy(self):
        self.given(*series(1))
        with self.logged_in(self.pop3):
            said = self.run_client("fetchmail", status=LOCK_BUSY)
        self.assertIn(b"lock busy", said.lower())
        self.assertNotIn(b"uthorization failure", said)

    def test_polling_goes_on_while_the_maildrop_is_busy(self):
        self.given(*series(1))
        with self.logged_in(self.pop3) as other:
            with self.running("fetchmail", "-N", "-v", "-d", "1") as fetchmail:
                self.assertTrue(any("status=9" in line for line in fetchmail.stdout), "never busy")
                other.must("QUIT", "+OK")
                self.assertTrue(any("reading message" in line for line in fetchmail.stdout), "it gave up")
                self.assertTrue(any("POP3> QUIT" in line for line in fetchmail.stdout))
        self.assert_fetched(series(1))

    def test_a_wrong_password_is_not_busy(self):
        self.configure(".fetchmailrc", (PASSWORDS[JOHN], "wrong"))
        said = self.run_client("fetchmail", status=AUTHENTICATION_FAILED)
        self.assertIn(b"uthorization failure", said)
        self.assertNotIn(b"busy", said.lower())

    def test_an_unknown_user_is_not_busy(self):
        self.configure(".fetchmailrc", (JOHN, "nobody@example.com"))
        said = self.run_client("fetchmail", status=AUTHENTICATION_FAILED)
        self.assertNotIn(b"busy", said.lower())

    def test_it_hands_mail_on_by_smtp_byte_for_byte_and_in_order(self):
        expected = [*LETTERS, *series(5)]
        self.given(*expected)
        self.configure(".fetchmailrc-to-mary")
        self.run_example("fetchmail-to-mary")
        self.assert_same(self.store.of(MARY), expected)
        self.assertEqual(self.store.of(JOHN), [])
