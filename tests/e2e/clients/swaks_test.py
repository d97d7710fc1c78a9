"""swaks. What it makes of the message that a file holds: see sent()."""
from client_case import ClientCase
from letters import LETTERS, SENDER, letter, series, with_lf
from servers import EDWARD, JOHN, MARY
from wire import stuffed


def sent(message):
    """A last line that is a dot is the end of the data, for swaks; else it puts one blank line behind it all."""
    return message[:-3] if message.endswith(b"\r\n.\r\n") else message + b"\r\n"


class SwaksTest(ClientCase):
    NEEDS = {"swaks": "swaks"}

    def send(self, message, *recipients, options=(), status=0):
        self.put_file("letter.txt", message)
        return self.run_client("swaks", "--server", f"127.0.0.1:{self.smtp.port}", "--helo", "localhost",
                               "--from", SENDER, "--to", ",".join(recipients or [JOHN]), "--data", "@letter.txt",
                               *options, status=status)

    def test_the_page_s_example_sends(self):
        self.put_file("letter.txt", with_lf(LETTERS[0]))
        self.run_example("swaks")
        self.assert_same(self.store.of(JOHN), [sent(LETTERS[0])])

    def test_it_sends_byte_for_byte_and_in_order(self):
        for message in LETTERS:
            self.send(with_lf(message))
        self.assert_same(self.store.of(JOHN), [sent(message) for message in LETTERS])

    def test_it_sends_byte_for_byte_and_in_order_when_it_pipelines(self):
        for message in LETTERS:
            self.send(message, options=["--pipeline"])
        self.assert_same(self.store.of(JOHN), [sent(message) for message in LETTERS])

    def test_without_fixup_it_sends_the_very_octets(self):
        for message in LETTERS:
            self.send(stuffed(message) + b".\r\n", options=["--no-data-fixup"])
        self.assert_same(self.store.of(JOHN), LETTERS)

    def test_every_recipient_gets_it(self):
        for options in ([], ["--pipeline"]):
            self.send(LETTERS[0], JOHN, MARY, EDWARD, options=options)
        for user in (JOHN, MARY, EDWARD):
            self.assert_same(self.store.of(user), [sent(LETTERS[0])] * 2)

    def test_known_recipients_get_it_beside_unknown_ones(self):
        for options in ([], ["--pipeline"]):
            said = self.send(letter(1), "nobody@example.com", JOHN, options=options)
            self.assertIn(b"<** 550 5.1.1 No such user - nobody@example.com", said)
        self.assert_same(self.store.of(JOHN), [sent(letter(1))] * 2)
        self.assertEqual(self.store.folders(), [JOHN])

    def test_for_nobody_no_data_is_asked_for(self):
        for options in ([], ["--pipeline"]):
            said = self.send(letter(1), "nobody@example.com", options=options, status=24)
            self.assertNotIn(b"354", said)
        self.assertIn(b"<** 503 5.5.1 Bad sequence of commands", said)   # pipelined, DATA was there already
        self.assertEqual(self.store.files(), {})

    def test_leaving_before_the_data_stores_nothing(self):
        for moment in ("CONNECT", "EHLO", "MAIL", "RCPT"):
            self.send(letter(1), options=["--quit-after", moment])
        self.assertEqual(self.store.files(), {})

    def test_a_series_arrives_in_order(self):
        for message in series(5):
            self.send(message, options=["--pipeline"])
        self.assert_same(self.store.of(JOHN), [sent(message) for message in series(5)])
