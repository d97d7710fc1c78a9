"""mpop: fetches into a maildir, lines ended by LF."""
from client_case import ClientCase, of_maildir
from letters import LETTERS, series, with_lf
from servers import JOHN, PASSWORDS

AUTHENTICATION_FAILED = 77   # sysexits.h: EX_NOPERM


class MpopTest(ClientCase):
    NEEDS = {"mpop": "mpop"}

    def setUp(self):
        super().setUp()
        self.configure(".mpoprc")
        self.mail = self.maildir()

    def assert_fetched(self, messages):
        self.assert_same(of_maildir(self.mail), [with_lf(message) for message in messages])

    def test_kept_mail_is_fetched_byte_for_byte_in_order_and_only_once(self):
        expected = [*LETTERS, *series(10)]
        self.given(*expected)
        self.run_example("mpop")
        self.assert_fetched(expected)
        self.assertIn(b"no messages", self.run_example("mpop"))
        self.assert_fetched(expected)
        self.assert_same(self.store.of(JOHN), expected)

    def test_of_kept_mail_only_what_is_new_is_fetched(self):
        first, second = series(3), series(2, first=200)
        self.given(*first)
        self.run_client("mpop")
        self.given(*second)
        self.assertIn(b"2 messages", self.run_client("mpop"))
        self.assert_fetched(first + second)
        self.assert_same(self.store.of(JOHN), first + second)

    def test_what_is_not_kept_is_deleted_once_it_is_fetched(self):
        self.given(*LETTERS)
        self.run_client("mpop", "--keep=off")
        self.assert_fetched(LETTERS)
        self.assertEqual(self.store.of(JOHN), [])
        self.given(*series(2))
        self.run_client("mpop", "--keep=off")
        self.assert_fetched(LETTERS + series(2))
        self.assertEqual(self.store.of(JOHN), [])

    def test_kept_mail_is_deleted_later_by_a_run_without_keep(self):
        self.given(*series(3))
        self.run_client("mpop")
        self.run_client("mpop", "--keep=off")
        self.assert_fetched(series(3))
        self.assertEqual(self.store.of(JOHN), [])

    def test_with_its_received_header_it_adds_just_that(self):
        self.configure(".mpoprc", ("received_header off", "received_header on"))
        self.given(LETTERS[0])
        self.run_client("mpop")
        [fetched] = of_maildir(self.mail)
        added = fetched.removesuffix(with_lf(LETTERS[0]))
        self.assertRegex(added, rb"\AReceived: [^\n]+\n([ \t][^\n]+\n)*\Z")

    def test_a_wrong_password_is_reported_and_a_busy_maildrop_is_something_else(self):
        self.given(*series(1))
        self.configure(".mpoprc", (PASSWORDS[JOHN], "wrong"))
        self.assertIn(b"[AUTH] Invalid password", self.run_client("mpop", status=AUTHENTICATION_FAILED))
        self.configure(".mpoprc")
        with self.logged_in(self.pop3) as other:
            self.assertIn(b"[IN-USE]", self.run_client("mpop", status=AUTHENTICATION_FAILED))
            other.must("QUIT", "+OK")
        self.run_client("mpop")
        self.assert_fetched(series(1))
