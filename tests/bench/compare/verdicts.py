"""The table: of what was measured, each row's medians, their ratio, the floor, and whether it is met."""
import dataclasses
import statistics

import loads


@dataclasses.dataclass
class Verdict:
    title: str
    ours: str
    theirs: str = ""
    ratio: float | None = None   # how many times better ours is
    floor: float | None = None   # of the ratio
    limit: str = ""              # or what ours is held to by itself
    met: bool | None = None      # None: no floor, or nothing to compare with


class Measurements:
    """load's key → "ours" or "theirs" → what mailbench said, a dict a round."""

    def __init__(self):
        self.all = {}

    def add(self, key, name, measured):
        self.all.setdefault(key, {}).setdefault(name, []).append(measured)

    def rounds(self, key, name):
        return self.all.get(key, {}).get(name, [])

    def median(self, key, name, value):
        """Of `value`, a function of what mailbench said; None if it was not measured."""
        rounds = self.rounds(key, name)
        return statistics.median(map(value, rounds)) if rounds else None


def number(value, unit):
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}".strip()


def compared(title, measurements, key, value, unit, floor, less_is_better=False):
    """The row for one value, or none if ours was not measured."""
    ours, theirs = (measurements.median(key, name, value) for name in ("ours", "theirs"))
    if ours is None:
        return []
    if theirs is None:
        return [Verdict(title, number(ours, unit), floor=floor)]
    ratio = theirs / ours if less_is_better else ours / theirs
    met = None if floor is None else ratio >= floor
    return [Verdict(title, number(ours, unit), number(theirs, unit), ratio, floor, met=met)]


def alone(title, value, unit, limit, met, goal=""):
    return Verdict(title, number(value, unit), limit=f"≤ {limit:,} {unit}" + goal, met=met)


def of(measurements):
    """All rows of the table."""
    found = []
    for load in loads.SMTP:
        found += compared(load.title, measurements, load.key, lambda m: m["per_s"], "/s", load.floor)
    # With the same promise: Postfix's 250 comes before the message is in a mailbox.
    for load in loads.SMTP:
        found += compared(f"in the mailboxes: {load.title}", measurements, load.key, lambda m: m["delivered_per_s"], "/s",
                          None)
    for load in loads.SMTP:
        found += compared(f"p99 latency: {load.title}", measurements, load.key, lambda m: m["latency_ms"]["p99"], "ms",
                          1.0, less_is_better=True)
    found += longest_stall(measurements)
    found += compared("CPU a message: 4 KiB, 10 sessions", measurements, "smtp-10", lambda m: m["cpu_us_delivered"], "µs",
                      loads.CPU_FLOOR, less_is_better=True)
    for load in loads.SMTP_TLS:
        found += compared(load.title, measurements, load.key, lambda m: m["per_s"], "/s", load.floor)
    found += compared("CPU a TLS handshake", measurements, "tls-handshakes", lambda m: m["cpu_us_delivered"], "µs", None,
                      less_is_better=True)
    for load in loads.POP3:
        if load.measure == "p50":
            found += compared(f"{load.title} (goal: {loads.LIST_GOAL_MS} ms)", measurements, load.key,
                              lambda m: m["latency_ms"]["p50"], "ms", load.floor, less_is_better=True)
        else:
            unit = "/s" if load.measure == "per_s" else "MB/s"
            found += compared(load.title, measurements, load.key, lambda m, load=load: m[load.measure], unit,
                              load.floor)
    for load in loads.IDLE:
        found += idle(measurements, load)
    return found


def longest_stall(measurements):
    """The longest that any message of any round took."""
    stalls = [(measured["latency_ms"]["max"], load.title) for load in loads.SMTP
              for measured in measurements.rounds(load.key, "ours")]
    if not stalls:
        return []
    stall, title = max(stalls)
    return [alone(f"longest stall of any message (it was in: {title})", stall, "ms", loads.LONGEST_STALL_MS,
                  stall <= loads.LONGEST_STALL_MS)]


def idle(measurements, load):
    seconds = measurements.median(load.key, "ours", lambda m: m["seconds"])
    if seconds is None:
        return []
    rss_mib = measurements.median(load.key, "ours", lambda m: m["server"]["rss_kib"] / 1024)
    return [alone(f"{load.title}: accepted in", seconds, "s", loads.IDLE_ACCEPTED_S, seconds <= loads.IDLE_ACCEPTED_S),
            alone(f"{load.title}: memory (RSS)", rss_mib, "MiB", loads.IDLE_RSS_MIB, rss_mib <= loads.IDLE_RSS_MIB,
                  f" (goal {loads.IDLE_RSS_GOAL_MIB})")]


def markdown(verdicts):
    lines = ["| | ours | theirs | times better | floor | |", "|---|--:|--:|--:|--:|---|"]
    for verdict in verdicts:
        ratio = f"**{verdict.ratio:.2f}**" if verdict.ratio is not None else ""
        floor = verdict.limit or (f"{verdict.floor:g}" if verdict.floor is not None else "")
        met = {True: "met", False: "**missed**", None: ""}[verdict.met]
        lines.append(f"| {verdict.title} | {verdict.ours} | {verdict.theirs} | {ratio} | {floor} | {met} |")
    return "\n".join(lines)


def plain(verdicts):
    """For a terminal."""
    width = max(len(verdict.title) for verdict in verdicts)
    lines = [f"{'':{width}}  {'ours':>12}  {'theirs':>12}  {'times':>7}  {'floor':>18}"]
    for verdict in verdicts:
        ratio = f"{verdict.ratio:.2f}" if verdict.ratio is not None else ""
        floor = verdict.limit or (f"{verdict.floor:g}" if verdict.floor is not None else "")
        met = {True: "met", False: "MISSED", None: ""}[verdict.met]
        lines.append(f"{verdict.title:{width}}  {verdict.ours:>12}  {verdict.theirs:>12}  {ratio:>7}  {floor:>18}  "
                     + met)
    return "\n".join(lines)


def as_json(verdicts):
    return [dataclasses.asdict(verdict) for verdict in verdicts]
