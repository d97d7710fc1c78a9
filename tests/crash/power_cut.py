#!/usr/bin/env python3
"""The power cut: nothing that was acknowledged is lost, nothing is torn.

    power_cut.py [--rounds N] [--seed S]               10 rounds by default
    power_cut.py --without-syncs LIBRARY [--of WHAT]   the counter-proof: it must lose mail

The store is on an ext4 image, mounted with commit=300, so that next to nothing reaches the disk but by
a sync. Each round: six senders and three readers that delete; at a random moment (an acknowledgement,
between a message's last octet and its 250, in the middle of a QUIT that deletes) both servers get
SIGSTOP, and what they have answered is read to its end; the image is copied until a pass finds no
difference; the servers are killed, the image is thrown away, and the copy is mounted, which replays its
journal. There every mailbox is read by mypopd and as files, and compared with what was promised
(ledger.py). The next round goes on with the copy, now and then with a new image. What a copy
can hold and what not is said in disks.py.

--without-syncs preloads LIBRARY (no_sync.cc) into both servers, and the verdict is turned round. WHAT:
all, data or folders. The servers are those that MYSMTPD and MYPOPD name, by default build/asan's.

Exit status 0: all promises held; 1: one did not; 77: nothing can be mounted here. With --without-syncs
0: mail was lost; 1: none was.
"""
import argparse
import os
import signal
import sys

import disks
import load
import rounds

SKIPPED = 77
IMAGE_MIB = 128
ROUNDS_AN_IMAGE = 5   # the most; each image but the last lives on in its copy


def one_round(run, image, copy_name, kind):
    """Returns the copy, mounted and compared, and what happened in words."""
    servers = [run.start(which) for which in ("smtpd", "pop3d")]

    def strike():
        for server in servers:
            server.process.send_signal(signal.SIGSTOP)

    try:
        when = run.under_load(servers[:1], servers[1:], kind, strike)
        copy, passes = image.copy_settled(copy_name)
    finally:
        for server in servers:
            run.kill(server)
    image.unmount()
    image.file.unlink()
    copy.folder = image.folder   # the store's path stays what it was
    copy.mount()
    run.settle(names_may_return=True)
    return copy, f"{when}, {passes} passes of copying"


def cut_power(options, environment, report):
    number = 0
    while number < options.rounds:
        with disks.Disks() as mine:
            image = mine.ext4("0.img", IMAGE_MIB)
            image.mount()
            run = rounds.Rounds(image.folder / "mail.store", f"{options.seed} {number}", environment)
            try:
                for _ in range(run.chance.randint(1, ROUNDS_AN_IMAGE)):
                    number += 1
                    kind = load.Moment.KINDS[number % 3]
                    image, when = one_round(run, image, f"{number}.img", kind)
                    counts = run.ledger.counts
                    print(f"round {number}: {when}: on this image {counts['acknowledged']} acknowledged, "
                          f"{counts['removed']} removed, {counts['lost']} lost, {counts['torn']} torn", flush=True)
                    if number == options.rounds or environment:
                        break
            finally:
                report.add(run)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--without-syncs", metavar="LIBRARY")
    parser.add_argument("--of", choices=("all", "data", "folders"), default="all")
    options = parser.parse_args()
    if reason := disks.why_not():
        print(f"SKIPPED: no power cuts: {reason}")
        return SKIPPED

    environment = None
    if options.without_syncs:
        environment = {"LD_PRELOAD": os.path.abspath(options.without_syncs), "NO_SYNC_OF": options.of,
                       "ASAN_OPTIONS": "verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", "")}
    report = rounds.Report()
    cut_power(options, environment, report)
    report.say()
    if environment:
        lost = report.counts["lost"] + report.counts["torn"]
        print(f"{'PASSED' if lost else 'FAILED'}: servers without syncs ({options.of}) "
              f"{'lose mail' if lost else 'lost nothing'}, {options.rounds} rounds")
        return 0 if lost else 1
    print(f"{'FAILED' if report.faults else 'PASSED'}: power cuts, {options.rounds} rounds")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
