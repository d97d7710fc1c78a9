"""mypopd --message-expiry: what is too old goes, at a login and by itself; nothing else does."""
import os
import time
import unittest

from servers import EDWARD, JOHN, MARY, ServerCase

DAY_S = 24 * 60 * 60


class ExpiryTest(ServerCase):
    def put_aged(self, user, number, days):
        self.store.put(user, number, b"Hello\r\n")
        delivered = time.time() - days * DAY_S
        os.utime(self.store.folder / user / f"{number}.mail", (delivered, delivered))

    def test_old_messages_go_though_nobody_logs_in(self):
        self.put_aged(JOHN, 0, 31)
        self.put_aged(JOHN, 1, 29)
        self.put_aged(JOHN, 2, 31)
        self.put_aged(EDWARD, 5, 400)
        self.put_aged("gone@example.com", 0, 400)   # nobody's: it was never told that its mail expires
        pop3 = self.start_pop3("--message-expiry", "30")
        pop3.wait_for_log(f"info messages-expired user={EDWARD} messages=1\n")   # the last in users.txt
        self.assertEqual(list(self.store.numbered(JOHN)), [1])
        self.assertEqual(list(self.store.numbered("gone@example.com")), [0])
        self.assertFalse((self.store.folder / MARY).exists())
        pop3.wait_for_log(f"info messages-expired user={JOHN} messages=2\n")

    def test_old_messages_are_gone_from_a_login(self):
        pop3 = self.start_pop3("--message-expiry", "1")
        self.put_aged(JOHN, 0, 2)
        self.put_aged(JOHN, 1, 0)
        with self.logged_in(pop3) as client:
            self.assertEqual(client.ask("STAT"), "+OK 1 7")
            self.assertEqual([uid.split(b"-")[1] for _, uid in (line.split() for line in client.lines("UIDL"))], [b"1"])
        self.assertEqual(list(self.store.numbered(JOHN)), [1])
        pop3.wait_for_log(f"info messages-expired user={JOHN} messages=1\n")

    # Covers: 2449-6.7-3
    def test_without_it_messages_stay(self):
        self.put_aged(JOHN, 0, 10_000)
        pop3 = self.start_pop3()
        with self.logged_in(pop3) as client:
            self.assertEqual(client.ask("STAT"), "+OK 1 7")
            self.assertIn(b"EXPIRE NEVER", client.lines("CAPA"))
            client.ask("QUIT")
        self.assertEqual(list(self.store.numbered(JOHN)), [0])

    def test_what_expires_makes_room_for_what_comes(self):
        self.put_aged(JOHN, 0, 31)
        smtp = self.start_smtp("--quota", "7")
        with smtp.connect() as client:
            client.ehlo()
            client.must("MAIL FROM:<a@b>", "250")
            client.must(f"RCPT TO:<{JOHN}>", "452 4.2.2 ")
            pop3 = self.start_pop3("--message-expiry", "30")
            pop3.wait_for_log("messages-expired")
            client.must(f"RCPT TO:<{JOHN}>", "250")
            client.must("DATA", "354")
            client.must("Hello\r\n.", "250")
        # The number of what has expired is not given again.
        self.assertEqual(self.store.numbered(JOHN), {1: b"Hello\r\n"})


if __name__ == "__main__":
    unittest.main()
