"""Quotas, with both servers on one store: full at RCPT, room again when the user has deleted something."""
import os
import threading
import unittest

from servers import EDWARD, JOHN, MARY, ServerCase

FULL = "452 4.2.2 Mailbox full - "
OK = "250 2.1.5 "


class QuotaTest(ServerCase):
    def envelope(self, client, recipient, size=None):
        """MAIL and RCPT; RCPT's reply."""
        client.ask("RSET")
        client.ask("MAIL FROM:<a@b>" + (f" SIZE={size}" if size is not None else ""))
        return client.ask(f"RCPT TO:<{recipient}>")

    def fits(self, client, recipient, size=None):
        reply = self.envelope(client, recipient, size)
        self.assertTrue(reply.startswith((FULL, OK)), reply)
        return reply.startswith(OK)

    def send(self, client, recipient, text):
        self.assertTrue(self.fits(client, recipient))
        client.ask("DATA")
        return client.ask(text + "\r\n.")

    def test_deleting_makes_room(self):
        smtp, pop3 = self.start_smtp("--quota", "1000"), self.start_pop3()
        with smtp.connect() as client:
            client.ehlo()
            for _ in range(2):
                self.assertTrue(self.send(client, JOHN, "x" * 498).startswith("250"))
            self.assertFalse(self.fits(client, JOHN))
            self.assertTrue(self.fits(client, MARY))
            with self.logged_in(pop3) as reader:
                reader.ask("DELE 1")
                # Not before QUIT has removed it.
                self.assertFalse(self.fits(client, JOHN))
                reader.ask("QUIT")
            self.assertTrue(self.fits(client, JOHN, 500))
            self.assertFalse(self.fits(client, JOHN, 501))
        self.assertEqual([len(message) for message in self.store.of(JOHN)], [500])

    def test_a_hand_makes_and_takes_room(self):
        smtp = self.start_smtp("--quota", "1000")
        self.store.put(JOHN, 7, b"x" * 1000)
        with smtp.connect() as client:
            client.ehlo()
            self.assertFalse(self.fits(client, JOHN))
            os.unlink(self.store.folder / JOHN / "7.mail")
            self.assertTrue(self.fits(client, JOHN, 1000))
            os.rmdir(self.store.folder / JOHN)
            self.assertTrue(self.fits(client, JOHN, 1000))
            self.assertEqual(self.store.folders(), [])   # asking makes no mailbox

    def test_room_is_held_for_a_message_that_is_under_way(self):
        smtp = self.start_smtp("--quota", "1000")
        with smtp.connect() as first, smtp.connect() as second:
            first.ehlo()
            second.ehlo()
            self.assertTrue(self.fits(first, JOHN, 600))
            self.assertFalse(self.fits(second, JOHN, 401))
            self.assertTrue(self.fits(second, JOHN, 400))
            second.ask("RSET")
            first.ask("QUIT")
            first.rest()
            # The session is over when its client hears so, or a moment later.
            while not self.fits(second, JOHN, 1000):
                pass

    def test_of_many_senders_at_once_no_more_get_in_than_there_is_room_for(self):
        smtp = self.start_smtp("--quota", "10000", "--io-threads", "2")
        stored = []

        def send():
            with smtp.connect() as client:
                client.ehlo()
                for _ in range(10):
                    if self.fits(client, JOHN, 500):
                        client.ask("DATA")
                        stored.append(client.ask("x" * 498 + "\r\n.")[:3])
        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(set(stored), {"250"})
        self.assertEqual(len(stored), len(self.store.of(JOHN)))
        self.assertLessEqual(sum(map(len, self.store.of(JOHN))), 10000)
        with smtp.connect() as client:
            client.ehlo()
            room = 10000 - 500 * len(stored)
            self.assertFalse(self.fits(client, JOHN, room + 1))

    def test_recipients_with_room_get_the_message_and_the_log_says_why_the_other_does_not(self):
        smtp = self.start_smtp("--quota", "1000")
        self.store.put(JOHN, 0, b"x" * 990)
        with smtp.connect() as client:
            client.send(b"EHLO me\r\nMAIL FROM:<a@b> SIZE=11\r\nRCPT TO:<" + MARY.encode() + b">\r\nRCPT TO:<" + JOHN.encode() +
                        b">\r\nRCPT TO:<" + EDWARD.encode() + b">\r\nDATA\r\n012345678\r\n.\r\nQUIT\r\n")
            replies = client.rest().splitlines()
        self.assertEqual([reply[:9] for reply in replies if not reply.startswith(b"250-")],
                         [b"250 ENHAN", b"250 2.1.0", b"250 2.1.5", b"452 4.2.2", b"250 2.1.5", b"354 Waiti", b"250 2.0.0", b"221 2.0.0"])
        self.assertEqual([len(self.store.of(user)) for user in (JOHN, MARY, EDWARD)], [1, 1, 1])
        self.assertEqual(len(self.store.of(JOHN)[0]), 990)
        smtp.wait_for_log(f"warning mailbox-full session=1 user={JOHN} stored=990 coming=0 asked=11 quota=1000\n")

    def test_a_mailbox_that_cannot_be_measured_is_neither_full_nor_accepted(self):
        smtp = self.start_smtp("--quota", "1000")
        self.store.folder.mkdir(exist_ok=True)
        (self.store.folder / JOHN).write_text("a file where a folder should be")
        with smtp.connect() as client:
            client.ehlo()
            self.assertEqual(self.envelope(client, JOHN), "451 4.3.0 Local error in processing")
            self.assertTrue(self.fits(client, MARY))
        smtp.wait_for_log(f"error mailbox-not-measured session=1 user={JOHN} ")


if __name__ == "__main__":
    unittest.main()
