"""A store that a hand has broken while the servers run, and servers that are short of descriptors:
what is asked of them fails for now, nothing is lost, they live on, and work again when it is mended."""
import os
import select
import shutil
import subprocess

import case
import disks
import servers
import wire
from servers import EDWARD, JOHN, MARY

FAILED = "451 4.3.0 Local error in processing"
FULL = "452 4.3.1 Insufficient system storage"
UNAVAILABLE = "-ERR [SYS/TEMP] mail store unavailable"
STRANGER = 54321   # a user id that owns nothing here


class BrokenStoreCase(case.CrashCase):
    def setUp(self):
        self.on_store()

    def start_both(self, **options):
        self.smtp, self.pop3 = self.start("smtpd", **options), self.start("pop3d", **options)
        self.client = self.greeted(self.smtp)

    def assert_stored(self, *mailboxes, octets=1):
        self.assertRegex(self.send(self.client, *mailboxes, octets=octets),
                         "^250 2.0.0 Requested mail action ok, completed; id=[0-9a-f]+$")

    def assert_login(self, user, answer):
        got, reader = self.log_in(self.pop3, user)
        self.assertEqual(got, answer)
        reader.must("QUIT", "+OK")

    def assert_refused(self, mailboxes, answer=FAILED):
        for octets in (1, 200_000):
            self.assertEqual(self.send(self.client, *mailboxes, octets=octets), answer)
        self.client.must("RSET", "250")


class BrokenStoreTest(BrokenStoreCase):
    def test_a_folder_that_is_a_file_fails_its_own_mail_and_no_other(self):
        self.start_both()
        folder = self.store.folder / MARY
        folder.write_bytes(b"no folder\n")
        self.assert_refused([MARY])
        self.assert_refused([JOHN, MARY, EDWARD])
        self.assert_login(MARY, UNAVAILABLE)
        self.assert_stored(JOHN, EDWARD)
        self.assertEqual(folder.read_bytes(), b"no folder\n")
        folder.unlink()
        self.assert_stored(JOHN, MARY, EDWARD)
        self.settle()

    def test_a_folder_that_becomes_a_file_while_it_is_in_use_fails_and_its_mail_is_there_again_later(self):
        self.start_both()
        self.assert_stored(JOHN, MARY)
        folder, aside = self.store.folder / MARY, self.run_.site.folder / "aside"
        folder.rename(aside)
        folder.write_bytes(b"")
        self.assert_refused([JOHN, MARY])
        self.assert_login(MARY, UNAVAILABLE)
        folder.unlink()
        aside.rename(folder)
        self.assert_stored(JOHN, MARY)
        self.settle()

    def test_a_store_that_was_removed_takes_nothing_until_the_servers_start_anew(self):
        self.start_both()
        self.assert_stored(JOHN)
        shutil.rmtree(self.store.folder)
        self.run_.forget_everything()
        self.assert_refused([JOHN])
        self.assert_refused([MARY, EDWARD])
        self.assert_login(JOHN, UNAVAILABLE)
        # A store that another server makes is another store: nothing goes to a place where nobody looks.
        other = self.start("smtpd")
        self.assertTrue(self.send(self.greeted(other), JOHN).startswith("250"))
        self.assert_refused([JOHN])
        self.settle()
        self.end(self.smtp)
        self.smtp = self.start("smtpd")
        self.client = self.greeted(self.smtp)
        self.assert_stored(JOHN, MARY)
        self.settle()

    def test_a_store_that_is_emptied_takes_mail_at_once(self):
        self.start_both()
        self.assert_stored(JOHN, MARY)
        for folder in self.store.folder.iterdir():
            shutil.rmtree(folder)
        self.run_.forget_everything()
        self.assert_stored(MARY, JOHN)
        self.assert_login(JOHN, "+OK Password is valid, mail loaded")
        self.settle()

    def test_a_store_that_was_renamed_goes_on_being_used_and_nothing_is_lost(self):
        self.start_both()
        self.assert_stored(JOHN)
        aside = self.store.folder.with_name("aside")
        self.store.folder.rename(aside)
        self.assert_stored(JOHN, MARY)
        self.assert_login(JOHN, "+OK Password is valid, mail loaded")
        self.assertFalse(self.store.folder.exists())
        aside.rename(self.store.folder)
        self.assert_stored(MARY)
        self.settle()


class PermissionTest(BrokenStoreCase):
    """The servers as a user who may not do everything."""

    def setUp(self):
        super().setUp()
        prefix = disks.TIED
        if os.geteuid() == 0:
            prefix = ("setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups", "--pdeathsig", "KILL")
            may_run = subprocess.run([*prefix, "test", "-x", servers.BINARIES["smtpd"]], capture_output=True)
            if may_run.returncode != 0:
                self.skipTest(f"another user than root may not run {servers.BINARIES['smtpd']}")
            os.chown(self.run_.site.folder, STRANGER, STRANGER)
        self.start_both(prefix=prefix)

    def forbid(self, folder, mode=0o000):
        self.addCleanup(folder.chmod, 0o700)
        folder.chmod(mode)

    def test_a_folder_without_permission_fails_its_own_mail_and_no_other(self):
        self.assert_stored(JOHN, MARY)
        folder = self.store.folder / MARY
        self.forbid(folder)
        self.assert_refused([MARY])
        self.assert_refused([JOHN, MARY])
        self.assert_login(MARY, UNAVAILABLE)
        self.assert_stored(JOHN, EDWARD)
        folder.chmod(0o700)
        self.assert_stored(MARY, JOHN)
        self.settle()

    def test_a_store_without_permission_fails_all_mail_for_now(self):
        self.assert_stored(JOHN, MARY)
        self.forbid(self.store.folder)
        self.assert_refused([JOHN])
        self.assert_login(JOHN, UNAVAILABLE)
        self.store.folder.chmod(0o700)
        self.assert_stored(JOHN, MARY)
        self.settle()

    def test_a_folder_that_may_only_be_read_shows_its_mail_and_removing_it_fails_openly(self):
        self.assert_stored(JOHN)
        folder = self.store.folder / JOHN
        self.forbid(folder, 0o500)
        self.assert_refused([JOHN])
        answer, reader = self.log_in(self.pop3, JOHN)
        self.assertTrue(answer.startswith("+OK"), answer)
        reader.must("DELE 1", "+OK")
        self.assertRegex(reader.ask("QUIT"), "^-ERR .*not removed")
        folder.chmod(0o700)
        self.assert_stored(JOHN)
        self.settle()


class DescriptorsTest(case.CrashCase):
    """RLIMIT_NOFILE, and more clients than it lets in."""

    LIMIT = 32

    def setUp(self):
        self.on_store()

    def start_with_few(self, which):
        return self.start(which, prefix=("prlimit", f"--nofile={self.LIMIT}:{self.LIMIT}", *disks.TIED))

    def occupy(self, server):
        """Connects until the server says that it is out of descriptors. Returns those it has greeted, and
        the one that waits."""
        greeted = []
        for _ in range(self.LIMIT):
            client = wire.Wire(server.port)
            self.addCleanup(client.close)
            while not select.select([client.socket], [], [], 0.01)[0]:
                if "accepting-paused" in server.stderr():
                    return greeted, client
                self.assertIsNone(server.process.poll())
            client.line()
            greeted.append(client)
        self.fail("there is no end of descriptors")

    def test_mysmtpd_refuses_for_now_and_recovers(self):
        smtp = self.start_with_few("smtpd")
        greeted, waiting = self.occupy(smtp)
        for client in greeted[:3]:
            client.ehlo()
            for mailboxes, octets in (((JOHN,), 1), ((JOHN, MARY, EDWARD), 200_000)):
                self.assertEqual(self.send(client, *mailboxes, octets=octets), FULL)
            client.must("NOOP", "250")
        for client in greeted[3:]:
            client.close()
        self.assertTrue(waiting.line().startswith(b"220 "))
        waiting.ehlo()
        for client in (waiting, *greeted[:3]):
            self.assertTrue(self.send(client, JOHN, MARY, EDWARD, octets=200_000).startswith("250"))
        self.settle()

    def test_mypopd_refuses_for_now_and_recovers(self):
        self.assertTrue(self.send(self.greeted(self.start("smtpd")), JOHN).startswith("250"))
        pop3 = self.start_with_few("pop3d")
        greeted, waiting = self.occupy(pop3)
        greeted[0].must(f"USER {JOHN}", "+OK")
        self.assertEqual(greeted[0].ask(f"PASS {servers.PASSWORDS[JOHN]}"), UNAVAILABLE)
        for client in greeted[1:]:
            client.close()
        self.assertTrue(waiting.line().startswith(b"+OK"))
        for client in (greeted[0], waiting):
            client.log_in(JOHN, servers.PASSWORDS[JOHN])
            self.assertEqual(client.message(1), self.store.of(JOHN)[0])
            client.must("QUIT", "+OK")
        self.settle()
