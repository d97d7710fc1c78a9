"""curl, by SMTP and POP3."""
from client_case import ClientCase
from letters import LETTERS, SENDER, letter, series, with_lf
from servers import EDWARD, JOHN, MARY, PASSWORDS


class CurlTest(ClientCase):
    NEEDS = {"curl": "curl"}

    def send(self, message, *recipients, options=(), status=0):
        to = [word for recipient in recipients or [JOHN] for word in ("--mail-rcpt", recipient)]
        file = self.put_file("letter.txt", message)
        return self.run_client("curl", "-sS", *options, f"smtp://127.0.0.1:{self.smtp.port}", "--mail-from", SENDER,
                               *to, "-T", file, status=status)

    def ask(self, path="", *options, password=PASSWORDS[JOHN], status=0):
        return self.run_client("curl", "-sS", "-u", f"{JOHN}:{password}", *options,
                               f"pop3://127.0.0.1:{self.pop3.port}/{path}", status=status)

    def vrfy(self, name, status=0):
        return self.run_client("curl", "-sS", f"smtp://127.0.0.1:{self.smtp.port}", "--mail-rcpt", name, status=status)

    def test_the_page_s_example_sends_fetches_and_deletes(self):
        self.put_file("letter.txt", with_lf(LETTERS[0]))
        said = self.run_example("curl").decode()
        self.assertRegex(said, rf"\A250 2\.1\.5 <{JOHN}>\r?\n1 [0-9a-f]{{16}}-0\r?\n\Z")
        self.assert_same([(self.home / "fetched.txt").read_bytes()], [LETTERS[0]])
        self.assertEqual(self.store.of(JOHN), [])

    def test_it_sends_byte_for_byte_and_in_order(self):
        for message in LETTERS:
            self.send(message)
        self.assert_same(self.store.of(JOHN), LETTERS)

    def test_it_sends_files_with_lf_byte_for_byte_by_crlf(self):
        for message in LETTERS:
            self.send(with_lf(message), options=["--crlf"])
        self.assert_same(self.store.of(JOHN), LETTERS)

    def test_a_file_with_lf_is_stored_as_it_was_sent_without_crlf(self):
        # Its commands end in CRLF, so a bare LF is an octet like another; the dot alone ends nothing.
        self.send(with_lf(LETTERS[0]) + b"\r\n")
        self.assert_same(self.store.of(JOHN), [with_lf(LETTERS[0]) + b"\r\n"])

    def test_every_recipient_gets_it(self):
        self.send(LETTERS[0], JOHN, MARY, EDWARD)
        for user in (JOHN, MARY, EDWARD):
            self.assert_same(self.store.of(user), [LETTERS[0]])

    def test_an_unknown_recipient_stops_the_message_unless_failures_are_allowed(self):
        self.assertIn(b"RCPT failed: 550", self.send(LETTERS[0], JOHN, "nobody@example.com", status=55))
        self.assertEqual(self.store.files(), {})
        self.send(LETTERS[0], JOHN, "nobody@example.com", options=["--mail-rcpt-allowfails"])
        self.assert_same(self.store.of(JOHN), [LETTERS[0]])

    def test_vrfy_knows_who_is_a_user(self):
        self.assertEqual(self.vrfy(MARY).split(b"\r")[0].strip(), f"250 2.1.5 <{MARY}>".encode())
        self.assertIn(b"Command failed: 550", self.vrfy("nobody@example.com", status=8))

    def test_it_fetches_byte_for_byte_in_order_and_leaves_all(self):
        self.given(*LETTERS, *series(5))
        expected = [*LETTERS, *series(5)]
        self.ask(f"[1-{len(expected)}]", "-o", "fetched-#1")   # one session
        fetched = [(self.home / f"fetched-{n + 1}").read_bytes() for n in range(len(expected))]
        self.assert_same(fetched, expected)
        self.assert_same(self.store.of(JOHN), expected)

    def test_it_lists_sizes_uidls_and_headers(self):
        messages = series(3)
        self.given(*messages)
        sizes = [f"{n + 1} {len(message)}" for n, message in enumerate(messages)]
        self.assertEqual(self.ask().decode().splitlines(), sizes)
        uidls = self.ask("", "-X", "UIDL").decode().split()[1::2]
        self.assertEqual([uidl.split("-")[1] for uidl in uidls], ["0", "1", "2"])
        self.assertEqual(self.ask("", "-X", "TOP 2 0"), letter(101, b""))

    def test_it_deletes_only_what_it_is_told_to(self):
        messages = series(4)
        self.given(*messages)
        self.ask("[2-3]", "-I", "-X", "DELE")
        self.assert_same(self.store.of(JOHN), [messages[0], messages[3]])

    def test_a_wrong_password_and_a_message_that_is_not_there_are_errors(self):
        self.given(letter(1))
        self.assertIn(b"Login denied", self.ask("1", password="wrong", status=67))
        self.ask("2", status=8)
