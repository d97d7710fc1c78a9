"""--trace-headers: RFC 5321 §4.4 in front of each message, and nothing else changed."""
import datetime
import email.utils
import re

from servers import JOHN, ServerCase

TRACE = re.compile(rb"^Return-Path: <(?P<sender>[^>]*)>(?P<end>\r?\n)"
                   rb"Received: from (?P<client>\S+) \(\[(?P<address>[^\]]+)\]\)\r?\n"
                   rb" by h with (?P<protocol>E?SMTP); (?P<date>[^\r\n]+)\r?\n(?P<rest>.*)$", re.DOTALL)
MESSAGE = b"Subject: x\r\n\r\n.dot\r\n"


class TraceHeadersTest(ServerCase):
    def deliver(self, greeting, message, sender="a@b", end=b"\r\n"):
        smtp = self.start_smtp("--trace-headers", "--hostname", "h")
        lines = [greeting, f"MAIL FROM:<{sender}>", f"RCPT TO:<{JOHN}>", "DATA"]
        with smtp.connect() as client:
            client.send(b"".join(line.encode() + end for line in lines) + message + b"." + end)
            client.half_close()
            client.rest()
        stored = self.store.of(JOHN)[-1]
        self.assertRegex(stored, TRACE)
        return TRACE.match(stored)

    # Covers: 5321-4.4-1, 5321-4.4-4, 5321-4.4-13, 5321-7.2-1
    def test_the_message_stands_behind_them_as_it_was_sent(self):
        before = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        found = self.deliver("EHLO client.example", MESSAGE.replace(b"\r\n.", b"\r\n.."))
        self.assertEqual(found["rest"], MESSAGE)
        self.assertEqual((found["sender"], found["client"], found["address"], found["protocol"]),
                         (b"a@b", b"client.example", b"127.0.0.1", b"ESMTP"))
        date = email.utils.parsedate_to_datetime(found["date"].decode())
        self.assertLessEqual(before, date)
        self.assertLessEqual(date, datetime.datetime.now(datetime.timezone.utc))

    # Covers: 5321-4.4-13, 5321-4.5.5-3
    def test_helo_and_the_null_sender(self):
        found = self.deliver("HELO c", MESSAGE[:14], sender="")
        self.assertEqual((found["sender"], found["protocol"]), (b"", b"SMTP"))

    # Covers: 5321-2.4-3, 5321-C-7
    def test_the_sender_is_named_as_it_was_given(self):
        found = self.deliver("EHLO c", b"x\r\n", sender='@relay.example:"Some One"@Example.ORG')
        self.assertEqual(found["sender"], b'"Some One"@Example.ORG')

    # Covers: 5321-4.4-7, 5321-4.4-8, 5321-4.4-9, 5321-4.4-16
    def test_the_lines_of_those_before_stay_behind_them_as_they_are(self):
        message = (b"Return-Path: <old@example.org>\r\nReceived: from two by three; today\r\n"
                   b"Received: from one by two; yesterday\r\n\r\nx\r\n")
        self.assertEqual(self.deliver("EHLO c", message)["rest"], message)

    def test_in_an_lf_session_they_end_in_lf(self):
        found = self.deliver("HELO c", b"x\n", end=b"\n")
        self.assertEqual((found["end"], found["rest"]), (b"\n", b"x\n"))
        self.assertNotIn(b"\r", self.store.of(JOHN)[0])

    def test_a_reader_gets_them_and_the_sizes_agree(self):
        self.deliver("EHLO c", MESSAGE[:14])
        with self.logged_in(self.start_pop3()) as client:
            octets = int(client.must("LIST 1", "+OK").split()[2])
            message = client.message(1)
        self.assertEqual(len(message), octets)
        self.assertEqual(message, self.store.of(JOHN)[0])

    # Covers: 5321-4.4-1, 5321-7.2-4
    def test_without_it_nothing_is_added(self):
        with self.start_smtp().connect() as client:
            client.ehlo()
            client.deliver(b"x\r\n", JOHN)
        self.assertEqual(self.store.of(JOHN), [b"x\r\n"])
