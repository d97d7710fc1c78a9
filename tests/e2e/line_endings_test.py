"""The line ending rule: what ends a line and the data, and that nothing inside a message does.

In a CRLF session only CRLF.CRLF ends the data (RFC 5321 §2.3.8, §4.1.1.4), so no other sequence may
turn the rest of a message into commands and a second message.
"""
from servers import JOHN, MARY, ServerCase

# What some server somewhere takes for the end of the data.
FAKE_ENDS = [
    b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\r.\n", b"\n.\r", b"\n\n.\n\n", b"\r\r.\r\r",
    b"\r\n.\r\r\n", b"\r\n.\n\r\n", b"\r\n.\n\n", b"\n\r.\n\r", b"\r\n\r.\r\n", b"\r\n\n.\r\n", b"\r\r\n.\r\r\n", b"\r\n.\r.\r\n",
    b"\r\n. \r\n", b"\r\n .\r\n", b"\r\n.\t\r\n", b"\r\n.\x0b\r\n", b"\r\n\x0c.\r\n", b"\r\n..\r\n", b"\r\n.\x85", b"\r\n.\xe2\x80\xa8",
]
SMUGGLED = b"".join(line + b"\r\n" for line in [
    b"MAIL FROM:<smuggled@example.org>", b"RCPT TO:<" + MARY.encode() + b">", b"DATA", b"smuggled"])


def unstuffed(octets):
    """As RFC 5321 §4.5.2 has it: a line ends in CRLF, and loses the dot that it begins with."""
    return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in octets.split(b"\r\n"))


class SmugglingTest(ServerCase):
    def check(self, send):
        smtp = self.start_smtp()
        for fake in FAKE_ENDS:
            with self.subTest(fake=fake), smtp.connect() as client:
                client.ehlo()
                client.envelope(JOHN)
                message = b"before" + fake + SMUGGLED
                getattr(client, send)(message + b".\r\nQUIT\r\n")
                replies = client.rest().split(b"\r\n")
                self.assertEqual([reply[:3] for reply in replies], [b"250", b"221", b""])
                self.assertEqual(self.store.of(JOHN)[-1], unstuffed(message))
                self.assertEqual(self.store.of(MARY), [])
        self.assertEqual(len(self.store.of(JOHN)), len(FAKE_ENDS))

    # Covers: 5321-4.1.1.4-6
    def test_a_message_stays_one_message_in_one_write(self):
        self.check("send")

    # Covers: 5321-4.1.1.4-6
    def test_a_message_stays_one_message_octet_by_octet(self):
        self.check("trickle")

    def test_at_the_very_beginning_of_the_data_too(self):
        smtp = self.start_smtp()
        for fake in (b".\n", b".\r", b"\n.\n", b".\r\r\n"):
            with self.subTest(fake=fake), smtp.connect() as client:
                client.ehlo()
                client.envelope(JOHN)
                client.send(fake + SMUGGLED + b".\r\nQUIT\r\n")
                self.assertEqual([reply[:3] for reply in client.rest().split(b"\r\n")], [b"250", b"221", b""])
                self.assertEqual(self.store.of(JOHN)[-1], unstuffed(fake + SMUGGLED))
        self.assertEqual(self.store.of(MARY), [])

    def test_commands_split_by_a_bare_line_feed_are_one_bad_command(self):
        smtp = self.start_smtp()
        with smtp.connect() as client:
            client.ehlo()
            for line in ("NOOP\nNOOP", "NOOP\rNOOP", "RSET\n", "NOOP\0"):
                self.assertEqual(client.ask(line)[:3], "500")
            client.must("NOOP", "250")


class LfSessionTest(ServerCase):
    """The first line ended in LF alone."""

    def test_lf_or_crlf_ends_every_line(self):
        smtp = self.start_smtp()
        for end in (b".\n", b".\r\n"):
            with self.subTest(end=end), smtp.connect() as client:
                client.send(b"HELO client\nMAIL FROM:<>\r\nRCPT TO:<" + JOHN.encode() + b">\nDATA\r\n"
                            b"LF\nCRLF\r\n..\n..\r\n" + end + b"QUIT\n")
                self.assertEqual([line[:3] for line in client.rest().split(b"\r\n")],
                                 [b"250", b"250", b"250", b"354", b"250", b"221", b""])
                self.assertEqual(self.store.of(JOHN)[-1], b"LF\nCRLF\r\n.\n.\r\n")

    # Covers: 5321-2.3.8-1
    def test_replies_end_in_crlf_all_the_same(self):
        with self.start_smtp().connect() as client:
            client.send(b"NOOP\n")
            self.assertEqual(client.line(), b"250 OK (noop)\r\n")


class RefusedContentTest(ServerCase):
    def test_a_nul_is_refused_with_its_octet(self):
        with self.start_smtp().connect() as client:
            client.must("HELO client", "250")
            self.assertEqual(client.deliver(b"x" * 8120 + b"\r\n\0\r\n", JOHN), "554 Transaction failed: NUL at octet 8123")
            self.assertEqual(client.deliver(b"\0\r\n", JOHN), "554 Transaction failed: NUL at octet 1")
            self.assertEqual(client.deliver(b"after it\r\n", JOHN)[:3], "250")
        self.assertEqual(self.store.of(JOHN), [b"after it\r\n"])

    def test_bare_newlines_are_kept_as_sent(self):
        message = b"a\nb\rc\r\r\nd\n\r\n"
        with self.start_smtp().connect() as client:
            client.ehlo()
            self.assertEqual(client.deliver(message, JOHN)[:3], "250")
        self.assertEqual(self.store.of(JOHN), [message])

    def test_bare_newlines_are_refused_where_that_is_asked_for(self):
        with self.start_smtp("--bare-newlines", "refuse").connect() as client:
            client.must("HELO client", "250")
            for message, fault in ((b"abc\ndef\r\n", "bare LF at octet 4"), (b"abc\rdef\r\n", "bare CR at octet 4"),
                                   (b"\n.\n\r\n", "bare LF at octet 1")):
                self.assertTrue(client.deliver(message, JOHN).startswith(f"554 Transaction failed: {fault}"), message)
            self.assertEqual(client.deliver(b"whole lines\r\n", JOHN)[:3], "250")
        self.assertEqual(self.store.of(JOHN), [b"whole lines\r\n"])

    # Covers: 1939-3-7
    def test_mypopd_sends_crlf_whatever_the_file_holds(self):
        for number, text in enumerate([b"LF\n.\n", b"no end", b"CR \r in it\r", b"\n\n", b"", b"\r\n.\r\n"]):
            self.store.put(JOHN, number, text)
        expected = [b"LF\r\n..\r\n", b"no end\r\n", b"CR \r in it\r\r\n", b"\r\n\r\n", b"", b"\r\n..\r\n"]
        with self.logged_in(self.start_pop3()) as client:
            for number, text in enumerate(expected, 1):
                client.must(f"RETR {number}", "+OK")
                self.assertEqual(client.octets(len(text) + 3), text + b".\r\n")
