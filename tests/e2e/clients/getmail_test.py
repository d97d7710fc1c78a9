"""getmail6: fetches into a maildir, lines ended by LF, below a Return-Path of its own."""
from client_case import ClientCase, of_maildir
from letters import LETTERS, series, with_lf
from servers import JOHN, PASSWORDS

CONFIGURATION = ".getmail/getmailrc"
ADDED = b"Return-Path: <unknown>\n"   # to what has none
FAILED = 127


class GetmailTest(ClientCase):
    NEEDS = {"getmail": "getmail6"}

    def setUp(self):
        super().setUp()
        self.configure(CONFIGURATION)
        self.mail = self.maildir()

    def assert_fetched(self, messages):
        self.assert_same(of_maildir(self.mail), [ADDED + with_lf(message) for message in messages])

    def test_kept_mail_is_fetched_byte_for_byte_in_order_and_only_once(self):
        expected = [*LETTERS, *series(5)]
        self.given(*expected)
        self.assertIn(b"10 messages", self.run_example("getmail"))
        self.assert_fetched(expected)
        self.assertIn(b"0 messages (0 bytes) retrieved, 10 skipped", self.run_example("getmail"))
        self.assert_fetched(expected)
        self.assert_same(self.store.of(JOHN), expected)

    def test_of_kept_mail_only_what_is_new_is_fetched(self):
        first, second = series(2), series(2, first=200)
        self.given(*first)
        self.run_client("getmail")
        self.given(*second)
        self.assertIn(b"2 skipped", self.run_client("getmail"))
        self.assert_fetched(first + second)

    def test_it_deletes_what_it_has_fetched(self):
        self.given(*LETTERS)
        self.run_client("getmail", "--delete")
        self.assert_fetched(LETTERS)
        self.assertEqual(self.store.of(JOHN), [])

    def test_kept_mail_is_deleted_later_by_a_run_with_delete(self):
        self.given(*series(2))
        self.run_client("getmail")
        self.run_client("getmail", "--delete")
        self.assert_fetched(series(2))
        self.assertEqual(self.store.of(JOHN), [])

    def test_a_wrong_password_is_reported(self):
        self.configure(CONFIGURATION, (PASSWORDS[JOHN], "wrong"))
        self.assertIn(b"[AUTH] Invalid password", self.run_client("getmail", status=FAILED))

    def test_a_busy_maildrop_loses_nothing(self):
        self.given(*series(2))
        with self.logged_in(self.pop3) as other:
            self.assertIn(b"[IN-USE]", self.run_client("getmail", "--delete", status=FAILED))
            other.must("QUIT", "+OK")
        self.run_client("getmail", "--delete")
        self.assert_fetched(series(2))
