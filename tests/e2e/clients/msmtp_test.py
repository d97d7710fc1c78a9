"""msmtp: it sends MAIL, all RCPTs and DATA in one write."""
from client_case import ClientCase
from letters import LETTERS, letter, series, with_lf
from servers import EDWARD, JOHN, MARY


class MsmtpTest(ClientCase):
    NEEDS = {"msmtp": "msmtp"}

    def setUp(self):
        super().setUp()
        self.configure(".msmtprc")

    def send(self, message, *recipients, status=0):
        return self.run_client("msmtp", *(recipients or [JOHN]), input=message, status=status)

    def test_the_page_s_example_sends(self):
        self.put_file("letter.txt", with_lf(LETTERS[0]))
        self.run_example("msmtp")
        self.assert_same(self.store.of(JOHN), [LETTERS[0]])

    def test_it_sends_byte_for_byte_and_in_order(self):
        expected = [*LETTERS, *series(5)]
        for message in expected:
            self.send(with_lf(message))
        self.assert_same(self.store.of(JOHN), expected)

    def test_it_sends_files_with_crlf_byte_for_byte(self):
        for message in LETTERS:
            self.send(message)
        self.assert_same(self.store.of(JOHN), LETTERS)

    def test_every_recipient_gets_it(self):
        self.send(LETTERS[0], JOHN, MARY, EDWARD)
        for user in (JOHN, MARY, EDWARD):
            self.assert_same(self.store.of(user), [LETTERS[0]])

    def test_recipients_of_the_headers_get_it_and_bcc_is_removed(self):
        message = letter(1)
        self.send(f"Bcc: {MARY}\r\n".encode() + message, "-t")
        for user in (JOHN, MARY):
            self.assert_same(self.store.of(user), [message])

    def test_one_unknown_recipient_and_nothing_is_stored(self):
        for recipients in (["nobody@example.com"], [JOHN, "nobody@example.com"], ["nobody@example.com", JOHN]):
            said = self.send(letter(1), *recipients, status=65)
            self.assertIn(b"550 5.1.1 No such user - nobody@example.com", said)
        self.assertEqual(self.store.files(), {})
