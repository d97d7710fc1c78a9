"""Two mysmtpd and two mypopd on one store, as processes."""
import case
import load
from servers import JOHN, MARY, PASSWORDS

SENDERS, MESSAGES, READERS = 8, 40, 4


class TwoServersTest(case.CrashCase):
    def setUp(self):
        self.on_store()
        self.smtp = [self.start("smtpd"), self.start("smtpd")]
        self.pop3 = [self.start("pop3d"), self.start("pop3d")]

    def test_senders_at_both_and_readers_who_delete_at_both_lose_and_repeat_nothing(self):
        # Every login is compared with what was acknowledged before it, every n and UIDL with all there
        # were, and order with the acknowledgements (ledger.py).
        work = load.Load(self.ledger, self.store, self.smtp, self.pop3, seed=1, largest=20_000)
        work.run(SENDERS, MESSAGES, READERS)
        self.assertEqual(self.ledger.counts["acknowledged"], SENDERS * MESSAGES)
        self.assertGreater(self.ledger.counts["removed"], 0)
        self.settle()
        # What no reader took is there, and nothing else.
        left = sum(len(self.ledger.kept(user)) for user in PASSWORDS)
        self.assertEqual(left, len(self.store.files()))

    def test_a_number_and_a_uidl_never_come_back_whoever_removes_and_whoever_delivers(self):
        clients = [self.greeted(smtp) for smtp in self.smtp]
        seen, highest = set(), -1
        for turn in range(20):
            for _ in range(1 + turn % 3):
                self.assertTrue(self.send(clients[turn % 2], JOHN).startswith("250"))
            with self.pop3[turn // 2 % 2].connect() as reader:
                reader.log_in(JOHN, PASSWORDS[JOHN])
                uids = reader.uids()
                self.assertEqual(len(uids), 1 + turn % 3)
                for number in range(1, len(uids) + 1):
                    reader.must(f"DELE {number}", "+OK")
                reader.must("QUIT", "+OK")
            numbers = [load.number_in(uid) for uid in uids]
            self.assertGreater(min(numbers), highest)
            self.assertFalse(seen & set(uids))
            seen |= set(uids)
            highest = max(numbers)

    def test_quit_removes_nothing_that_came_after_its_login(self):
        clients = [self.greeted(smtp) for smtp in self.smtp]
        for client in clients:
            self.assertTrue(self.send(client, JOHN, MARY).startswith("250"))
        for pop3 in self.pop3:
            with pop3.connect() as reader:
                reader.log_in(JOHN, PASSWORDS[JOHN])
                shown = len(reader.uids())
                before = self.ledger.kept(JOHN)
                self.assertEqual(shown, len(before))
                for client in clients:
                    self.assertTrue(self.send(client, JOHN).startswith("250"))
                for number in range(1, shown + 1):
                    reader.must(f"DELE {number}", "+OK")
                self.ledger.leave(JOHN, before)
                reader.must("QUIT", "+OK")
                self.ledger.left(JOHN, before)
            self.assertEqual(len(self.store.of(JOHN)), 2)
        self.settle()

    def test_a_message_that_is_begun_after_another_was_acknowledged_comes_after_it(self):
        clients = [self.greeted(smtp) for smtp in self.smtp]
        for turn in range(40):
            self.assertTrue(self.send(clients[turn * 7 % 3 % 2], JOHN).startswith("250"))
        texts = self.store.of(JOHN)
        self.assertEqual([text.split(b"\r\n")[0] for text in texts], [b"message-%d" % (2 * n + 1) for n in range(40)])
        self.settle()
