"""What the servers bear: many clients, slow ones, rude ones, signals, and kill -9."""
import concurrent.futures
import shutil
import socket

import servers
import wire
from servers import JOHN, MARY, ServerCase


def body(tag, lines=50):
    return b"".join(b"%s line %d\r\n" % (tag.encode(), n) for n in range(lines))


class CrashTest(ServerCase):
    # Covers: 5321-2.1-2
    def test_a_message_that_was_answered_250_outlives_kill_9(self):
        messages = []
        for n in range(5):
            smtp = self.start_smtp()
            messages.append(body(f"message {n}"))
            with smtp.connect() as client:
                client.ehlo()
                answer = client.deliver(messages[-1], JOHN, MARY)
                smtp.kill()
            self.assertEqual(answer[:3], "250")
            self.assertEqual(self.store.of(JOHN), messages)
        self.start_smtp()
        with self.logged_in(self.start_pop3(), MARY) as client:
            self.assertEqual([client.message(n + 1) for n in range(5)], messages)
        self.assert_only_mail()

    # Covers: 5321-4.1.1.10-7
    def test_kill_9_in_the_middle_of_a_message_leaves_nothing(self):
        smtp = self.start_smtp()
        with smtp.connect() as client:
            client.ehlo()
            client.envelope(JOHN)
            client.send(body("half", 20_000))
            smtp.kill()
        self.start_smtp()
        self.assertEqual(self.store.files(), {})

    # Covers: 5321-6.1-1
    def test_kill_9_under_load_loses_nothing_that_was_acknowledged(self):
        smtp = self.start_smtp()
        acknowledged = []

        def send(sender):
            try:
                with smtp.connect() as client:
                    client.ehlo()
                    for n in range(1000):
                        message = body(f"{sender} {n}")
                        if client.deliver(message, JOHN)[:3] != "250":
                            return
                        acknowledged.append(message)
                        if len(acknowledged) >= 60:
                            smtp.process.kill()
            except (OSError, AssertionError):
                pass   # killed

        smtp.kills = True
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(send, range(8)))
        smtp.process.wait(wire.HANG_S)
        stored = self.store.of(JOHN)
        self.assertGreaterEqual(len(acknowledged), 60)
        self.assertEqual([m for m in acknowledged if m not in stored], [], "acknowledged and lost")
        for message in stored:
            self.assertEqual(len(message.splitlines()), 50, "a part of a message")
        # What was not acknowledged may be there, at most one a session.
        self.assertLessEqual(len(stored), len(acknowledged) + 8)
        self.start_smtp()
        self.assert_only_mail()


class ManyClientsTest(ServerCase):
    # Covers: 5321-4.5.4.2-1
    def test_many_at_once_get_every_message_through(self):
        smtp, pop3 = self.start_smtp(), self.start_pop3()

        def send(sender):
            with smtp.connect() as client:
                client.ehlo()
                for n in range(10):
                    assert client.deliver(body(f"{sender} {n}"), JOHN, MARY)[:3] == "250"
                client.must("QUIT", "221")

        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            list(pool.map(send, range(32)))
        sent = sorted(body(f"{sender} {n}") for sender in range(32) for n in range(10))
        for user in (JOHN, MARY):
            self.assertEqual(sorted(self.store.of(user)), sent)
            with self.logged_in(pop3, user) as client:
                self.assertEqual(sorted(client.message(n + 1) for n in range(320)), sent)
        self.assert_only_mail()

    def test_a_burst_of_thirty_connections_from_one_address_is_served(self):
        for server, line, reply in ((self.start_smtp(), "EHLO x", "250"), (self.start_pop3(), "CAPA", "+OK")):
            clients = [server.connect() for _ in range(30)]
            for client in clients:
                self.addCleanup(client.close)
            for client in clients:
                client.must(line, reply)

    # Covers: 5321-4.5.4.2-1
    def test_a_slow_client_does_not_hold_up_another(self):
        smtp, pop3 = self.start_smtp(), self.start_pop3()
        with smtp.connect() as slow, smtp.connect() as quick:
            slow.ehlo()
            slow.envelope(JOHN)
            slow.send(b"slow\r\n.")
            quick.ehlo()
            self.assertEqual(quick.deliver(b"quick\r\n", JOHN)[:3], "250")
            slow.send(b"\r\n")
            self.assertEqual(slow.answer()[:3], "250")
        self.assertEqual(self.store.of(JOHN), [b"quick\r\n", b"slow\r\n"])
        with pop3.connect() as slow, self.logged_in(pop3) as quick:
            slow.send(b"USER")
            self.assertEqual(quick.message(1), b"quick\r\n")

    # Covers: 2449-6.6-3
    def test_a_client_that_reads_nothing_does_not_hold_up_another(self):
        self.store.put(JOHN, 0, body("large", 200_000))
        self.store.put(MARY, 0, b"small\r\n")
        pop3 = self.start_pop3()
        with self.logged_in(pop3, JOHN) as deaf, self.logged_in(pop3, MARY) as other:
            deaf.send(b"RETR 1\r\n" * 50)   # some 200 MB, never read
            self.assertEqual(other.message(1), b"small\r\n")


class PipeliningTest(ServerCase):
    # Covers: 2920-3.1-2, 2920-3.2-1
    def test_a_hundred_messages_in_one_write_are_answered_in_order(self):
        with self.start_smtp().connect() as client:
            client.ehlo()
            one = b"MAIL FROM:<>\r\nRCPT TO:<nobody@example.com>\r\nRCPT TO:<%s>\r\nDATA\r\n%d\r\n.\r\n"
            client.send(b"".join(one % (JOHN.encode(), n) for n in range(100)) + b"QUIT\r\n")
            codes = [line[:3] for line in client.rest().split(b"\r\n")]
        self.assertEqual(codes, [b"250", b"550", b"250", b"354", b"250"] * 100 + [b"221", b""])
        self.assertEqual(self.store.of(JOHN), [b"%d\r\n" % n for n in range(100)])

    # Covers: 2449-6.6-1
    def test_a_whole_pop3_session_in_one_write_is_answered_in_order(self):
        for n in range(3):
            self.store.put(JOHN, n, b"%d\r\n" % n)
        with self.start_pop3().connect() as client:
            client.send(f"USER {JOHN}\r\nPASS {servers.PASSWORDS[JOHN]}\r\nSTAT\r\nRETR 2\r\nLIST 3\r\nDELE 1\r\nQUIT\r\n".encode())
            self.assertEqual(client.rest(), b"+OK User is valid, proceed with password\r\n+OK Password is valid, mail loaded\r\n"
                             b"+OK 3 9\r\n+OK Message follows\r\n1\r\n.\r\n+OK 3 3\r\n+OK Message deleted\r\n"
                             b"+OK Service closing transmission channel\r\n")

    # Covers: 2920-3.2-1, 5321-4.2-1
    def test_ten_thousand_pipelined_commands_each_get_a_reply(self):
        with self.start_smtp().connect() as client, concurrent.futures.ThreadPoolExecutor(1) as pool:
            sending = pool.submit(client.send, b"NOOP\r\n" * 10_000 + b"QUIT\r\n")
            replies = client.rest()
            sending.result()
        self.assertEqual(replies.count(b"250 OK (noop)\r\n"), 10_000)


class SignalTest(ServerCase):
    def test_sigterm_tells_idle_sessions(self):
        smtp, pop3 = self.start_smtp("--hostname", "h"), self.start_pop3()
        with smtp.connect() as sender, pop3.connect() as stranger, self.logged_in(pop3) as reader:
            sender.must("HELO client", "250")
            smtp.terminate()
            self.assertEqual(sender.rest(), b"421 h Service not available, closing transmission channel\r\n")
            pop3.terminate()
            for client in (stranger, reader):
                self.assertRegex(client.rest(), rb"^-ERR \[SYS/TEMP\] [^\r\n]*\r\n$")

    def test_sigterm_deletes_nothing_and_stores_nothing_half_sent(self):
        self.store.put(JOHN, 0, b"stays\r\n")
        smtp, pop3 = self.start_smtp(), self.start_pop3()
        with smtp.connect() as sender, self.logged_in(pop3) as reader:
            sender.ehlo()
            sender.envelope(MARY)
            sender.send(b"half\r\n")
            reader.must("DELE 1", "+OK")
            self.assertIsNone(self.site.end(smtp))
            self.assertIsNone(self.site.end(pop3))
        self.assertEqual(self.store.files(), {f"{JOHN}/0.mail": b"stays\r\n"})

    def test_a_restarted_server_gets_its_port_back_at_once(self):
        smtp = self.start_smtp()
        with smtp.connect() as client:
            self.assertIsNone(self.site.end(smtp))
            self.assertEqual(self.start_smtp(port=smtp.port).port, smtp.port)
            client.rest()


class StartTest(ServerCase):
    def test_both_loopback_addresses_are_listened_on(self):
        with socket.socket(socket.AF_INET6) as probe:
            try:
                probe.bind(("::1", 0))
            except OSError:
                self.skipTest("no IPv6 on this machine")
        smtp = self.start_smtp()
        while "::1" not in smtp.ports and smtp.read_listening():
            pass
        with wire.Wire(smtp.ports["::1"], "::1") as client:
            self.assertRegex(client.line(), rb"^220 ")

    def test_a_missing_store_is_made(self):
        self.assertFalse(self.store.folder.exists())
        self.start_pop3()
        self.assertTrue(self.store.folder.is_dir())

    def test_a_store_emptied_by_hand_while_running_starts_anew(self):
        smtp = self.start_smtp()
        with smtp.connect() as client:
            client.ehlo()
            for _ in range(2):
                self.assertEqual(client.deliver(b"x\r\n", JOHN)[:3], "250")
                self.assertEqual(client.deliver(b"y\r\n", JOHN)[:3], "250")
                self.assertEqual(self.store.numbered(JOHN), {0: b"x\r\n", 1: b"y\r\n"})
                shutil.rmtree(self.store.folder / JOHN)
