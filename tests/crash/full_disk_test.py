"""Disks that take nothing more: full, out of inodes, over quota, read-only. Each is a real one, mounted
for the test; where that is not allowed the tests are skipped."""
import shutil

import case
import disks
from servers import EDWARD, JOHN, MARY

FULL = "452 4.3.1 Insufficient system storage"
AT_MOST = 5000   # messages, until something must be full


class FullDiskTest(case.DiskCase):
    def fill(self, client, octets):
        """Sends messages of this size until five in a row are refused."""
        refused = sent = 0
        while refused < 5:
            sent += 1
            self.assertLess(sent, AT_MOST, "it does not get full")
            answer = self.send(client, *((JOHN, MARY) if sent % 3 else (JOHN,)), octets=octets)
            refused = 0 if answer.startswith("250") else refused + 1
            if refused:
                self.assertEqual(answer, FULL)

    def check_full_and_empty_again(self, *sizes, a_folder_takes_room=True):
        smtp, pop3 = self.start("smtpd"), self.start("pop3d")
        client, large = self.greeted(smtp), self.greeted(smtp)
        for octets in sizes:
            self.fill(client, octets)
        # The first message of a user, whose folder is still to be made.
        self.assertEqual(self.send(client, EDWARD), FULL)
        answer, reader = self.log_in(pop3, EDWARD)
        if a_folder_takes_room:
            self.assertEqual(answer, "-ERR [SYS/TEMP] mail store unavailable")
        else:
            self.assertEqual(reader.ask("STAT"), "+OK 0 0")
        reader.must("QUIT", "+OK")
        # The session lives, and so do the others.
        client.must("RSET", "250")
        client.must("NOOP", "250")
        self.assertEqual(self.send(large, JOHN, octets=1_000_000), FULL)
        self.settle()
        # A server that is started now serves what there is (settle did that), and refuses what does not fit.
        other = self.start("smtpd")
        self.assertEqual(self.send(self.greeted(other), JOHN), FULL)
        self.end(other)
        # QUIT removes mail although the disk is full, and then mail flows again, in the same session.
        self.settle(remove=1)
        for mailboxes in ((JOHN,), (EDWARD,), (JOHN, MARY, EDWARD)):
            self.assertTrue(self.send(client, *mailboxes, octets=1000).startswith("250"))
            self.assertTrue(self.send(large, *mailboxes, octets=100_000).startswith("250"))
        answer, reader = self.log_in(pop3, EDWARD)
        self.assertTrue(answer.startswith("+OK"))
        self.assertRegex(reader.ask("STAT"), r"^\+OK 4 ")
        reader.must("QUIT", "+OK")
        self.settle()

    def test_a_full_ext4_refuses_by_452_and_takes_mail_again_when_some_is_removed(self):
        self.mounted(self.disks.ext4("small.img", 16))
        self.check_full_and_empty_again(500_000, 50_000, 1)

    def test_a_full_tmpfs_refuses_by_452_and_takes_mail_again_when_some_is_removed(self):
        self.mounted(self.disks.tmpfs("small", 2048))
        self.check_full_and_empty_again(200_000, 1, a_folder_takes_room=False)

    def test_an_ext4_without_free_inodes_refuses_by_452_and_takes_mail_again_when_some_is_removed(self):
        self.mounted(self.disks.ext4("few.img", 16, "-N", "64"))
        self.check_full_and_empty_again(1)

    def test_a_quota_that_is_used_up_is_452_and_mail_is_taken_again_when_some_is_removed(self):
        if shutil.which("btrfs", path=disks.PATH) is None:
            self.skipTest("btrfs is not installed (Debian package btrfs-progs)")
        disk = self.disks.btrfs("quota.img", 128)
        try:
            disk.mount()
            disks.run("btrfs", "quota", "enable", str(disk.folder))
        except (disks.CannotMount, RuntimeError) as error:
            self.skipTest(f"no btrfs with quotas here: {error}")
        self.on_store(disk.folder / "mail.store")
        disks.run("btrfs", "qgroup", "limit", "8M", str(disk.folder))
        self.check_full_and_empty_again(500_000, 50_000, 1)


class ReadOnlyTest(case.DiskCase):
    """A disk that has become read-only, as ext4 makes it after an error."""

    def setUp(self):
        super().setUp()
        self.disk = self.mounted(self.disks.ext4("disk.img", 16))

    def test_mail_is_refused_for_now_and_taken_again_later(self):
        client = self.greeted(self.start("smtpd"))
        self.assertTrue(self.send(client, JOHN, MARY).startswith("250"))
        self.disk.remount("ro")
        for octets in (1, 1_000_000):
            for mailboxes in ((JOHN,), (EDWARD,), (JOHN, MARY, EDWARD)):
                self.assertEqual(self.send(client, *mailboxes, octets=octets),
                                 "451 4.3.0 Local error in processing")
        client.must("RSET", "250")
        self.disk.remount("rw")
        for mailboxes in ((JOHN,), (JOHN, MARY, EDWARD)):
            self.assertTrue(self.send(client, *mailboxes, octets=100_000).startswith("250"))
        self.settle()

    def test_mail_is_shown_and_removing_it_fails_openly(self):
        smtp, pop3 = self.start("smtpd"), self.start("pop3d")
        client = self.greeted(smtp)
        for _ in range(3):
            self.assertTrue(self.send(client, JOHN).startswith("250"))
        self.disk.remount("ro")
        answer, reader = self.log_in(pop3, JOHN)
        self.assertTrue(answer.startswith("+OK"), answer)
        self.assertEqual(reader.message(1), self.store.of(JOHN)[0])
        reader.must("DELE 1", "+OK")
        self.assertRegex(reader.ask("QUIT"), "^-ERR .*not removed")
        # A mailbox that is still to be made cannot be: it is not called empty.
        self.assertEqual(self.log_in(pop3, EDWARD)[0], "-ERR [SYS/TEMP] mail store unavailable")
        self.disk.remount("rw")
        answer, reader = self.log_in(pop3, EDWARD)
        self.assertTrue(answer.startswith("+OK"), answer)
        self.assertEqual(reader.ask("STAT"), "+OK 0 0")
        reader.must("QUIT", "+OK")
        self.settle(remove=1)
        self.assertEqual(self.store.files(), {})
