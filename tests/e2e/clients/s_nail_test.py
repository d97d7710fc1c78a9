"""s-nail: sends with headers of its own, fetches into an mbox."""
import mailbox

from client_case import ClientCase
from letters import DOTS, LETTERS, LONG, series, with_lf
from servers import EDWARD, JOHN, MARY, PASSWORDS

OWN_HEADERS = {"Date", "From", "To", "Subject", "Message-ID", "User-Agent", "MIME-Version", "Content-Type",
               "Content-Transfer-Encoding"}


class SNailTest(ClientCase):
    NEEDS = {"s-nail": "s-nail"}

    def setUp(self):
        super().setUp()
        self.configure(".mailrc")

    def send(self, text, *recipients, status=0):
        return self.run_client("s-nail", "-s", "hello", *(recipients or [JOHN]), input=text, status=status)

    def read(self, *commands, options=(), password=PASSWORDS[JOHN], status=0):
        """A session with John's mailbox."""
        url = f"pop3://{JOHN.replace('@', '%40')}:{password}@127.0.0.1:{self.pop3.port}"
        return self.run_client("s-nail", "-#", *options, "-f", url, input="\n".join([*commands, "quit", ""]).encode(),
                               status=status)

    def assert_fetched(self, messages):
        self.assert_same(self.fetched(), [with_lf(message).rstrip(b"\n") for message in messages])

    def fetched(self):
        """The messages of the mbox that it wrote. An mbox does not tell how many blank lines a message ends with."""
        box = mailbox.mbox(self.home / "fetched.mbox", create=False)
        try:
            return [box.get_bytes(key).rstrip(b"\n") for key in box.keys()]
        finally:
            box.close()

    def test_the_page_s_example_sends_and_fetches(self):
        self.put_file("text.txt", with_lf(DOTS))
        self.run_example("s-nail")
        [stored] = self.store.of(JOHN)
        self.assertTrue(stored.endswith(b"\r\n\r\n" + DOTS))
        self.assert_fetched([stored])

    def test_the_body_arrives_byte_for_byte_below_headers_of_its_own(self):
        bodies = [DOTS, LONG, "Grüße, € und 日本.\r\n".encode(), b"x\r\n\r\n\r\n"]
        for body in bodies:
            self.send(with_lf(body), JOHN, MARY, EDWARD)
        for user in (JOHN, MARY, EDWARD):
            parts = [message.split(b"\r\n\r\n", 1) for message in self.store.of(user)]
            self.assert_same([body for _, body in parts], bodies)
            for headers, _ in parts:
                names = {line.split(b":")[0].decode() for line in headers.split(b"\r\n") if line[:1] not in b" \t"}
                self.assertLessEqual(names, OWN_HEADERS)

    def test_an_unknown_recipient_is_an_error_and_nothing_is_stored(self):
        self.assertIn(b"550 No such user - nobody@example.com", self.send(b"x\n", "nobody@example.com", status=4))
        self.assertEqual(self.store.files(), {})

    def test_read_only_it_fetches_byte_for_byte_in_order_and_leaves_all(self):
        expected = [*LETTERS, *series(5)]
        self.given(*expected)
        self.read("copy * fetched.mbox", options=["-R"])
        self.assert_fetched(expected)
        self.assert_same(self.store.of(JOHN), expected)

    def test_it_deletes_what_it_is_told_to(self):
        messages = series(5)
        self.given(*messages)
        self.read("delete 2 4")
        self.assert_same(self.store.of(JOHN), messages[::2])
        self.read("copy * fetched.mbox", "delete *")
        self.assert_fetched(messages[::2])
        self.assertEqual(self.store.of(JOHN), [])

    def test_leaving_by_exit_deletes_nothing(self):
        messages = series(2)
        self.given(*messages)
        self.read("delete *", "exit")
        self.assert_same(self.store.of(JOHN), messages)

    def test_a_wrong_password_is_reported(self):
        self.given(*series(1))
        self.assertIn(b"[AUTH] Invalid password", self.read("headers", password="wrong"))
