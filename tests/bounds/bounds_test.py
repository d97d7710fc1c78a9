"""No rude client makes a server large, and an honest one is answered meanwhile.

Each test is a load of loads.py, most of them in its full size. The bounds are generous: some four times what
docs/limits.md has measured. Nothing is said about times: an answer that does not come at all is what fails.
"""
import contextlib
import resource
import time
import unittest

import e2e_path  # noqa: F401
import honest
import hostile
import loads
import slow_loads
import wire
from trial import Trial

ROUNDS = 10
MEBI = 1024   # KiB
IDLE_OCTETS = 2_300   # what an idle connection may cost


class BoundsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        hostile.raise_descriptors()

    def check(self, load, growth_mib):
        """How much the server may grow under the load. That the honest client is answered, honest.py asserts."""
        with Trial(load) as trial:
            found = trial.measure(ROUNDS)
        self.assertLess(found.growth_kib, growth_mib * MEBI)
        self.assertEqual(len(found.loaded.rounds), ROUNDS)
        return found

    def test_a_line_without_end_costs_nothing(self):
        for load in loads.endless_lines():
            with self.subTest(load.title):
                self.check(load, 6)

    def test_noops_whose_replies_nobody_reads_cost_little(self):
        for server in ("smtpd", "pop3d"):
            with self.subTest(server):
                found = self.check(loads.DeafNoops(server), 2)
                self.assertLess(found.unsent_kib, 40 * MEBI)

    def test_listings_that_nobody_reads_cost_no_more_than_the_maildrop(self):
        self.check(loads.DeafListings(messages=100_000, clients=1), 40)

    def test_listings_that_are_read_slowly_cost_no_more_than_the_maildrop(self):
        self.check(loads.SlowListings(messages=10_000), 16)

    def test_listings_of_what_is_deleted_do_not_starve_others(self):
        self.check(loads.EmptiedListings(messages=20_000), 24)

    def test_messages_in_flight_lie_on_the_disk_and_all_arrive_whole(self):
        self.check(loads.MessagesInFlight(messages=40, mebibytes=4), 32)

    def test_a_message_whose_sender_vanished_is_gone(self):
        self.check(loads.DroppedMessages(mebibytes=10), 8)

    def test_retrs_that_nobody_reads_cost_little(self):
        found = self.check(loads.DeafReaders(), 8)
        self.assertLess(found.unsent_kib, 40 * MEBI)   # the kernel would take some four a client

    def test_recipients_without_end_do_not_starve_others(self):
        self.check(loads.ManyRecipients(), 4)

    def test_thousands_of_silent_connections_cost_two_kilobytes_each(self):
        # A server keeps a quarter of its descriptors for other things than connections.
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        connections = min(9_000, hard * 3 // 4 - 100)
        for server in ("smtpd", "pop3d"):
            with self.subTest(server):
                # docs/performance.md says what a connection consists of. More than this is a frame or an object too many.
                found = self.check(loads.Silent(server, connections), connections * IDLE_OCTETS // 1024 // MEBI + 2)
                self.assertGreater(found.descriptors, connections)

    def test_clients_of_an_octet_a_second_cost_little(self):
        for server in ("smtpd", "pop3d"):
            with self.subTest(server):
                self.check(loads.Dripping(server, seconds=2), 8)

    def test_an_honest_client_is_served_while_slow_ones_hold_on(self):
        """More than half of the places are taken."""
        for load in (slow_loads.SlowSenders(200, 300), slow_loads.SlowFetchers(200, 300), slow_loads.SilentOnes("smtpd", 200, 300),
                     slow_loads.SilentOnes("pop3d", 200, 300)):
            with self.subTest(load.title):
                found = self.check(load, 48)
                self.assertGreater(found.descriptors, 200)


class CrowdedTest(unittest.TestCase):
    """All places are taken by clients that are slow: they have their grace of a minute, and are then sent away."""

    def check(self, load):
        with Trial(load) as trial:
            load.begin(trial.server.port)
            try:
                self.assertFalse(self.is_served(load.server, trial.server.port))
                until = time.monotonic() + wire.HANG_S
                while not self.is_served(load.server, trial.server.port):
                    self.assertLess(time.monotonic(), until, "nobody was sent away")
                    for sock in load.sockets:
                        with contextlib.suppress(OSError, AssertionError):
                            load.go_on(sock)
                    time.sleep(0.5)
            finally:
                for sock in load.sockets:
                    sock.close()
            trial.server.wait_for_log("connection-refused")

    @staticmethod
    def is_served(server, port):
        try:
            return honest.ROUND[server](port) > 0
        except (AssertionError, OSError):
            return False

    def test_slow_senders_make_room(self):
        self.check(slow_loads.SlowSenders(30, 30))

    def test_slow_fetchers_make_room(self):
        self.check(slow_loads.SlowFetchers(30, 30))


if __name__ == "__main__":
    unittest.main()
