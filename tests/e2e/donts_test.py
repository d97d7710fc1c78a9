"""Seventeen things that break real mail clients, each a test as far as a socket shows it.

Not here: 10, QUIT takes over 3 s: no test depends on a time, but QuitCostTest bounds the syncs that take it.
"""
import re

import wire
from servers import JOHN, MARY, PASSWORDS, ServerCase


class DontsTest(ServerCase):
    def deliver(self, smtp, *messages):
        with smtp.connect() as client:
            client.ehlo()
            for message in messages:
                self.assertEqual(client.deliver(wire.stuffed(message), JOHN)[:3], "250")

    def test_dont_01_reuse_or_renumber_uidls_or_put_spaces_or_slashes_in_them(self):
        smtp, pop3 = self.start_smtp(), self.start_pop3()
        self.deliver(smtp, b"0\r\n", b"1\r\n", b"2\r\n")
        with self.logged_in(pop3) as client:
            before = client.uids()
            for line in client.lines("UIDL"):
                self.assertRegex(line, rb"^\d+ [!-.0-~]{1,70}$")
            client.must("DELE 1", "+OK")
            client.must("DELE 3", "+OK")
            client.must("QUIT", "+OK")
        self.deliver(smtp, b"3\r\n")
        with self.logged_in(pop3) as client:
            after = client.uids()
        self.assertEqual(after[0], before[1])
        self.assertNotIn(after[1], before)

    # Covers: 1939-4-5
    def test_dont_02_say_stat_0_or_a_short_uidl_list_on_an_error(self):
        # A mailbox that cannot be read: it is no folder.
        self.store.folder.mkdir()
        (self.store.folder / JOHN).write_bytes(b"")
        with self.start_pop3().connect() as client:
            client.must(f"USER {JOHN}", "+OK")
            self.assertEqual(client.ask(f"PASS {PASSWORDS[JOHN]}"), "-ERR [SYS/TEMP] mail store unavailable")
            for command in ("STAT", "UIDL", "LIST"):
                client.must(command, "-ERR")

    # Covers: 2449-5-3
    def test_dont_03_hide_uidl_top_or_user_from_capa_before_login(self):
        with self.start_pop3().connect() as client:
            before = client.lines("CAPA")
            for capability in (b"UIDL", b"TOP", b"USER"):
                self.assertIn(capability, before)
            client.log_in(JOHN, PASSWORDS[JOHN])
            after = client.lines("CAPA")
            for capability in (b"UIDL", b"TOP"):
                self.assertIn(capability, after)

    def test_dont_04_offer_a_mechanism_that_only_some_accounts_can_use(self):
        # The greeting has no time stamp, which would offer APOP. SCRAM goes once one password is crypted.
        for scram, users in ((True, self.site.users_file.read_text()),
                             (False, "a@b {CRYPT}$6$saltsalt$\n" + self.site.users_file.read_text())):
            self.site.users_file.write_text(users)
            with self.start_pop3().connect() as client:
                self.assertNotIn(b"<", client.greeting)
                (offered,) = [line for line in client.lines("CAPA") if line.startswith(b"SASL")]
                self.assertEqual(b"SCRAM-SHA-256" in offered.split(), scram)
            with self.start_smtp().connect() as client:
                (offered,) = [line for line in client.ehlo() if line.upper().startswith("AUTH")]
                self.assertEqual("SCRAM-SHA-256" in offered.split(), scram)

    def test_dont_05_number_messages_in_directory_order(self):
        for n in (100, 9, 10, 2, 1000, 99, 0):
            self.store.put(JOHN, n, b"x" * n + b"\r\n")
        with self.logged_in(self.start_pop3()) as client:
            sizes = [int(line.split()[1]) - 2 for line in client.lines("LIST")]
        self.assertEqual(sizes, [0, 2, 9, 10, 99, 100, 1000])

    def test_dont_06_delete_before_quit_or_on_a_dropped_connection(self):
        self.store.put(JOHN, 0, b"x\r\n")
        pop3 = self.start_pop3()
        with self.logged_in(pop3) as client:
            client.must("DELE 1", "+OK")
            self.assertEqual(self.store.of(JOHN), [b"x\r\n"])
        self.assertIsNone(self.site.end(pop3))   # the session is over
        self.assertEqual(self.store.of(JOHN), [b"x\r\n"])

    # Covers: 1939-3-11
    def test_dont_07_forget_dot_stuffing_in_top_or_at_offset_0_or_across_a_buffers_edge(self):
        header = b".at offset 0: x\r\n\r\n"
        for n in range(6):   # the dot's line begins at each octet around 64 KiB
            filler = 64 * 1024 - len(header) - n
            self.store.put(JOHN, n, header + b"x" * (filler - 2) + b"\r\n.edge\r\n")
        with self.logged_in(self.start_pop3()) as client:
            for n in range(6):
                for command in (f"RETR {n + 1}", f"TOP {n + 1} 2"):
                    lines = client.raw_lines(command)
                    self.assertEqual((lines[0], lines[-1]), (b"..at offset 0: x", b"..edge"), command)
                self.assertEqual(client.raw_lines(f"TOP {n + 1} 0"), [b"..at offset 0: x", b""])

    # Covers: 1939-3-10
    def test_dont_08_send_the_final_dot_without_a_full_crlf(self):
        for n, text in enumerate([b"no end", b"LF\n", b"CR\r", b"CRLF\r\n", b"", b"."]):
            self.store.put(JOHN, n, text)
        bodies = [b"no end\r\n", b"LF\r\n", b"CR\r\r\n", b"CRLF\r\n", b"", b"..\r\n"]
        with self.logged_in(self.start_pop3()) as client:
            for n, body in enumerate(bodies, 1):
                for command in (f"RETR {n}", f"TOP {n} 9"):
                    client.must(command, "+OK")
                    self.assertEqual(client.octets(len(body) + 3), body + b".\r\n", command)

    # Covers: 1939-7-18
    def test_dont_09_split_pass_on_spaces_or_cut_it(self):
        for password in ("two  words and more", "x" * 400, "tab\there", "{PLAIN}not a scheme", "grün".encode().decode("latin-1")):
            scheme = "{PLAIN}" if password.startswith("{") else ""
            self.site.users_file.write_bytes(f"{JOHN} {scheme}{password}\n".encode("latin-1"))
            pop3 = self.start_pop3()
            with self.subTest(password=password), pop3.connect() as client:
                for wrong in (password + "x", password[:-1], " " + password, password.replace("  ", " ") + " "):
                    client.must(f"USER {JOHN}", "+OK")
                    client.must(f"PASS {wrong}", "-ERR [AUTH]")
                client.log_in(JOHN, password)

    def test_dont_11_close_on_the_first_wrong_password(self):
        with self.start_pop3().connect() as client:
            for wrong in ("one", "two", "three"):
                client.must(f"USER {JOHN}", "+OK")
                answer = client.must(f"PASS {wrong}", "-ERR [AUTH]")
                # fetchmail takes these words for a busy mailbox.
                self.assertIsNone(re.search("lock|wait|unavailable", answer, re.IGNORECASE))
            client.log_in(JOHN, PASSWORDS[JOHN])

    # Covers: 2920-3.2-3
    def test_dont_12_answer_354_without_a_recipient_or_fewer_replies_than_commands(self):
        with self.start_smtp().connect() as client:
            client.ehlo()
            client.send(b"MAIL FROM:<a@example.org>\r\nRCPT TO:<nobody@example.com>\r\nDATA\r\nRSET\r\nQUIT\r\n")
            self.assertEqual([line[:3] for line in client.rest().split(b"\r\n")], [b"250", b"550", b"503", b"250", b"221", b""])

    # Covers: 5321-4.1.4-9, 5321-4.1.4-10
    def test_dont_13_refuse_the_names_that_clients_greet_with(self):
        smtp = self.start_smtp()
        for name in ("[127.0.0.1]", "[IPV6:::1]", "[IPv6:::1]", "localhost", "my_host", "we-guess.mozilla.org", "x", "-", "host."):
            for verb in ("EHLO", "HELO"):
                with self.subTest(verb=verb, name=name), smtp.connect() as client:
                    client.must(f"{verb} {name}", "250")

    # Covers: 1870-3-1
    def test_dont_14_advertise_size_with_an_equals_sign(self):
        with self.start_smtp().connect() as client:
            sizes = [line for line in client.ehlo() if line.upper().startswith("SIZE")]
        self.assertEqual(len(sizes), 1)
        self.assertRegex(sizes[0], r"^SIZE \d+$")

    def test_dont_15_take_lf_lf_or_lf_crlf_for_the_end_of_data_in_a_crlf_session(self):
        # More such sequences: line_endings_test.py.
        smtp = self.start_smtp()
        for fake in (b"\n.\n", b"\n.\r\n", b"\r\n.\n"):
            with smtp.connect() as client:
                client.ehlo()
                client.envelope(JOHN)
                client.send(b"x" + fake + b"QUIT\r\n.\r\n")
                self.assertEqual(client.answer()[:3], "250")
                client.must("NOOP", "250")
            self.assertTrue(self.store.of(JOHN)[-1].endswith(b"QUIT\r\n"))

    # Covers: 1939-11-1, 1939-11-2
    def test_dont_16_report_st_size_for_a_file_stored_with_lf_or_count_stuffed_dots(self):
        for n, text in enumerate([b"a\nb\n", b".\r\n..\r\n", b"no end", b"mixed\r\n.\nx", b"CR\rCR\r\n", b""]):
            self.store.put(JOHN, n, text)
        sizes = [6, 7, 8, 13, 7, 0]
        with self.start_smtp().connect() as client:   # and one that arrived in an LF session
            client.send(b"HELO client\nMAIL FROM:<>\nRCPT TO:<%s>\nDATA\n..\nx\n.\nQUIT\n" % JOHN.encode())
            client.rest()
        sizes.append(6)
        pop3 = self.start_pop3()
        for _ in range(2):   # read afresh, and remembered
            with self.logged_in(pop3) as client:
                self.assertEqual([int(line.split()[1]) for line in client.lines("LIST")], sizes)
                self.assertEqual(client.ask("STAT"), f"+OK {len(sizes)} {sum(sizes)}")
                for n, size in enumerate(sizes, 1):
                    self.assertEqual(client.ask(f"LIST {n}"), f"+OK {n} {size}")
                    self.assertEqual(len(client.message(n)), size)
                client.must("QUIT", "+OK")

    # Covers: 1939-3-9
    def test_dont_17_answer_with_anything_but_ok_and_err(self):
        commands = ["", " ", "FOO", "user", "USER", "PASS", "PASS x", "STAT", "AUTH", "AUTH PLAIN x", "AUTH x y", "APOP a b", "STLS",
                    "UTF8", "LANG", "x" * 5000, "\0", "\xff\xfe", "NOOP\rNOOP", "RETR 99999999999999999999", "TOP 1 -1", "LIST 0", "DELE x"]
        with self.start_pop3().connect() as client:
            self.assertRegex(client.greeting, rb"^\+OK ")
            for state in ("logged out", "logged in"):
                for command in commands:
                    self.assertRegex(client.ask(command), r"^(\+OK|-ERR)( [ -~]*)?$", f"{state}: {command[:40]!r}")
                if state == "logged out":
                    client.log_in(MARY, PASSWORDS[MARY])
            client.must("QUIT", "+OK")
