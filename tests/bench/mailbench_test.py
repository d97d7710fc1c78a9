"""mailbench measures what it says: it counts what happened, and takes nothing wrong for right."""
import json
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
import certificates  # noqa: E402
from servers import JOHN, ServerCase  # noqa: E402
from wire import HANG_S  # noqa: E402

MAILBENCH = os.environ.get("MAILBENCH", str(pathlib.Path(__file__).resolve().parent.parent.parent /
                                            "build/asan/tests/bench/mailbench"))
OCTETS = 5000


def run(*arguments):
    """Returns its exit status, and what it printed."""
    ended = subprocess.run([MAILBENCH, *map(str, arguments)], capture_output=True, timeout=HANG_S)
    if b"Sanitizer" in ended.stderr or b"runtime error" in ended.stderr:
        raise AssertionError(ended.stderr.decode())
    return ended.returncode, ended.stdout


class MailbenchCase(ServerCase):
    def load(self, server, mode, *arguments, status=0):
        """Runs it against a server, and returns the JSON."""
        users = () if mode == "idle" else ("--users", self.site.users_file)
        ended, said = run(mode, "--port", server.port, *users, *arguments)
        self.assertEqual(ended, status, said)
        return json.loads(said)

    def send(self, smtp, count, *arguments):
        return self.load(smtp, "smtp", "--count", count, "--octets", OCTETS, *arguments)

    def assert_measured(self, measured, count):
        self.assertEqual((measured["count"], measured["errors"], measured["first_error"]), (count, 0, ""))
        latency = measured["latency_ms"]
        self.assertLess(0, measured["seconds"])
        self.assertLessEqual(latency["p50"], latency["p99"])
        self.assertLessEqual(latency["p99"], latency["max"])


class SmtpTest(MailbenchCase):
    def test_every_message_that_it_counts_is_stored_whole(self):
        measured = self.send(self.start_smtp(), 60, "--sessions", 5)
        self.assert_measured(measured, 60)
        sample = run("text", "--octets", OCTETS)[1]
        stored = [message for user in self.store.folders() for message in self.store.of(user)]
        numbers = sorted(int(message.split(b"Message-ID: <")[1][:10]) for message in stored)
        self.assertEqual(numbers, list(range(60)))
        self.assertEqual({message.replace(b"<%010d@" % number, b"<0000000000@")
                          for message in stored for number in range(60) if b"<%010d@" % number in message}, {sample})

    def test_pipelined_and_a_connection_for_each_it_counts_right(self):
        smtp = self.start_smtp()
        self.assert_measured(self.send(smtp, 20, "--sessions", 3, "--pipelined", "--recipients", 3), 20)
        self.assert_measured(self.send(smtp, 10, "--sessions", 2, "--reconnect", "--recipients", 2), 10)
        self.assertEqual(len(self.store.files()), 20 * 3 + 10 * 2)

    def test_over_tls_it_counts_messages_and_handshakes(self):
        smtp = self.start_smtp(*certificates.shared().server.arguments())
        self.assert_measured(self.send(smtp, 20, "--sessions", 3, "--tls"), 20)
        self.assert_measured(self.send(smtp, 10, "--sessions", 2, "--tls", "--reconnect", "--pipelined"), 10)
        measured = self.send(smtp, 12, "--sessions", 3, "--tls", "--handshakes")
        self.assert_measured(measured, 12)
        self.assertEqual(measured["unit"], "handshakes")
        self.assertEqual(len(self.store.files()), 30)

    def test_a_server_without_tls_is_an_error(self):
        measured = self.load(self.start_smtp(), "smtp", "--count", 2, "--tls", "--handshakes", status=1)
        self.assertEqual((measured["count"], measured["errors"]), (0, 2))
        self.assertIn("502", measured["first_error"])

    def test_a_reply_that_should_not_be_is_an_error(self):
        smtp = self.start_smtp("--max-message-size", "1000")
        measured = self.load(smtp, "smtp", "--count", 3, "--octets", OCTETS, status=1)
        self.assertEqual((measured["count"], measured["errors"]), (0, 3))
        self.assertIn("552", measured["first_error"])

    def test_it_ends_by_time_and_reports_what_the_server_used(self):
        smtp = self.start_smtp()
        measured = self.load(smtp, "smtp", "--seconds", 0.3, "--warm-up", 0.2, "--server-pid", smtp.process.pid)
        self.assertEqual(measured["errors"], 0)
        self.assertEqual(measured["with_warm_up"], len(self.store.files()))
        self.assertLessEqual(measured["count"], measured["with_warm_up"])
        self.assertEqual(measured["server"]["processes"], 1)
        self.assertLess(0, measured["server"]["rss_kib"])


class Pop3Test(MailbenchCase):
    def setUp(self):
        super().setUp()
        self.send(self.start_smtp(), 9)   # three users, three each
        self.pop3 = self.start_pop3()

    def fetch(self, work, *arguments, status=0):
        return self.load(self.pop3, "pop3", "--work", work, "--octets", OCTETS, *arguments, status=status)

    def test_every_message_comes_back_as_it_was_sent(self):
        for how in ((), ("--pipelined",)):
            measured = self.fetch("retr", "--sessions", 3, "--count", 9, "--check-text", "--expect", 3, *how)
            self.assert_measured(measured, 9)

    def test_logins_and_listings_are_counted(self):
        self.assert_measured(self.fetch("login", "--sessions", 3, "--count", 12, "--expect", 3), 12)
        self.assert_measured(self.fetch("list", "--count", 3, "--expect", 3), 3)
        self.assert_measured(self.fetch("uidl", "--count", 3, "--expect", 3), 3)

    def test_what_it_deletes_is_gone(self):
        self.assert_measured(self.fetch("dele", "--sessions", 2, "--count", 2, "--pipelined"), 2)
        self.assertEqual([len(self.store.of(user)) for user in self.store.folders()].count(3), 1)
        self.assert_measured(self.fetch("dele", "--sessions", 3, "--count", 3), 3)
        self.assertEqual(self.store.files(), {})

    def test_another_text_is_an_error(self):
        sample = run("text", "--octets", OCTETS)[1]
        for changed in (sample[:-10] + b"X" + sample[-9:], sample[:2000] + sample[2001:]):
            self.store.put(JOHN, 50, changed)
            measured = self.fetch("retr", "--count", 4, "--check-text", status=1)
            self.assertLess(0, measured["errors"])
            self.assertIn("RETR brought", measured["first_error"])

    def test_another_number_of_messages_is_an_error(self):
        self.store.put(JOHN, 50, b"one more\r\n")   # the first user: the first session's
        measured = self.fetch("list", "--count", 1, "--expect", 3, status=1)
        self.assertIn("another number of messages", measured["first_error"])


class IdleTest(MailbenchCase):
    def test_it_holds_what_it_opened(self):
        for server in (self.start_smtp(), self.start_pop3()):
            measured = self.load(server, "idle", "--connections", 300, "--at-once", 50, "--hold", 0.1)
            self.assertEqual((measured["count"], measured["held"], measured["errors"]), (300, 300, 0))

    def test_a_connection_that_is_not_greeted_is_an_error(self):
        smtp = self.start_smtp("--max-connections", "5")
        measured = self.load(smtp, "idle", "--connections", 8, "--hold", 0, status=1)
        self.assertEqual((measured["count"], measured["errors"]), (5, 3))


class OptionsTest(unittest.TestCase):
    def test_it_loads_this_machine_and_no_other(self):
        for host in ("192.0.2.1", "0.0.0.0", "128.0.0.1", "::", "2001:db8::1", "localhost"):
            self.assertEqual(run("idle", "--host", host, "--port", 1), (2, b""))

    def test_counts_and_times_are_bounded(self):
        for wrong in (("--sessions", 100000), ("--count", 10**9), ("--seconds", 10**5), ("--octets", 10**9)):
            self.assertNotIn(run("smtp", "--port", 1, "--users", "/dev/null", *wrong)[0], (0, 1))

    def test_a_sample_has_just_the_octets_that_were_asked_for(self):
        for octets in range(256, 256 + 80):
            text = run("text", "--octets", octets)[1]
            self.assertEqual(len(text), octets)
            self.assertTrue(text.endswith(b"\r\n"))
            self.assertEqual(text.count(b"\n"), text.count(b"\r\n"))


if __name__ == "__main__":
    unittest.main()
