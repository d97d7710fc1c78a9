"""docs/operating.md's commands do what it says: backup and restore keep every message and its UIDL."""
import errno
import os
import shutil
import socket
import ssl
import unittest

import documented
import wire
from servers import EDWARD, JOHN, MARY, PASSWORDS, ROOT, ServerCase

PAGE = ROOT / "docs/operating.md"
MESSAGES = [b"Subject: %d\r\n\r\nNumber %d\r\n" % (n, n) for n in range(5)]


def keeps_attributes(folder):
    """Whether the file system of `folder` has extended attributes for users."""
    try:
        os.setxattr(folder, "user.mymail.test", b"1")
    except OSError as error:
        if error.errno == errno.EOPNOTSUPP:
            return False
        raise
    return True


class OperatingTest(ServerCase):
    def setUp(self):
        super().setUp()
        # What the page calls /var/lib/mymail and /srv/backup.
        self.home = self.site.folder / "var/lib/mymail"
        self.backup = self.site.folder / "srv/backup"
        self.home.mkdir(parents=True)
        self.backup.mkdir(parents=True)
        self.paths = (("/var/lib", str(self.home.parent)), ("/srv/backup", str(self.backup)))
        self.mail = self.home / "mail.store"
        self.smtp = self.start_smtp("--store", str(self.mail))
        with self.smtp.connect() as client:
            client.must("HELO localhost", "250")
            for message in MESSAGES:
                self.assertTrue(client.deliver(message, JOHN, MARY).startswith("250"))
        with self.smtp.connect() as client:   # with LF: the sizes of these are not those of the files
            client.send(f"HELO me\nMAIL FROM:<>\nRCPT TO:<{EDWARD}>\nDATA\none\ntwo\n.\nQUIT\n".encode())
            client.rest()

    def run_example(self, name):
        example = documented.example(PAGE, name)
        program = example.text.split()[0]
        if shutil.which(program) is None:
            self.skipTest(f"docs/operating.md's example needs {program}, which is not installed")
        status, printed = example.run(self.site.folder, self.paths)
        self.assertEqual(status, 0, printed)

    def as_served(self):
        """User → UIDL, LIST and the messages, by a mypopd of its own."""
        pop3 = self.start_pop3("--store", str(self.mail))
        served = {}
        for user in (JOHN, MARY, EDWARD):
            with pop3.connect() as client:
                client.log_in(user, PASSWORDS[user])
                uids = client.uids()
                served[user] = (uids, client.lines("LIST"), [client.message(n + 1) for n in range(len(uids))])
                client.must("QUIT", "+OK")
        self.assertIsNone(self.site.end(pop3))
        return served

    def lose_everything(self):
        self.assertIsNone(self.site.end(self.smtp))
        shutil.rmtree(self.home)
        self.home.mkdir()

    def check_there_and_back(self, backup, restore):
        before = self.as_served()
        self.assertEqual(before[JOHN][2], MESSAGES)
        self.run_example(backup)
        self.lose_everything()
        self.run_example(restore)
        self.assertEqual(self.as_served(), before)

    def test_rsync_keeps_messages_and_uidls(self):
        self.check_there_and_back("backup", "restore")

    def test_tar_keeps_messages_and_uidls(self):
        self.check_there_and_back("archive", "restore-archive")

    def test_what_is_sent_after_a_restore_comes_after_what_was_restored(self):
        before = self.as_served()
        self.run_example("backup")
        self.lose_everything()
        self.run_example("restore")
        smtp = self.start_smtp("--store", str(self.mail))
        with smtp.connect() as client:
            client.must("HELO localhost", "250")
            client.deliver(b"new\r\n", JOHN)
        after = self.as_served()[JOHN]
        self.assertEqual(after[0][:-1], before[JOHN][0])
        self.assertEqual(after[2], [*MESSAGES, b"new\r\n"])

    def test_the_copies_keep_one_file_for_all_recipients_and_the_marks(self):
        for backup, copy in (("backup", "mymail"), ("archive", "unpacked")):
            self.run_example(backup)
            if backup == "archive":
                (self.backup / copy).mkdir()
                shutil.rmtree(self.home)
                self.run_example("restore-archive")
                (self.home / "mail.store").rename(self.backup / copy / "mail.store")
            store = self.backup / copy / "mail.store"
            for n in range(len(MESSAGES)):
                johns, marys = store / JOHN / f"{n}.mail", store / MARY / f"{n}.mail"
                self.assertEqual(johns.stat().st_ino, marys.stat().st_ino, backup)
                if keeps_attributes(self.backup):
                    self.assertIn("user.mymail.size", os.listxattr(johns), backup)

    def test_what_is_deleted_is_deleted_in_the_next_backup(self):
        self.run_example("backup")
        (self.mail / JOHN / "2.mail").unlink()
        self.run_example("backup")
        kept = sorted(file.name for file in (self.backup / "mymail/mail.store" / JOHN).iterdir())
        self.assertEqual(kept, ["0.mail", "1.mail", "3.mail", "4.mail"])

    def test_a_renamed_user_has_the_same_messages(self):
        before = self.as_served()[MARY]
        (self.mail / MARY).rename(self.mail / "mary.jones@example.com")
        renamed = self.site.users_file.read_text().replace(MARY, "mary.jones@example.com")
        self.site.users_file.write_text(renamed)
        pop3 = self.start_pop3("--store", str(self.mail))
        with pop3.connect() as client:
            client.log_in("mary.jones@example.com", PASSWORDS[MARY])
            self.assertEqual(client.uids(), before[0])
        with self.smtp.connect() as client:
            client.must("HELO localhost", "250")
            client.envelope("mary.jones@example.com")
            client.send(b"to the new name\r\n.\r\n")
            self.assertTrue(client.answer().startswith("250"))
        self.assertEqual(len(list((self.mail / "mary.jones@example.com").iterdir())), len(MESSAGES) + 1)

    def test_a_certificate_made_as_it_says_is_taken_and_so_is_its_renewal(self):
        if shutil.which("openssl") is None:
            self.skipTest("the package openssl is not installed")
        made = documented.example(PAGE, "certificate")
        here = (("cmake/", f"{ROOT}/cmake/"), ("192.0.2.1", "127.0.0.1"))
        folder = self.site.folder / "certificates"

        def seen(port):
            """The server's certificate, to a client that trusts the CA alone."""
            context = ssl.create_default_context(cafile=folder / "ca.pem")
            with socket.create_connection(("127.0.0.1", port), wire.HANG_S) as tcp, \
                    context.wrap_socket(tcp, server_hostname="mail.example.com") as tls:
                return ssl.DER_cert_to_PEM_cert(tls.getpeercert(binary_form=True))

        def make():
            status, printed = made.run(self.site.folder, here)
            self.assertEqual(status, 0, printed)
            return (folder / "server.pem").read_text()

        certificate = make()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.start_smtp("--tls-cert", str(folder / "server.pem"), "--tls-key", str(folder / "server.key"), "--tls-port", str(port))
        self.assertEqual(seen(port), certificate)
        (folder / "names").unlink()   # so that it is made anew
        renewed = make()
        self.assertNotEqual(renewed, certificate)
        self.assertEqual(seen(port), renewed)

    def test_what_it_links_to_is_there(self):
        for name in documented.links(PAGE):
            self.assertTrue((PAGE.parent / name).exists(), f"docs/operating.md links to {name}")


if __name__ == "__main__":
    unittest.main()
