"""SIGTERM, SIGINT and SIGHUP: an end in order, an end at once, and users.txt read again."""
import signal
import subprocess

import wire
from servers import JOHN, MARY, ServerCase

END = (signal.SIGTERM, signal.SIGINT)


class EndTest(ServerCase):
    # Covers: 5321-3.8-2
    def test_idle_sessions_hear_of_it_and_nobody_else_gets_in(self):
        for which, farewell in (("smtpd", rb"^421 .*\r\n$"), ("pop3d", rb"^-ERR .*\r\n$")):
            for number in END:
                server = self.site.start(which)
                with server.connect() as idle, server.connect() as amid_a_line:
                    amid_a_line.send(b"NOO")
                    server.process.send_signal(number)
                    self.assertRegex(idle.rest(), farewell)
                    self.assertRegex(amid_a_line.rest(), farewell)
                self.assertEqual(server.process.wait(wire.HANG_S), 0)
                with self.assertRaises(ConnectionRefusedError):
                    wire.Wire(server.port)

    def test_a_server_without_clients_ends_with_0(self):
        for which in ("smtpd", "pop3d"):
            for number in END:
                server = self.site.start(which)
                server.process.send_signal(number)
                self.assertEqual(server.process.wait(wire.HANG_S), 0)

    def test_the_deletions_of_a_quit_are_finished(self):
        for n in range(200):
            self.store.put(JOHN, n, b"x\r\n")
        pop3 = self.start_pop3()
        with self.logged_in(pop3) as client:
            for n in range(200):
                client.must(f"DELE {n + 1}", "+OK")
            client.send(b"QUIT\r\n")
            pop3.terminate()
            said = client.rest()
        self.assertEqual(pop3.process.wait(wire.HANG_S), 0)
        # The signal may have come before QUIT was read: then nothing is deleted. Never a part.
        self.assertIn((said[:4], len(self.store.of(JOHN))), [(b"+OK ", 0), (b"-ERR", 200)])

    def test_messages_in_their_commit_are_answered(self):
        smtp = self.start_smtp()
        clients = [smtp.connect() for _ in range(20)]
        for client in clients:
            client.ehlo()
            client.envelope(JOHN)
        for client in clients:
            client.send(b"x\r\n.\r\n")
        smtp.terminate()
        answers = [client.rest() for client in clients]
        for client in clients:
            client.close()
        self.assertEqual(smtp.process.wait(wire.HANG_S), 0)
        for answer in answers:
            self.assertRegex(answer, rb"^(250 [^\r]*\r\n)?421 [^\r]*\r\n$")
        self.assertEqual(len(self.store.of(JOHN)), sum(a.startswith(b"250") for a in answers))


class RepeatedSignalTest(ServerCase):
    def test_signals_that_come_while_it_ends_change_nothing(self):
        for which in ("smtpd", "pop3d"):
            for number in END:
                server = self.site.start(which)
                while server.process.poll() is None:
                    server.process.send_signal(number)
                self.assertEqual(server.process.returncode, 0)


class SecondSignalTest(ServerCase):
    def test_a_second_signal_ends_it_at_once(self):
        """Sent again until it ends: within a second of the first it is the same signal once more."""
        self.store.put(JOHN, 0, b"x" * 998 + b"\r\n")
        for number in END:
            pop3 = self.start_pop3()
            with self.logged_in(pop3) as client:
                # It never reads what it asks for, so its session cannot end.
                client.send(b"RETR 1\r\n" * 20_000)
                pop3.process.send_signal(number)
                status = None
                while status is None:
                    try:
                        status = pop3.process.wait(0.2)
                    except subprocess.TimeoutExpired:
                        pop3.process.send_signal(number)
            self.assertEqual(status, 128 + number, pop3.stderr())   # cut off by the grace it is 0
            self.assertIn("stopped-at-once", pop3.stderr())
            pop3.kills = True


class HangUpTest(ServerCase):
    """Logs say when it is done; a test reads them up to that."""

    def hang_up(self, server):
        server.process.send_signal(signal.SIGHUP)

    def users_read(self, server, count):
        """Waits until so many hang-ups are done."""
        while True:
            events = [line for line in server.stderr().splitlines()
                      if " users-read " in line or " users-kept " in line]
            if len(events) >= count:
                return events
            try:
                server.process.wait(0.02)
                raise AssertionError(server.stderr())
            except subprocess.TimeoutExpired:
                pass

    def test_an_emptied_file_counts(self):
        smtp = self.start_smtp()
        with smtp.connect() as client:
            client.must(f"VRFY {JOHN}", "250")
            self.site.users_file.write_text("")
            self.hang_up(smtp)
            self.users_read(smtp, 1)
            client.must(f"VRFY {JOHN}", "550")
            client.must("VRFY <postmaster>", "550")
            self.site.users_file.write_text(f"{MARY} x\n")
            client.must(f"VRFY {MARY}", "250")

    def test_a_removed_file_counts(self):
        pop3 = self.start_pop3()
        with pop3.connect() as client:
            client.must(f"USER {JOHN}", "+OK")
            self.site.users_file.unlink()
            client.must(f"USER {JOHN}", "+OK")
            self.hang_up(pop3)
            events = self.users_read(pop3, 2)
            client.must(f"USER {JOHN}", "-ERR")
        self.assertRegex(events[0], " error users-kept .*No such file")
        self.assertRegex(events[1], " info users-read users=0$")

    def test_a_bad_line_does_not(self):
        smtp = self.start_smtp()
        with smtp.connect() as client:
            self.site.users_file.write_text(f"{MARY} x\nnobody\n")
            self.hang_up(smtp)
            self.assertRegex(self.users_read(smtp, 1)[0], r" error users-kept reason=.*users\.txt:2: ")
            client.must(f"VRFY {JOHN}", "250")
