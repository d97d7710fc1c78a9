"""mypopd's mailbox: who holds it, what stays, and what is removed when."""
import time

import wire
from servers import JOHN, MARY, PASSWORDS, ServerCase


class MailboxCase(ServerCase):
    def setUp(self):
        super().setUp()
        for n in range(3):
            self.store.put(JOHN, n, f"message {n}\r\n".encode())
        self.pop3 = self.start_pop3()

    def log_in_when_free(self, pop3=None):
        """A client of john's, as soon as nobody else holds his mailbox."""
        give_up = time.monotonic() + wire.HANG_S
        while True:
            client = (pop3 or self.pop3).connect()
            self.addCleanup(client.close)
            client.must(f"USER {JOHN}", "+OK")
            answer = client.ask(f"PASS {PASSWORDS[JOHN]}")
            if answer.startswith("+OK"):
                return client
            self.assertIn("[IN-USE]", answer)
            self.assertLess(time.monotonic(), give_up, "the mailbox is never free again")


    def state_when_free(self, pop3=None):
        """STAT's answer to a session of its own."""
        client = self.log_in_when_free(pop3)
        state = client.ask("STAT")
        client.must("QUIT", "+OK")
        return state


class DeletionTest(MailboxCase):
    # Covers: 1939-5-13
    def test_a_message_is_there_until_quit(self):
        with self.logged_in(self.pop3) as client:
            client.must("DELE 2", "+OK")
            self.assertEqual(len(self.store.of(JOHN)), 3)
            client.must("QUIT", "+OK")
            self.assertEqual(list(self.store.numbered(JOHN)), [0, 2])
            self.assertEqual(client.rest(), b"")

    # Covers: 1939-6-2
    def test_a_dropped_connection_deletes_nothing(self):
        for drop in (wire.Wire.close, wire.Wire.vanish, wire.Wire.half_close):
            client = self.log_in_when_free()
            client.must("DELE 1", "+OK")
            drop(client)
            self.assertEqual(self.state_when_free(), "+OK 3 33")

    def test_a_quit_without_its_line_end_deletes_nothing(self):
        with self.logged_in(self.pop3) as client:
            client.must("DELE 1", "+OK")
            client.send(b"QUIT")
            client.half_close()
            self.assertEqual(client.rest(), b"")
        self.assertEqual(self.state_when_free(), "+OK 3 33")

    def test_quit_deletes_though_the_client_is_gone(self):
        for drop in (wire.Wire.close, wire.Wire.vanish):
            with self.subTest(drop=drop.__name__):
                client = self.log_in_when_free()
                before = len(self.store.of(JOHN))
                client.must("DELE 1", "+OK")
                client.send(b"QUIT\r\n")
                drop(client)
                self.assertEqual(self.state_when_free().split()[1], str(before - 1))

    def test_quit_deletes_though_the_client_never_read_a_reply(self):
        client = self.log_in_when_free()
        client.send(b"DELE 1\r\nDELE 3\r\nQUIT\r\n")
        client.close()   # with replies unread: a reset
        self.assertEqual(self.state_when_free(), "+OK 1 11")

    def test_rset_gives_back_what_dele_took(self):
        with self.logged_in(self.pop3) as client:
            client.must("DELE 1", "+OK")
            self.assertEqual(client.ask("RSET"), "+OK 1 messages restored")
            client.must("QUIT", "+OK")
        self.assertEqual(len(self.store.of(JOHN)), 3)

    def test_what_a_hand_has_removed_counts_as_removed(self):
        with self.logged_in(self.pop3) as client:
            client.must("DELE 1", "+OK")
            (self.store.folder / JOHN / "0.mail").unlink()
            client.must("QUIT", "+OK")

    def test_a_file_put_in_place_of_a_deleted_message_stays(self):
        with self.logged_in(self.pop3) as client:
            client.must("DELE 1", "+OK")
            mailbox = self.store.folder / JOHN
            (mailbox / "new").write_bytes(b"another\r\n")
            (mailbox / "new").rename(mailbox / "0.mail")
            client.must("QUIT", "")
        self.assertEqual(self.store.numbered(JOHN)[0], b"another\r\n")

    # Covers: 1939-6-1
    def test_a_thousand_messages_are_deleted_by_one_quit(self):
        for n in range(1000):
            self.store.put(MARY, n, b"x\r\n")
        with self.logged_in(self.pop3, MARY) as client:
            client.send(b"".join(b"DELE %d\r\n" % (n + 1) for n in range(1000)) + b"QUIT\r\n")
            self.assertEqual(client.rest(),
                             b"+OK Message deleted\r\n" * 1000 + b"+OK Service closing transmission channel\r\n")
        self.assertEqual(self.store.of(MARY), [])


class LockTest(MailboxCase):
    # Covers: 1939-4-3, 1939-7-20, 2449-8.1.2-1
    def test_a_second_session_is_told_that_the_mailbox_is_in_use(self):
        with self.logged_in(self.pop3), self.pop3.connect() as second:
            second.must(f"USER {JOHN}", "+OK")
            self.assertRegex(second.ask(f"PASS {PASSWORDS[JOHN]}"), r"^-ERR \[IN-USE\] ")
            # The connection lives on, for another user too.
            second.log_in(MARY, PASSWORDS[MARY])

    def test_other_mailboxes_are_free(self):
        with self.logged_in(self.pop3, JOHN), self.logged_in(self.pop3, MARY) as mary:
            self.assertEqual(mary.ask("STAT"), "+OK 0 0")

    def test_the_lock_dies_with_its_session(self):
        for end in (lambda c: c.ask("QUIT"), wire.Wire.close, wire.Wire.vanish, wire.Wire.half_close):
            end(self.log_in_when_free())
        self.assertEqual(self.state_when_free(), "+OK 3 33")

    # Covers: 1939-4-3
    def test_another_process_respects_the_lock_and_inherits_it(self):
        other = self.start_pop3()
        with self.logged_in(self.pop3), other.connect() as second:
            second.must(f"USER {JOHN}", "+OK")
            self.assertIn("[IN-USE]", second.ask(f"PASS {PASSWORDS[JOHN]}"))
            self.pop3.kill()
            self.assertEqual(self.state_when_free(other), "+OK 3 33")

    # Covers: 1939-4-8
    def test_a_locked_mailbox_takes_mail_and_shows_it_at_the_next_login(self):
        smtp = self.start_smtp()
        with self.logged_in(self.pop3) as client:
            with smtp.connect() as sender:
                sender.ehlo()
                self.assertEqual(sender.deliver(b"meanwhile\r\n", JOHN)[:3], "250")
            self.assertEqual(client.ask("STAT"), "+OK 3 33")
            client.must("DELE 3", "+OK")
            client.must("QUIT", "+OK")
        client = self.log_in_when_free()
        self.assertEqual(client.ask("STAT"), "+OK 3 33")
        self.assertEqual(client.message(3), b"meanwhile\r\n")


class UidTest(ServerCase):
    """UIDL: each message's own, the same for ever, never used again."""

    def uids(self, pop3):
        with self.logged_in(pop3) as client:
            uids = client.uids()
            for number, uid in enumerate(uids, 1):
                self.assertEqual(client.ask(f"UIDL {number}"), f"+OK {number} {uid}")
            client.must("QUIT", "+OK")
        self.assertEqual(len(set(uids)), len(uids))
        for uid in uids:
            self.assertRegex(uid, r"^[!-.0-~]{1,70}$")
        return uids

    def deliver(self, smtp, count):
        with smtp.connect() as client:
            client.ehlo()
            for n in range(count):
                self.assertEqual(client.deliver(f"{n}\r\n".encode(), JOHN)[:3], "250")

    # Covers: 1939-7-5, 1939-7-9
    def test_they_are_the_same_in_every_session_and_after_a_restart(self):
        self.deliver(self.start_smtp(), 10)
        first = self.start_pop3()
        uids = self.uids(first)
        self.assertEqual(len(uids), 10)
        self.assertEqual(self.uids(first), uids)
        self.assertIsNone(self.site.end(first))
        self.assertEqual(self.uids(self.start_pop3()), uids)

    def test_they_stay_with_their_messages_when_others_go_and_come(self):
        smtp, pop3 = self.start_smtp(), self.start_pop3()
        self.deliver(smtp, 4)
        before = self.uids(pop3)
        with self.logged_in(pop3) as client:
            client.must("DELE 1", "+OK")
            client.must("DELE 3", "+OK")
            self.assertEqual(client.uids(), [before[1], before[3]])
            client.must("QUIT", "+OK")
        self.deliver(smtp, 2)
        after = self.uids(pop3)
        self.assertEqual(after[:2], [before[1], before[3]])
        self.assertFalse(set(after[2:]) & set(before))

    def check_never_again(self, restart):
        smtp, pop3 = self.start_smtp(), self.start_pop3()
        seen, highest = set(), -1
        for _ in range(3):
            self.deliver(smtp, 2)
            new = self.uids(pop3)
            self.assertFalse(seen & set(new), "an id came back")
            self.assertGreater(min(self.store.numbered(JOHN)), highest, "a number came back")
            seen |= set(new)
            highest = max(self.store.numbered(JOHN))
            with self.logged_in(pop3) as client:
                client.must("DELE 1", "+OK")
                client.must("DELE 2", "+OK")
                client.must("QUIT", "+OK")
            self.assertEqual(self.store.of(JOHN), [])
            if restart:
                self.assertIsNone(self.site.end(smtp))
                smtp = self.start_smtp()

    # Covers: 1939-7-10
    def test_they_never_come_back(self):
        self.check_never_again(restart=False)

    # Covers: 1939-7-10
    def test_they_never_come_back_after_a_restart_either(self):
        self.check_never_again(restart=True)

    def test_a_message_for_two_has_its_id_in_both_mailboxes(self):
        smtp, pop3 = self.start_smtp(), self.start_pop3()
        with smtp.connect() as client:
            client.ehlo()
            self.assertEqual(client.deliver(b"x\r\n", JOHN, MARY)[:3], "250")
        for user in (JOHN, MARY):
            with self.logged_in(pop3, user) as client:
                self.assertEqual(len(client.uids()), 1)
