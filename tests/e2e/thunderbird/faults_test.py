"""The counter-proof of thunderbird_test.py: with a faulty server it fails, and says what is wrong."""
import pathlib
import re
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import thunderbird_test


class FaultsTest(unittest.TestCase):
    def play(self, fault):
        """Exit status and output."""
        ended = subprocess.run([sys.executable, HERE / "thunderbird_test.py", "--with-fault", fault],
                               stdout=subprocess.PIPE, text=True, check=False)
        if ended.returncode == 77:
            self.skipTest(re.search("SKIPPED: (.*)", ended.stdout)[1])
        return ended.returncode, ended.stdout

    def must_notice(self, fault, sentence):
        """With this fault the test fails, and the verdict says so."""
        status, said = self.play(fault)
        verdict = said.splitlines()[-1]
        self.assertTrue(verdict.startswith("FAILED: ") and sentence in verdict,
                        f"{thunderbird_test.FAULTS[fault]}, and it says:\n{said}")
        self.assertEqual(status, 1)

    def test_every_fault_is_tried(self):
        tried = re.findall(r'must_notice\(\s*"([\w-]+)"', pathlib.Path(__file__).read_text())
        self.assertEqual(set(tried), set(thunderbird_test.FAULTS) - {"none"})

    def test_a_relay_alone_is_no_fault(self):
        status, said = self.play("none")
        self.assertEqual(status, 0, said)

    def test_a_dropped_message_is_noticed(self):
        self.must_notice("drop", "0 messages are in Thunderbird's Inbox after one message was sent, instead of 1")

    def test_a_message_that_was_never_stored_is_noticed(self):
        self.must_notice("swallow", "mysmtpd said 250, and its store holds 0 messages instead of 1")

    def test_a_bit_changed_on_the_way_out_is_noticed(self):
        self.must_notice("damage", "the attachment is not what was sent: from octet")

    def test_a_bit_changed_on_the_way_in_is_noticed(self):
        self.must_notice("damage-in", "the message in mysmtpd's store is not what was sent: from octet")

    def test_a_dot_too_few_is_noticed(self):
        self.must_notice("dots", "the body is not what was sent: from character")

    def test_another_uidl_is_noticed(self):
        self.must_notice(
            "uidl", "2 messages are in Thunderbird's Inbox after a second check without new mail, instead of 1")

    def test_another_order_is_noticed(self):
        self.must_notice("order", "the messages came in another order")

    def test_a_deletion_that_was_not_done_is_noticed(self):
        self.must_notice("keeps", "the message deleted in Thunderbird is still on the server")

    def test_a_deletion_that_nobody_asked_for_is_noticed(self):
        self.must_notice("deletes", "the message is no longer on the server, where it was to be left")

    def test_a_wrong_password_that_is_taken_is_noticed(self):
        self.must_notice("password", "Thunderbird checked for mail with a wrong password, and nobody minded")

    def test_an_unknown_recipient_that_is_taken_is_noticed(self):
        self.must_notice("anybody", "Thunderbird says that it sent a message to nobody@example.com")

    def test_an_attempt_to_reach_another_machine_is_noticed(self):
        self.must_notice("leaves", "something tried to leave 127.0.0.1")


if __name__ == "__main__":
    unittest.main()
