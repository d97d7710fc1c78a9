#!/usr/bin/env python3
"""Compares mysmtpd and mypopd with Postfix and Dovecot: on this machine, on the same disk, in turn.

Run by tests/bench/compare.sh, which says more. As root: the disk is a journalled ext4 in a file, mounted from a loop
device in a mount namespace of this process and its servers alone. After Ctrl-C, SIGTERM or a failure nothing is left.
After kill -9 our servers and Dovecot die too, and the disk with them; Postfix, which changes its user, does not:
`mymail-bench-…` among the cgroups has its processes.
"""
import argparse
import datetime
import fnmatch
import os
import pathlib
import resource
import shlex
import signal
import subprocess
import sys
import tempfile

import crash_path  # noqa: F401
import chart
import disks
import documents
import loads
import machine
import verdicts
from mailbench import Failed, Mailbench
from measure import Bench
from watch import PROFILES

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
SKIPPED = 77


def parse_arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/compare.sh", description=EXPLAINED, epilog=KEYS,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", metavar="PATTERN", default="*",
                        help="only the loads whose key is like this: 'smtp-*'")
    parser.add_argument("--rounds", type=int, default=3, metavar="N",
                        help="how often each is measured, in turn (default 3)")
    parser.add_argument("--seconds", type=float, default=5, metavar="S", help="how long each time (default 5)")
    parser.add_argument("--quick", action="store_true",
                        help="one round of a second each, mailboxes of 10,000: shows that it works, no more")
    parser.add_argument("--ours-only", action="store_true",
                        help="without Postfix and Dovecot, which need not be installed")
    parser.add_argument("--profile", choices=PROFILES,
                        help="watch ours by perf meanwhile: where its CPU goes, or its system calls, thread by thread; "
                        "into the results' folder. Takes --ours-only, and Debian's package linux-perf")
    parser.add_argument("--folder", default=None, metavar="DIR", help="where the disk's file lies (default: /var/tmp)")
    parser.add_argument("--results", default=str(ROOT / "build/bench/results"), metavar="DIR",
                        help="where results.json, table.md and ratios.svg go (default build/bench/results)")
    parser.add_argument("--docs", action="store_true",
                        help="put them into docs/performance.md and docs/performance/, too; takes all rows")
    parser.add_argument("--build", default=str(ROOT / "build/bench"), metavar="DIR",
                        help="the build that is measured")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 1, 1
    if options.rounds < 1 or not 0.5 <= options.seconds <= 60:
        parser.error("--rounds is at least 1, --seconds 0.5 to 60")
    options.keys = [load.key for load in ALL if fnmatch.fnmatch(load.key, options.rows)]
    if not options.keys:
        parser.error(f"no load is like {options.rows}. {KEYS}")
    if options.profile and not options.ours_only:
        parser.error("--profile takes --ours-only")
    if options.docs and (options.rows != "*" or options.quick or options.ours_only):
        parser.error("--docs wants all rows, both sides, and time")
    return options


EXPLAINED = """\
Measures mysmtpd and mypopd side by side with Postfix and Dovecot, row by row and in turn (ours, theirs, ours, …), on
one journalled ext4 in a file on a loop device, and prints a table of ratios with what each is to reach.

Takes root (mounting), 8 GiB of disk, and about 20 minutes. Installs what is missing of Debian's packages and builds
build/bench. The Postfix and the Dovecot that it starts are its own: own configuration, own queue, own ports of
127.0.0.1; those of the machine, if it has any, are not touched. All is removed at the end, also after Ctrl-C."""
ALL = loads.SMTP + loads.SMTP_TLS + loads.POP3 + loads.IDLE
KEYS = "Loads: " + " ".join(load.key for load in ALL)


def raise_descriptors():
    """For 10,000 connections, where the limit is lower: root may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, max(hard, 20_000)))
    except (ValueError, OSError) as error:
        print(f"The limit of descriptors stays at {hard}: {error}", file=sys.stderr)


def keep(options, results, found):
    """Writes the results."""
    table = verdicts.markdown(found)
    picture = chart.svg(found, f"Ours and theirs, medians of {options.rounds} rounds")
    documents.write(pathlib.Path(options.results), results, table, picture)
    if options.docs:
        documents.update(ROOT / "docs", results, table, picture)
    if options.profile:
        print(f"\nThese were watched by perf. No figures to quote.")
    if options.quick:
        print("\nThis was a quick one: mailboxes of 10,000 at most, a second each. No figures to quote.")
    print(f"\nKept in {options.results}: results.json, table.md, ratios.svg")


def commit():
    said = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True)
    return said.stdout.strip()


def main():
    options = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)   # also where we were started without it
    tempfile.tempdir = options.folder or "/var/tmp"
    if reason := disks.why_not():
        print(f"SKIPPED: nothing can be measured: {reason}")
        return SKIPPED
    raise_descriptors()
    results = {"when": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
               "command": "tests/bench/compare.sh " + shlex.join(sys.argv[1:]), "commit": commit(),
               "rounds": options.rounds, "seconds_each": options.seconds, "machine": machine.describe()}
    results["machine"]["disk"] = machine.disk_below(tempfile.gettempdir())
    measurements = verdicts.Measurements()
    build = pathlib.Path(options.build)
    bench = Bench(options, Mailbench(build / "tests/bench/mailbench"), build, measurements)
    try:
        bench.run()
    except (Failed, RuntimeError) as failed:
        print(f"\nFAILED: {failed}")
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted: everything is removed.")
        return 130
    results["machine"]["sync_ms"] = bench.sync_ms
    results["machine"]["load_average_after"] = os.getloadavg()[0]
    found = verdicts.of(measurements)
    results["rows"], results["measurements"] = verdicts.as_json(found), measurements.all
    print("\n" + verdicts.plain(found))
    keep(options, results, found)
    missed = [verdict.title for verdict in found if verdict.met is False]
    print(f"{len(missed)} floors missed" if missed else "No floor was missed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
