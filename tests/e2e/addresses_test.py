"""Who gets mail: the users of users.txt, and nobody and nothing else, whatever an address looks like."""
from servers import JOHN, MARY, PASSWORDS, ServerCase

HOSTILE = [
    "../../etc/passwd@example.com", "/etc/passwd@example.com", '"../../etc/passwd"@example.com', "..@example.com", ".@example.com",
    '".."@example.com', '"."@example.com', '""@example.com', "john.doe@example.com/../x", "john.doe@../example.com",
    '"john.doe@example.com/../x"@example.com', "john.doe@example.com\\0", '"john.doe\\/"@example.com', "~root@example.com",
    "$HOME@example.com", "`id`@example.com", "|/bin/sh@example.com", '"|/bin/sh"@example.com', "*@example.com", "?@example.com",
    "john.doe@example.com.", "john.doe@.example.com", "john.doe@example..com", "john.doe@", "@example.com", "john.doe", "",
    "john.doe%example.com@example.org", "@example.org:nobody@example.com", "example.com!john.doe@example.org",
    "john.doe@[127.0.0.1]", "john.doe@[IPv6:::1]", "a" * 300 + "@example.com", "nobody@" + "a." * 120 + "com",
    "john.doe@example.com\tx", "j\xf6hn.doe@example.com", "john.doe@ex\xe4mple.com", "0.mail@example.com", "mail.store@example.com",
]


class AddressesTest(ServerCase):
    def tree(self):
        return sorted(str(path.relative_to(self.site.folder)) for path in self.site.folder.rglob("*"))

    def test_hostile_recipients_are_refused_and_leave_nothing(self):
        with self.start_smtp().connect() as client:
            before = self.tree()
            client.must("HELO client", "250")
            client.must("MAIL FROM:<sender@example.org>", "250")
            for address in HOSTILE:
                self.assertRegex(client.ask(f"RCPT TO:<{address}>"), "^5(00|01|50) ", address)
            self.assertEqual(client.ask("DATA"), "503 Bad sequence of commands")
            self.assertEqual(self.tree(), before)

    # Covers: 5321-3.3-2, 5321-3.6.2-2, 5321-6.2-1
    def test_hostile_senders_do_no_harm(self):
        with self.start_smtp().connect() as client:
            client.must("HELO client", "250")
            for address in HOSTILE:
                if client.ask(f"MAIL FROM:<{address}>").startswith("250"):
                    client.must(f"RCPT TO:<{JOHN}>", "250")
                    client.must("DATA", "354")
                    client.send(b"x\r\n.\r\n")
                    self.assertEqual(client.answer()[:3], "250")
        self.assertEqual(self.store.folders(), [JOHN])
        self.assert_only_mail()

    def test_hostile_names_cannot_log_in(self):
        with self.start_pop3().connect() as client:
            before = self.tree()
            for name in [f"../{JOHN}", f"{JOHN}/", f"./{JOHN}", f"{JOHN}/../{MARY}", "..", ".", "/", "", "*", "nobody@example.com"]:
                self.assertRegex(client.ask(f"USER {name}"), "^-ERR (No such user|Syntax error)", name)
                client.must(f"PASS {PASSWORDS[JOHN]}", "-ERR")
            self.assertEqual(self.tree(), before)

    def test_unknown_users_make_no_folder(self):
        smtp, pop3 = self.start_smtp(), self.start_pop3()
        with smtp.connect() as client:
            client.must("HELO client", "250")
            client.must("VRFY nobody@example.com", "550")
            client.must("MAIL FROM:<>", "250")
            client.must("RCPT TO:<nobody@example.com>", "550")
        with pop3.connect() as client:
            client.must("USER nobody@example.com", "-ERR")
            client.must(f"USER {JOHN}", "+OK")
            client.must("PASS wrong", "-ERR [AUTH]")
        self.assertEqual(self.store.folders(), [])

    def test_a_folder_is_named_as_users_txt_spells_the_user(self):
        with self.start_smtp().connect() as client:
            client.ehlo()
            self.assertEqual(client.deliver(b"x\r\n", "JOHN.Doe@EXAMPLE.com", '"mary.smith"@Example.Com')[:3], "250")
        self.assertEqual(self.store.folders(), [JOHN, MARY])


class UsersTest(ServerCase):
    """users.txt changes while the servers run."""

    NEW = "new.user@example.net"

    def test_a_line_that_is_appended_counts_at_once(self):
        smtp, pop3 = self.start_smtp(), self.start_pop3()
        with smtp.connect() as sender, pop3.connect() as reader:
            sender.ehlo()
            sender.must("MAIL FROM:<>", "250")
            sender.must(f"RCPT TO:<{self.NEW}>", "550")
            reader.must(f"USER {self.NEW}", "-ERR No such user")
            with self.site.users_file.open("a") as users:
                users.write(f"{self.NEW} \t a pass word\n")
            sender.must(f"RCPT TO:<{self.NEW}>", "250")
            sender.must("DATA", "354")
            sender.send(b"welcome\r\n.\r\n")
            self.assertEqual(sender.answer()[:3], "250")
            reader.log_in(self.NEW, "a pass word")
            self.assertEqual(reader.message(1), b"welcome\r\n")

    def test_a_user_who_is_removed_is_nobody_at_once(self):
        smtp = self.start_smtp()
        with smtp.connect() as client:
            client.must(f"VRFY {JOHN}", "250")
            self.site.users_file.write_text(f"{MARY} x\n")
            client.must(f"VRFY {JOHN}", "550")
            client.must(f"VRFY {MARY}", "250")

    def test_a_bad_line_keeps_the_users_as_they_were(self):
        smtp = self.start_smtp()
        for bad in ("nopassword@example.com\n", "no-address x\n", f"{JOHN} again\n", "../x@example.com x\n"):
            with self.subTest(bad=bad), smtp.connect() as client:
                before = self.site.users_file.read_text()
                self.site.users_file.write_text(f"{self.NEW} x\n" + before + bad)
                client.must(f"VRFY {JOHN}", "250")
                client.must(f"VRFY {self.NEW}", "550")
                self.site.users_file.write_text(before)

    def test_a_file_that_goes_away_keeps_the_users_as_they_were(self):
        smtp = self.start_smtp()
        with smtp.connect() as client:
            self.site.users_file.write_text("")
            client.must(f"VRFY {JOHN}", "250")
            self.site.users_file.unlink()
            client.must(f"VRFY {JOHN}", "250")
