"""Python's smtplib, poplib, email and mailbox."""
import email
import email.message
import email.policy
import mailbox
import poplib
import smtplib

import e2e_path  # noqa: F401
import wire
from client_case import ClientCase
from letters import DOTS, LETTERS, SENDER, letter, series, with_lf
from servers import EDWARD, JOHN, MARY, PASSWORDS


class PythonTest(ClientCase):
    def smtplib(self):
        return smtplib.SMTP("127.0.0.1", self.smtp.port, local_hostname="localhost", timeout=wire.HANG_S)

    def poplib(self, user=JOHN):
        client = poplib.POP3("127.0.0.1", self.pop3.port, timeout=wire.HANG_S)
        client.user(user)
        client.pass_(PASSWORDS[user])
        return client

    def fetched(self, user=JOHN):
        """All messages with CRLF; they stay."""
        client = self.poplib(user)
        messages = [b"".join(line + b"\r\n" for line in client.retr(n + 1)[1]) for n in range(client.stat()[0])]
        client.quit()
        return messages

    def test_the_page_s_example_sends_fetches_and_deletes(self):
        self.put_file("letter.txt", LETTERS[0])
        self.run_example("python")
        self.assert_same([(self.home / "fetched.txt").read_bytes()], [with_lf(LETTERS[0])])
        self.assertEqual(self.store.of(JOHN), [])

    def test_bytes_go_and_come_byte_for_byte_in_order_and_stay(self):
        with self.smtplib() as client:
            for message in LETTERS:
                refused = client.sendmail(SENDER, [JOHN, MARY, EDWARD], message, mail_options=["BODY=8BITMIME"])
                self.assertEqual(refused, {})
        for user in (JOHN, MARY, EDWARD):
            for _ in range(2):
                self.assert_same(self.fetched(user), LETTERS)
        self.assert_same(self.store.of(JOHN), LETTERS)

    def test_text_gets_crlf(self):
        with self.smtplib() as client:
            client.sendmail(SENDER, JOHN, with_lf(letter(1, DOTS)).decode())
        self.assert_same(self.store.of(JOHN), [letter(1, DOTS)])

    def message(self):
        message = email.message.EmailMessage()
        message["Subject"], message["From"], message["To"] = "Grüße 日本", SENDER, JOHN
        message.set_content(with_lf(DOTS).decode() + "Grüße\n", cte="8bit")
        message.add_attachment(bytes(range(256)) * 100, maintype="application", subtype="octet-stream",
                               filename="ä.bin")
        return message

    def test_messages_come_back_the_same_under_every_policy(self):
        policies = [email.policy.default, email.policy.SMTP, email.policy.SMTP.clone(cte_type="7bit"),
                    email.policy.compat32]
        for policy in policies:
            with self.subTest(policy=policy):
                sent = email.message_from_bytes(self.message().as_bytes(policy=email.policy.SMTP), policy=policy)
                with self.smtplib() as client:
                    client.send_message(sent)
                back = email.message_from_bytes(self.fetched()[-1], policy=email.policy.default)
                text, attachment = back.iter_parts()
                self.assertEqual(str(back["Subject"]), "Grüße 日本")
                self.assertEqual(text.get_content(), DOTS.decode() + "Grüße\r\n")
                self.assertEqual(attachment.get_content(), bytes(range(256)) * 100)
                self.assertEqual(attachment.get_filename(), "ä.bin")
        self.assertEqual(len(self.store.of(JOHN)), len(policies))

    def test_smtplib_understands_what_is_offered(self):
        with self.smtplib() as client:
            client.ehlo()
            for name in ("8bitmime", "size", "pipelining", "enhancedstatuscodes"):
                self.assertTrue(client.has_extn(name), name)
            self.assertEqual(client.esmtp_features["size"], "52428800")

    def test_who_is_refused_is_told_and_the_others_get_it(self):
        with self.smtplib() as client:
            refused = client.sendmail(SENDER, ["nobody@example.com", JOHN], letter(1))
            self.assertEqual(refused, {"nobody@example.com": (550, b"5.1.1 No such user - nobody@example.com")})
            with self.assertRaises(smtplib.SMTPRecipientsRefused):
                client.sendmail(SENDER, ["nobody@example.com"], letter(2))
            self.assertEqual(client.sendmail(SENDER, JOHN, letter(3)), {})   # the same session
            self.assertEqual(client.verify(MARY), (250, f"2.1.5 <{MARY}>".encode()))
            self.assertEqual(client.verify("nobody@example.com")[0], 550)
        self.assert_same(self.store.of(JOHN), [letter(1), letter(3)])

    def test_poplib_lists_reads_and_deletes_at_quit_only(self):
        messages = series(5)
        self.given(*messages)
        client = self.poplib()
        self.assertEqual(client.stat(), (5, sum(map(len, messages))))
        self.assertEqual([int(line.split()[1]) for line in client.list()[1]], list(map(len, messages)))
        uidls = [line.split()[1] for line in client.uidl()[1]]
        self.assertEqual(len(set(uidls)), 5)
        self.assertEqual(client.uidl(2).split()[-1], uidls[1])
        self.assertEqual(client.top(2, 1)[1][-1], b"Number 1.")
        self.assertEqual(client.top(2, 2)[1][-1], b".")
        client.dele(1)
        client.rset()
        client.dele(2)
        self.assertEqual(client.stat()[0], 4)
        self.assertEqual(len(self.store.of(JOHN)), 5)
        client.quit()
        self.assert_same(self.store.of(JOHN), [messages[0], *messages[2:]])
        client = self.poplib()
        self.assertEqual([line.split()[1] for line in client.uidl()[1]], [uidls[0], *uidls[2:]])
        client.quit()

    def test_what_is_deleted_on_a_dropped_connection_stays(self):
        self.given(*series(2))
        client = self.poplib()
        client.dele(1)
        client.close()
        self.assert_same(self.fetched(), series(2))

    def test_a_wrong_password_is_an_error_and_the_session_goes_on(self):
        client = poplib.POP3("127.0.0.1", self.pop3.port, timeout=wire.HANG_S)
        client.user(JOHN)
        with self.assertRaisesRegex(poplib.error_proto, "AUTH"):
            client.pass_("wrong")
        client.user(JOHN)
        client.pass_(PASSWORDS[JOHN])
        client.quit()

    def test_a_mailbox_goes_through_both_servers_and_is_the_same(self):
        for kind in (mailbox.Maildir, mailbox.mbox):
            with self.subTest(kind=kind.__name__):
                before, after = kind(self.home / f"{kind.__name__}-1"), kind(self.home / f"{kind.__name__}-2")
                keys = [before.add(with_lf(message)) for message in LETTERS]
                with self.smtplib() as client:
                    for key in keys:
                        client.sendmail(SENDER, MARY, before.get_bytes(key).replace(b"\n", b"\r\n"))
                client = self.poplib(MARY)
                for n in range(client.stat()[0]):
                    after.add(b"".join(line + b"\n" for line in client.retr(n + 1)[1]))
                    client.dele(n + 1)
                client.quit()
                self.assert_same(sorted(map(after.get_bytes, after.keys())), sorted(map(with_lf, LETTERS)))
                before.close()
                after.close()
