"""What goes in by SMTP comes out by POP3: whole, in order, octet for octet."""
import email
import email.policy
import os
import poplib
import random
import smtplib
import subprocess

import wire
from servers import EDWARD, JOHN, MARY, PASSWORDS, ServerCase

SENDER = "sender@example.org"


def lines_of(octets):
    """So many octets of text in lines of 64, the last one shorter or a bit longer; none begins with a dot."""
    whole, left = divmod(octets, 64)
    if left == 1:   # no line has one octet
        whole, left = whole - 1, 65
    return (b"x" * 62 + b"\r\n") * whole + (b"y" * (left - 2) + b"\r\n" if left else b"")


class RoundTripTest(ServerCase):
    """Python's own clients at both ends."""

    def setUp(self):
        super().setUp()
        self.smtp = self.start_smtp()
        self.pop3 = self.start_pop3()

    def send(self, message, *recipients):
        # local_hostname: else smtplib looks up a name.
        with smtplib.SMTP("127.0.0.1", self.smtp.port, local_hostname="localhost", timeout=wire.HANG_S) as client:
            return client.sendmail(SENDER, recipients or [JOHN], message)

    def fetch(self, user=JOHN):
        """All messages, with CRLF."""
        client = poplib.POP3("127.0.0.1", self.pop3.port, timeout=wire.HANG_S)
        client.user(user)
        client.pass_(PASSWORDS[user])
        count, octets = client.stat()
        messages = [b"\r\n".join(client.retr(n + 1)[1]) + b"\r\n" for n in range(count)]
        self.assertEqual(sum(map(len, messages)), octets)
        client.quit()
        return messages

    # Covers: 6152-3-2, 6152-3-4
    def test_octets_above_127_are_kept(self):
        message = "Subject: Grüße\r\n\r\n€ and café\r\n".encode() + bytes(range(128, 256)) + b"\r\n"
        self.send(message)
        self.assertEqual(self.fetch(), [message])
        self.assertEqual(self.store.of(JOHN), [message])

    # Covers: 5321-2.4-7, 5321-4.5.2-2, 5321-4.5.2-3, 5321-6.4-1
    def test_every_octet_but_nul_is_kept(self):
        # Without CR and LF, which only end lines here.
        message = bytes(o for o in range(1, 256) if o not in b"\r\n") + b"\r\n"
        self.send(message)
        self.assertEqual(self.store.of(JOHN), [message])
        self.assertEqual(self.fetch(), [message])

    def test_a_message_with_attachments_is_kept(self):
        message = email.message.EmailMessage(policy=email.policy.SMTP)
        message["Subject"], message["From"], message["To"] = "Grüße mit Anlagen", SENDER, JOHN
        message.set_content("Text with ümlauts.\n.\n..\n")
        binary = random.Random(1).randbytes(300_000)
        message.add_attachment(binary, maintype="application", subtype="octet-stream", filename="noise.bin")
        message.add_attachment(".\n", filename="dot.txt")
        self.send(message.as_bytes())
        [fetched] = self.fetch()
        parts = list(email.message_from_bytes(fetched, policy=email.policy.default).iter_attachments())
        self.assertEqual(parts[0].get_content(), binary)
        self.assertEqual(parts[1].get_content(), ".\r\n")

    # Covers: 5321-4.5.3.1.7-1
    def test_ten_mebibytes_are_kept(self):
        noise = random.Random(2)
        line = bytes(noise.choice(b".ABCdef 123") for _ in range(1022)) + b"\r\n"
        message = b"".join(line[n % 900:] for n in range(20_000))
        message = message[:10 * 1024 * 1024 - 2].rstrip(b"\r\n") + b"\r\n"
        self.send(message)
        self.assertEqual(len(self.store.of(JOHN)[0]), len(message))
        self.assertTrue(self.store.of(JOHN) == [message])
        self.assertTrue(self.fetch() == [message])

    def test_thirty_messages_come_in_order(self):
        messages = [f"Subject: {n}\r\n\r\n".encode() for n in range(30)]
        for message in messages:
            self.send(message)
        self.assertEqual(self.fetch(), messages)
        self.assertEqual(sorted(self.store.numbered(JOHN)), list(range(30)))

    def test_each_recipient_gets_it(self):
        self.assertEqual(self.send(b"for two\r\n", JOHN, "nobody@example.com", MARY),
                         {"nobody@example.com": (550, b"5.1.1 No such user - nobody@example.com")})
        self.assertEqual(self.fetch(JOHN), [b"for two\r\n"])
        self.assertEqual(self.fetch(MARY), [b"for two\r\n"])
        self.assertEqual(self.fetch(EDWARD), [])

    def test_recipients_share_one_file(self):
        self.send(b"for two\r\n", JOHN, MARY)
        john, mary = (os.stat(self.store.folder / user / "0.mail") for user in (JOHN, MARY))
        self.assertEqual((john.st_ino, john.st_nlink), (mary.st_ino, 2))

    def test_a_recipient_named_twice_gets_one_copy(self):
        self.send(b"once\r\n", JOHN, JOHN.upper(), '"john.doe"@example.com')
        self.assertEqual(self.store.of(JOHN), [b"once\r\n"])

    def test_the_store_is_private_and_holds_nothing_but_mail(self):
        for n in range(5):
            self.send(f"{n}\r\n".encode(), JOHN, MARY)
        self.fetch()
        self.assert_only_mail()
        self.assertEqual(len(self.store.files()), 10)
        for path in [self.store.folder, self.store.folder / JOHN]:
            self.assertEqual(path.stat().st_mode & 0o777, 0o700, path)
        self.assertEqual((self.store.folder / JOHN / "0.mail").stat().st_mode & 0o777, 0o600)


class DotsTest(ServerCase):
    """Dots at the beginning of lines, wherever a buffer may end."""

    def round_trip(self, message):
        smtp, pop3 = self.start_smtp(), self.start_pop3()
        with smtp.connect() as client:
            client.ehlo()
            self.assertEqual(client.deliver(wire.stuffed(message), JOHN)[:3], "250")
        self.assertTrue(self.store.of(JOHN) == [message], "stored otherwise than sent")
        with self.logged_in(pop3) as client:
            self.assertEqual(client.ask("STAT"), f"+OK 1 {len(message)}")
            self.assertTrue(b"\r\n".join(client.raw_lines("RETR 1")) + b"\r\n" == wire.stuffed(message))
            self.assertTrue(b"\r\n".join(client.raw_lines("TOP 1 99999999")) + b"\r\n" == wire.stuffed(message))

    # Covers: 5321-4.5.2-1
    def test_dots_in_every_place(self):
        self.round_trip(b".\r\n..\r\n...\r\n.x\r\n..x\r\nx.\r\n x.y\r\n. \r\n\r\n.\r\n\r\n..\r\n.\r\n")

    def test_nothing_but_dots(self):
        self.round_trip(b"." * 1000 + b"\r\n" + b".\r\n" * 1000)

    def test_a_hundred_thousand_lines_that_begin_with_a_dot(self):
        self.round_trip(b".dot\r\n" * 100_000)

    def edges(self, edge):
        pieces = []
        # Around the edge each: the CR, the LF, the dot, and what follows it.
        for shift in range(-4, 5):
            message = lines_of(edge + shift) + b".\r\n..\r\n.end\r\n" + lines_of(200)
            pieces.append(message)
        smtp, pop3 = self.start_smtp(), self.start_pop3()
        with smtp.connect() as client:
            client.ehlo()
            for message in pieces:
                self.assertEqual(client.deliver(wire.stuffed(message), JOHN)[:3], "250")
        stored = self.store.of(JOHN)
        with self.logged_in(pop3) as client:
            for n, message in enumerate(pieces):
                self.assertTrue(stored[n] == message, f"message {n} is stored otherwise than sent")
                raw = b"\r\n".join(client.raw_lines(f"RETR {n + 1}")) + b"\r\n"
                self.assertTrue(raw == wire.stuffed(message), f"message {n} is sent otherwise than stored")

    def test_dots_at_the_edge_of_4_kib(self):
        self.edges(4 * 1024)

    def test_dots_at_the_edge_of_64_kib(self):
        self.edges(64 * 1024)

    def test_dots_at_the_edge_of_128_kib(self):
        self.edges(128 * 1024)

    def test_dots_at_the_edge_of_256_kib(self):
        self.edges(256 * 1024)


class PaceTest(ServerCase):
    """However the octets arrive, the replies and the mail are the same."""

    REPLIES = (b"220 h Service ready\r\n250 h\r\n" + b"250 Requested mail action ok, completed\r\n" * 2 +
               b"354 Waiting for data, finish with <CR><LF>.<CR><LF>\r\n250 Requested mail action ok, completed\r\n"
               b"221 Service closing transmission channel\r\n")

    def dialogue(self, line_end):
        lines = ["HELO client", f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{JOHN}>", "DATA", "Subject: x", "", "..", "x", ".", "QUIT"]
        return b"".join(line.encode() + line_end for line in lines)

    def check(self, line_end, send, half_close):
        smtp = self.start_smtp("--hostname", "h")
        with wire.Wire(smtp.port) as client:
            getattr(client, send)(self.dialogue(line_end))
            if half_close:
                client.half_close()
            self.assertEqual(client.rest(), self.REPLIES)
        self.assertEqual(self.store.of(JOHN), [line_end.join([b"Subject: x", b"", b".", b"x", b""])])

    def test_one_write_with_crlf(self):
        self.check(b"\r\n", "send", half_close=False)

    def test_one_write_with_lf(self):
        self.check(b"\n", "send", half_close=False)

    def test_octet_by_octet_with_crlf(self):
        self.check(b"\r\n", "trickle", half_close=False)

    def test_octet_by_octet_with_lf(self):
        self.check(b"\n", "trickle", half_close=False)

    def test_a_half_closed_client_hears_every_reply(self):
        self.check(b"\r\n", "send", half_close=True)

    def test_netcat_that_half_closes_hears_every_reply(self):
        smtp = self.start_smtp("--hostname", "h")
        netcat = subprocess.run(["nc", "-N", "127.0.0.1", str(smtp.port)], input=self.dialogue(b"\n"),
                                capture_output=True, timeout=wire.HANG_S)
        self.assertEqual((netcat.stdout, netcat.returncode), (self.REPLIES, 0))

    def test_a_half_closed_client_of_mypopd_hears_every_reply(self):
        message = lines_of(500_000)
        self.store.put(JOHN, 0, message)
        pop3 = self.start_pop3()
        with wire.Wire(pop3.port) as client:
            client.send(f"USER {JOHN}\r\nPASS {PASSWORDS[JOHN]}\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n".encode())
            client.half_close()
            replies = client.rest()
        self.assertTrue(message + b".\r\n+OK Message deleted\r\n+OK Service closing transmission channel\r\n" in replies)
        self.assertEqual(self.store.of(JOHN), [])

    # Covers: 5321-4.1.1.10-5
    def test_without_quit_or_end_of_data_nothing_is_stored(self):
        smtp = self.start_smtp()
        with smtp.connect() as client:
            client.must("HELO client", "250")
            client.envelope(JOHN)
            client.send(b"half a message\r\n.\r")
            client.half_close()
            self.assertEqual(client.rest(), b"")
        self.assertEqual(self.store.files(), {})


class SizeTest(ServerCase):
    """The limit of a message's size."""

    def setUp(self):
        super().setUp()
        self.smtp = self.start_smtp("--max-message-size", "1000")

    # Covers: 1870-4-1
    def test_the_limit_itself_is_taken_and_one_octet_more_is_not(self):
        with self.smtp.connect() as client:
            self.assertIn("SIZE 1000", client.ehlo())
            self.assertEqual(client.deliver(lines_of(1000), JOHN)[:3], "250")
            self.assertEqual(client.deliver(lines_of(1001), JOHN),
                             "552 5.3.4 Message size exceeds fixed maximum message size")
            # The session goes on, and what is too large has left nothing.
            self.assertEqual(client.deliver(b"small\r\n", JOHN)[:3], "250")
        self.assertEqual(self.store.of(JOHN), [lines_of(1000), b"small\r\n"])

    def test_far_too_much_is_refused_once_and_read_to_its_end(self):
        with self.smtp.connect() as client:
            client.ehlo()
            self.assertEqual(client.deliver(lines_of(5_000_000), JOHN)[:3], "552")
            client.must("NOOP", "250")
        self.assertEqual(self.store.files(), {})

    # Covers: 1870-6.1-4
    def test_a_declared_size_is_refused_at_mail(self):
        with self.smtp.connect() as client:
            client.ehlo()
            client.must("MAIL FROM:<> SIZE=1001", "552")
            client.must("MAIL FROM:<> SIZE=1000", "250")

    # Covers: 1870-5-1
    def test_stuffed_dots_do_not_count(self):
        message = b".\r\n" * 333
        with self.smtp.connect() as client:
            client.ehlo()
            self.assertEqual(client.deliver(wire.stuffed(message), JOHN)[:3], "250")
        self.assertEqual(self.store.of(JOHN), [message])
