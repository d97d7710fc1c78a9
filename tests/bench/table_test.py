"""compare.sh's table: which way a ratio goes, and when a floor is met."""
import pathlib
import sys
import unittest
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "compare"))
import chart  # noqa: E402
import loads  # noqa: E402
import verdicts  # noqa: E402


def smtp(per_s, p99=1.0, longest=1.0, cpu=100.0, delivered_per_s=None):
    return {"per_s": per_s, "delivered_per_s": delivered_per_s or per_s, "latency_ms": {"p99": p99, "max": longest},
            "cpu_us_delivered": cpu}


class TableTest(unittest.TestCase):
    def setUp(self):
        self.measurements = verdicts.Measurements()

    def row(self, title):
        found = [verdict for verdict in verdicts.of(self.measurements) if verdict.title.startswith(title)]
        self.assertEqual(len(found), 1, title)
        return found[0]

    def test_a_rate_is_better_when_it_is_more_and_the_median_counts(self):
        for per_s in (900, 350, 100):
            self.measurements.add("smtp-10", "ours", smtp(per_s))
            self.measurements.add("smtp-10", "theirs", smtp(100))
        verdict = self.row("4 KiB, 10 sessions")
        self.assertEqual((verdict.ratio, verdict.floor, verdict.met), (3.5, 3.5, True))

    def test_a_latency_and_cpu_are_better_when_they_are_less(self):
        self.measurements.add("smtp-10", "ours", smtp(100, p99=30, cpu=100))
        self.measurements.add("smtp-10", "theirs", smtp(100, p99=15, cpu=1199))
        self.assertEqual((self.row("p99 latency").ratio, self.row("p99 latency").met), (0.5, False))
        self.assertEqual((self.row("CPU").ratio, self.row("CPU").met), (11.99, False))

    def test_what_is_delivered_is_compared_beside_what_is_acknowledged_and_has_no_floor(self):
        self.measurements.add("smtp-10", "ours", smtp(300, delivered_per_s=290))
        self.measurements.add("smtp-10", "theirs", smtp(100, delivered_per_s=50))
        self.assertEqual((self.row("in the mailboxes").ratio, self.row("in the mailboxes").met), (5.8, None))
        self.assertEqual((self.row("4 KiB, 10 sessions").ratio, self.row("4 KiB, 10 sessions").met), (3.0, False))

    def test_the_longest_stall_of_all_rounds_and_loads_counts(self):
        for key, longest in (("smtp-1", 10), ("smtp-1", 201), ("smtp-10", 20)):
            self.measurements.add(key, "ours", smtp(100, longest=longest))
        self.measurements.add("smtp-10", "theirs", smtp(100, longest=900))
        verdict = self.row("longest stall")
        self.assertEqual((verdict.ours, verdict.met), ("201 ms", False))

    def test_without_the_peer_no_floor_is_met_or_missed(self):
        self.measurements.add("smtp-10", "ours", smtp(100))
        self.assertEqual([v.met for v in verdicts.of(self.measurements) if v.floor], [None] * 3)

    def test_idle_connections_are_held_to_absolute_limits(self):
        self.measurements.add("idle-smtp", "ours", {"seconds": 10.5, "server": {"rss_kib": 40 * 1024}})
        accepted, memory = verdicts.of(self.measurements)
        self.assertEqual((accepted.met, memory.met), (False, True))

    def test_every_load_has_a_row_and_the_picture_is_well_formed(self):
        for load in loads.SMTP + loads.SMTP_TLS:
            for name in ("ours", "theirs"):
                self.measurements.add(load.key, name, smtp(100))
        for load in loads.POP3:
            for name in ("ours", "theirs"):
                self.measurements.add(load.key, name, {"per_s": 3, "mb_per_s": 2, "latency_ms": {"p50": 1}})
        found = verdicts.of(self.measurements)
        for load in loads.SMTP + loads.SMTP_TLS + loads.POP3:
            self.assertIn(load.title, verdicts.markdown(found))
            self.assertIn(load.title, verdicts.plain(found))
        picture = ElementTree.fromstring(chart.svg(found, "a < b"))
        titles = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
        self.assertIn(loads.POP3[-1].title, " ".join(titles))


if __name__ == "__main__":
    unittest.main()
