#!/usr/bin/env python3
"""Measures what growth costs mysmtpd and mypopd, part by part:

  mailbox   deliveries to a mailbox of 100,000 messages against an empty one; QUIT with deletions from it
  index     logins to a mailbox of 100,000 messages, and the memory that mypopd keeps for it
  users     10,000 users in users.txt against 10; how long sessions wait while it is replaced again and again
  flight    memory while 100 clients send 50 MiB each, and while 100 ask for 50 MiB and read nothing
  threads   --io-threads 2 against 1

What is compared is measured in turn; the ratios are those of the medians. Prints each figure as it is found, then a table, then a
line of JSON for each part. Only loopback, ports that the system chooses. As root each part has a journalled ext4 of its own, in a
file that is gone at the end (flight: 7 GiB); else, or with --plain-folder, a temporary folder. Exit status: 0, also where a floor
is missed; 1 when something failed, and then there are no figures of that part.
"""
import argparse
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parent / "growth"))
import growth_path  # noqa: F401, E402
import disks  # noqa: E402
import in_flight  # noqa: E402
import io_threads  # noqa: E402
import large_mailbox  # noqa: E402
import mailbox_index  # noqa: E402
import many_users  # noqa: E402
from findings import Findings  # noqa: E402
from ground import Ground  # noqa: E402
from mailbench import Failed  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PARTS = {"mailbox": large_mailbox, "index": mailbox_index, "users": many_users, "flight": in_flight, "threads": io_threads}
# Option → as it comes, least, most, what it is.
SIZES = {
    "messages": (100_000, 20, 500_000, "messages in the large mailbox"),
    "users": (10_000, 11, 100_000, "users in the large users.txt"),
    "clients": (100, 1, 500, "clients of flight"),
    "octets": (50 * disks.MIB, 256, 50 * disks.MIB, "the size of their messages"),
    "rounds": (3, 1, 20, "how often each is measured, in turn"),
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help="which parts (default: all)")
    parser.add_argument("--build", default=str(ROOT / "build/bench"), metavar="DIR",
                        help="the build that is measured (default build/bench: `cmake --preset bench && cmake --build --preset bench`)")
    parser.add_argument("--folder", default="/var/tmp", metavar="DIR", help="where the disk's file lies (default /var/tmp)")
    parser.add_argument("--plain-folder", action="store_true", help="no disk of its own: in a folder below --folder")
    parser.add_argument("--seconds", type=float, default=3, metavar="S", help="how long each rate is measured (default 3)")
    for name, (usual, _, _, what) in SIZES.items():
        parser.add_argument(f"--{name}", type=int, default=usual, metavar="N", help=f"{what} (default {usual})")
    options = parser.parse_args()
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"no part is called {part}: {' '.join(PARTS)}")
    for name, (_, least, most, _) in SIZES.items():
        if not least <= getattr(options, name) <= most:
            parser.error(f"--{name} is {least} to {most}")
    if not 0.1 <= options.seconds <= 60:
        parser.error("--seconds is 0.1 to 60")
    options.parts = [part for part in PARTS if part in (options.parts or PARTS)]
    return options


def run(part, options):
    """Its findings, or None when it failed."""
    begun = time.monotonic()

    def say(text):
        print(f"[{time.monotonic() - begun:5.1f} s] {text}", flush=True)

    findings = Findings(part, say)
    try:
        with Ground(options, PARTS[part].mib(options)) as ground:
            PARTS[part].measure(ground, options, findings)
    except (Failed, RuntimeError, OSError, AssertionError, subprocess.SubprocessError, disks.CannotMount) as failed:
        print(f"FAILED: {part}: {failed}", flush=True)
        return None
    return findings


def main():
    options = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    tempfile.tempdir = options.folder
    if not options.plain_folder and (reason := disks.why_not()):
        print(f"In a plain folder below {options.folder}: {reason}")
        options.plain_folder = True
    load = os.getloadavg()[0]
    try:
        found = [run(part, options) for part in options.parts]
    except KeyboardInterrupt:
        print("Interrupted: everything is removed.")
        return 130
    print("\n| | | floor | |\n|---|--:|--:|---|")
    for findings in filter(None, found):
        print(findings.markdown())
    command = "tests/bench/growth.py " + shlex.join(sys.argv[1:])
    for findings in filter(None, found):
        print(findings.json(command=command, load_average_before=load))
    return 0 if all(found) else 1


if __name__ == "__main__":
    sys.exit(main())
