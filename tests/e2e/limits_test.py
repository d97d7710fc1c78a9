"""The limits that are options (docs/limits.md, section 1): at each of them, one past it, and what the log says."""
import os
import socket
import subprocess
import unittest

import servers
import wire
from servers import JOHN, PASSWORDS, ServerCase

BAD_START = 78
ENVELOPE = f"RCPT TO:<{JOHN}>"


def log_of(server):
    """All of it, once the server has ended: a session's last line comes when the connection is closed."""
    server.terminate()
    server.process.wait(wire.HANG_S)
    return server.stderr()


class CommandsTest(ServerCase):
    def test_the_command_past_the_limit_ends_the_session(self):
        smtp = self.start_smtp("--max-commands", "3")
        with smtp.connect() as client:
            for _ in range(3):
                client.must("NOOP", "250")
            client.must("NOOP", "421")
            self.assertEqual(client.rest(), b"")
        self.assertIn("why=too-many-commands", log_of(smtp))
        pop3 = self.start_pop3("--max-commands", "1")
        with pop3.connect() as client:
            client.must(f"USER {JOHN}", "+OK")
            client.must(f"PASS {PASSWORDS[JOHN]}", "-ERR [SYS/TEMP]")
            self.assertEqual(client.rest(), b"")
        self.assertIn("why=too-many-commands", log_of(pop3))

    def test_mypopd_has_no_such_limit_as_it_comes(self):
        pop3 = self.start_pop3()
        self.store.put(JOHN, 0, b"x\r\n")
        with pop3.connect() as client:
            client.log_in(JOHN, PASSWORDS[JOHN])
            for _ in range(110):   # more in all than mysmtpd takes without a message
                client.send(b"NOOP\r\n" * 1000)
                self.assertEqual(client.octets(5 * 1000), b"+OK\r\n" * 1000)
            client.must("QUIT", "+OK")

    def test_the_error_past_the_limit_ends_the_session(self):
        for start in (self.start_smtp, self.start_pop3):
            server = start("--max-errors", "2")
            with server.connect() as client:
                for _ in range(2):
                    client.send(b"X\r\n")
                    self.assertNotIn(b"losing", client.line())
                client.send(b"X\r\n")
                self.assertIn(b"closing", client.line())
                self.assertEqual(client.rest(), b"")
            self.assertIn("why=too-many-errors", log_of(server))


class PatienceTest(ServerCase):
    def drip(self, client):
        """An octet now and then, until the server says something. Returns what."""
        client.socket.settimeout(0.1)
        while True:
            try:
                said = client.line()
                client.socket.settimeout(wire.HANG_S)
                return said
            except socket.timeout:
                client.send(b"x")

    def test_an_octet_now_and_then_is_no_command(self):
        smtp = self.start_smtp("--idle-timeout", "2")
        with smtp.connect() as client:
            self.assertTrue(self.drip(client).startswith(b"421 "))
            self.assertEqual(client.rest(), b"")
        self.assertIn("why=time-out", log_of(smtp))
        pop3 = self.start_pop3("--idle-timeout", "2")
        with pop3.connect() as client:
            self.assertEqual(self.drip(client), b"")   # RFC 1939 §3: nothing is said
        self.assertIn("why=time-out", log_of(pop3))

    def test_silence_within_a_message_has_a_time_out_of_its_own(self):
        smtp = self.start_smtp("--data-timeout", "1")
        with smtp.connect() as client:
            client.ehlo()
            client.envelope(JOHN)
            client.send(b"half")
            self.assertTrue(client.line().startswith(b"421 4.4.2 "))
            self.assertEqual(client.rest(), b"")
        self.assertIn("why=data-time-out", log_of(smtp))
        self.assertEqual(self.store.of(JOHN), [])

    def test_who_does_not_log_in_is_cut_off(self):
        pop3 = self.start_pop3("--login-timeout", "1")
        with pop3.connect() as client, pop3.connect() as logged_in:
            logged_in.log_in(JOHN, PASSWORDS[JOHN])
            self.assertEqual(client.rest(), b"")
            logged_in.must("NOOP", "+OK")
        self.assertIn("why=login-time-out", log_of(pop3))


class RoomTest(ServerCase):
    A_MESSAGE = 3 * 65536 + 16384   # MessageRoom::kOctetsAMessage

    def test_the_message_past_the_memory_is_told_at_mail(self):
        smtp = self.start_smtp("--max-message-memory", str(2 * self.A_MESSAGE))
        with smtp.connect() as first, smtp.connect() as second, smtp.connect() as third:
            for client in (first, second, third):
                client.ehlo()
            first.must("MAIL FROM:<a@b>", "250")
            second.must("MAIL FROM:<a@b>", "250")
            third.must("MAIL FROM:<a@b>", "452 4.3.1 Insufficient system storage")
            first.must("RSET", "250")
            third.must("MAIL FROM:<a@b>", "250")
            first.must("MAIL FROM:<a@b>", "452 4.3.1")
            for line, code in ((ENVELOPE, "250"), ("DATA", "354"), ("kept\r\n.", "250")):
                third.must(line, code)
            first.must("MAIL FROM:<a@b>", "250")
        self.assertEqual(self.store.of(JOHN), [b"kept\r\n"])
        smtp.wait_for_log(" limit=memory ")
        self.assertRegex(smtp.stderr(), r"warning message-not-admitted session=\d+ limit=memory octets=\d+")

    def test_memory_for_less_than_a_message_is_a_bad_start(self):
        ended = subprocess.run([servers.BINARIES["smtpd"], "0", "--max-message-memory", str(self.A_MESSAGE - 1)],
                               cwd=self.site.folder, capture_output=True, text=True, timeout=wire.HANG_S)
        self.assertEqual(ended.returncode, BAD_START)
        self.assertRegex(ended.stderr, rf"^mysmtpd: --max-message-memory \d+: one message may take {self.A_MESSAGE} .*\n$")
        self.start_smtp("--max-message-memory", str(self.A_MESSAGE))

    def test_the_disk_keeps_its_reserve(self):
        smtp = self.start_smtp("--min-free-disk", str(1 << 62))
        with smtp.connect() as client:
            client.ehlo()
            client.must("MAIL FROM:<a@b>", "452 4.3.1 Insufficient system storage")
            client.must("NOOP", "250")
        smtp.wait_for_log(" limit=disk ")
        self.assertRegex(smtp.stderr(), r"warning message-not-admitted session=\d+ limit=disk octets=\d+")

    def test_what_a_client_declares_must_leave_the_reserve(self):
        space = os.statvfs(self.site.folder)
        free = space.f_bavail * space.f_frsize
        smtp = self.start_smtp("--min-free-disk", str(free // 2), "--max-message-size", str(2 * free))
        with smtp.connect() as client:
            client.ehlo()
            client.must(f"MAIL FROM:<a@b> SIZE={free * 3 // 4}", "452 4.3.1")
            client.must("MAIL FROM:<a@b> SIZE=1000", "250")


if __name__ == "__main__":
    unittest.main()
