"""The ledger notices every kind of fault: without that, what finds none shows nothing."""
import unittest

import ledger
from ledger import FAULTS

BOX, OTHER = "a@example.com", "b@example.com"


class LedgerTest(unittest.TestCase):
    def setUp(self):
        self.ledger = ledger.Ledger()
        self.written = [self.ledger.write(100, [BOX]) for _ in range(3)]   # (id, text)
        for key, _ in self.written[:2]:
            self.ledger.acknowledge(key)

    def text(self, message):
        return self.written[message][1]

    def settle(self, *texts, first=0, **options):
        """The mailbox holds just these, from n = first on."""
        return self.ledger.settle(BOX, {first + n: (text, f"uid-{first + n}") for n, text in enumerate(texts)}, **options)

    def assert_faults(self, **expected):
        self.assertEqual({kind: self.ledger.counts[kind] for kind in FAULTS}, {**dict.fromkeys(FAULTS, 0), **expected})
        self.assertEqual(len(self.ledger.faults), sum(expected.values()))

    def test_all_that_was_acknowledged_is_no_fault(self):
        self.assertEqual(self.settle(self.text(0), self.text(1)), 2)
        self.assert_faults()

    def test_what_was_not_answered_may_be_there(self):
        self.assertEqual(self.settle(self.text(0), self.text(1), self.text(2)), 2)
        self.assert_faults()

    def test_an_acknowledged_message_that_is_not_there_is_lost(self):
        self.assertEqual(self.settle(self.text(1)), 1)
        self.assert_faults(lost=1)

    def test_what_was_found_once_and_is_not_there_later_is_lost(self):
        self.settle(self.text(0), self.text(1), self.text(2))
        self.settle(self.text(0), self.text(1))
        self.assert_faults(lost=1)

    def test_an_acknowledged_message_that_a_login_does_not_show_is_lost(self):
        self.ledger.missed(BOX, {self.written[0][0]})
        self.assert_faults(lost=1)

    def test_a_part_of_a_message_is_torn(self):
        for torn in (b"", self.text(2)[:-1], self.text(2)[:5], self.text(2) + b"\r\n", self.text(2).replace(b"a", b"\0")):
            with self.subTest(torn=torn):
                self.setUp()
                self.settle(self.text(0), self.text(1), torn)
                self.assert_faults(torn=1)

    def test_a_removed_message_that_is_there_is_back(self):
        self.ledger.leave(BOX, [self.written[0][0]])
        self.ledger.left(BOX, [self.written[0][0]])
        self.settle(self.text(0), self.text(1))
        self.assert_faults(back=1)

    def test_a_refused_message_that_is_there_is_back(self):
        self.ledger.refuse(self.written[2][0])
        self.settle(self.text(0), self.text(1), self.text(2))
        self.assert_faults(back=1)

    def test_a_message_that_a_crash_took_and_that_is_there_later_is_back(self):
        self.settle(self.text(0), self.text(1))
        self.settle(self.text(0), self.text(1), self.text(2))
        self.assert_faults(back=1)

    def test_a_removal_that_was_not_answered_may_be_done_or_not(self):
        self.ledger.leave(BOX, [key for key, _ in self.written[:2]])
        self.settle(self.text(1))
        self.assert_faults()

    def test_a_message_that_is_there_twice_is_noticed(self):
        self.settle(self.text(0), self.text(1), self.text(1))
        self.assert_faults(twice=1)

    def test_an_n_and_a_uidl_that_come_back_are_noticed(self):
        self.settle(self.text(0), self.text(1))
        self.ledger.leave(BOX, [self.written[1][0]])
        self.ledger.left(BOX, [self.written[1][0]])
        key, text = self.ledger.write(100, [BOX])
        self.ledger.acknowledge(key)
        self.settle(self.text(0), text)
        self.assert_faults(renamed=2)

    def test_an_n_may_come_back_after_a_power_cut_if_its_message_was_never_acknowledged(self):
        self.ledger.see(BOX, self.text(2), 2, "uid-before")
        self.settle(self.text(0), self.text(1), names_may_return=True)
        key, text = self.ledger.write(100, [BOX])
        self.ledger.acknowledge(key)
        self.settle(self.text(0), self.text(1), text)
        self.assert_faults()

    def test_a_message_before_one_that_was_acknowledged_before_it_was_begun_is_noticed(self):
        key, later = self.ledger.write(100, [BOX])
        self.ledger.acknowledge(key)
        self.settle(self.text(0), later, self.text(1))
        self.assert_faults(order=1)

    def test_messages_that_were_sent_at_the_same_time_may_come_in_any_order(self):
        self.settle(self.text(2), self.text(1), self.text(0))
        self.assert_faults()

    def test_mail_of_another_mailbox_is_noticed(self):
        _, text = self.ledger.write(100, [OTHER])
        self.settle(self.text(0), self.text(1), text)
        self.assert_faults(stray=1)
