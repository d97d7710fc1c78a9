"""growth.py measures what it says: every part runs to its end, in tiny, and what must hold whatever the speed holds."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "e2e"))
sys.path.insert(0, str(TESTS / "bench" / "growth"))
from findings import Findings  # noqa: E402
from servers import BINARIES, ROOT  # noqa: E402
from wire import HANG_S  # noqa: E402

MAILBENCH = os.environ.get("MAILBENCH", str(ROOT / "build/asan/tests/bench/mailbench"))
MESSAGES, CLIENTS = 40, 3
# AddressSanitizer keeps what was freed, to catch who uses it: hundreds of MiB, which would hide what the servers take.
LITTLE_KEPT = {"ASAN_OPTIONS": "quarantine_size_mb=1:" + os.environ.get("ASAN_OPTIONS", "")}
TINY = ("--messages", MESSAGES, "--users", 20, "--clients", CLIENTS, "--octets", 1000, "--rounds", 1, "--seconds", 0.2)


class GrowthTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mymail-growth-test-")
        self.addCleanup(folder.cleanup)
        self.build, self.ground = pathlib.Path(folder.name) / "build", pathlib.Path(folder.name) / "ground"
        self.ground.mkdir()
        for where, program in (("smtpd/mysmtpd", BINARIES["smtpd"]), ("pop3d/mypopd", BINARIES["pop3d"]),
                               ("tests/bench/mailbench", MAILBENCH)):
            (self.build / where).parent.mkdir(parents=True)
            (self.build / where).symlink_to(program)

    def run_it(self, *arguments):
        return subprocess.run([sys.executable, TESTS / "bench/growth.py", "--plain-folder", "--build", self.build,
                               "--folder", self.ground, *map(str, arguments)], capture_output=True, text=True, timeout=HANG_S,
                              env={**os.environ, **LITTLE_KEPT})

    def figures(self, part, *arguments):
        """Title → figure, and title → whether the floor is met."""
        ended = self.run_it(part, *TINY, *arguments)
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        found = json.loads(ended.stdout.splitlines()[-1])
        self.assertEqual(found["part"], part)
        self.assertEqual(list(self.ground.iterdir()), [], "it leaves something behind")
        return {row["title"]: row["value"] for row in found["rows"]}, {row["title"]: row["met"] for row in found["rows"]}

    def assert_all_positive(self, figures, *beginnings):
        for beginning in beginnings:
            chosen = [value for title, value in figures.items() if title.startswith(beginning)]
            self.assertTrue(chosen, beginning)
            for value in chosen:
                self.assertGreater(value, 0, beginning)

    def test_mailbox_delivers_to_both_and_deletes(self):
        figures, met = self.figures("mailbox")   # which counts what was deleted and delivered itself
        self.assert_all_positive(figures, "deliveries to an empty", f"deliveries to one of {MESSAGES}", "QUIT that deletes 1",
                                 "QUIT that deletes 4", "QUIT that deletes all", "the longest that a delivery")
        for sessions in (1, 10):
            self.assertEqual(met[f"ratio, sessions: {sessions}"], figures[f"ratio, sessions: {sessions}"] >= 0.7)

    def test_index_finds_every_message_each_time(self):
        figures, _ = self.figures("index")   # which compares the messages listed with those that are there
        for kind in ("the first", "the mailbox unchanged", "one message more", "one message fewer"):
            self.assertLess(0, figures[f"{kind}: PASS"])
            self.assertLess(figures[f"{kind}: PASS"], figures[f"{kind}: PASS to the end of LIST"])
        self.assertLessEqual(figures["after all logins to it"], figures["the most meanwhile"])

    def test_users_are_counted_and_replaced(self):
        figures, _ = self.figures("users")   # which sees that the users are those of the file that was put there last
        self.assert_all_positive(figures, "logins, 10 users", "logins, 20 users", "messages to 10", "times that users.txt",
                                 "NOOP of a running session", "RCPT of a running session", "RCPT right after", "the RCPT after")

    def test_a_message_in_flight_takes_less_memory_than_it_has_octets(self):
        figures, met = self.figures("flight", "--octets", 20 << 20)
        self.assert_all_positive(figures, f"clients: {CLIENTS}, sending",
                                 "clients: 1, reading nothing of a RETR of 20 MiB: the most")
        # Less than a message: nobody keeps one whole. The floor itself is no bound of a build with sanitizers.
        titles = [title for title in met if title.endswith("more than idle, a client")]
        self.assertEqual(len(titles), 4)
        for title in titles:
            self.assertLess(figures[title], 16 * 1024, title)
        for title, more in figures.items():
            if title.endswith("threads more"):
                self.assertEqual(more, 0, title)

    def test_threads_are_compared_for_each_load(self):
        figures, _ = self.figures("threads")
        for load in ("4 KiB, 100 sessions, pipelined", "logins, 10 sessions", "RETR of 4 KiB, 10 sessions, pipelined"):
            one, two = (figures[f"{load}, --io-threads {threads}"] for threads in (1, 2))
            self.assertAlmostEqual(figures[f"{load}: two against one"], two / one, places=2)

    def test_a_server_that_is_not_there_is_a_failure_and_leaves_nothing(self):
        (self.build / "smtpd/mysmtpd").unlink()
        ended = self.run_it("users", *TINY)
        self.assertEqual(ended.returncode, 1, ended.stdout)
        self.assertIn("FAILED: users", ended.stdout)
        self.assertEqual(list(self.ground.iterdir()), [])

    def test_counts_and_times_are_bounded(self):
        for wrong in (("--messages", 10**7), ("--clients", 0), ("--octets", 10**9), ("--seconds", 100), ("everything",)):
            self.assertEqual(self.run_it(*wrong).returncode, 2, wrong)


class FindingsTest(unittest.TestCase):
    def test_a_floor_is_met_from_itself_on_and_a_ceiling_up_to_itself(self):
        findings = Findings("part", lambda _: None)
        for value in (0.69, 0.7):
            findings.at_least("rate", value, "/s", 0.7)
        for value in (64, 64.01):
            findings.at_most("memory", value, "MiB", 64)
        self.assertEqual([row.met for row in findings.rows], [False, True, True, False])
        self.assertIn("| rate | 0.69 /s | ≥ 0.7 | **missed** |", findings.markdown())
        self.assertEqual(json.loads(findings.json(command="x"))["rows"][1],
                         {"title": "rate", "value": 0.7, "unit": "/s", "floor": "≥ 0.7", "met": True})


if __name__ == "__main__":
    unittest.main()
