#!/usr/bin/env python3
"""Puts the servers under each hostile load and prints what it costs them, and an honest client, as Markdown.

    measure.py [--rounds N] [--pause SECONDS] [--only WORDS] [--store FOLDER]

Takes the servers of build/release, or those that MYSMTPD and MYPOPD name. The honest client is measured on the
idle server and, in the same run, under the load; see honest.py for what it does, footprint.py for the memory.
"""
import argparse
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
os.environ.setdefault("MYSMTPD", str(ROOT / "build/release/smtpd/mysmtpd"))
os.environ.setdefault("MYPOPD", str(ROOT / "build/release/pop3d/mypopd"))

import hostile
import loads
from trial import Trial

HEAD = """\
| load | server | memory: idle | most | growth | at the end | in sockets | descriptors | threads \
| honest client: idle | loaded | times |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"""


def mebibytes(kib):
    return f"{kib / 1024:.1f} MB"


def milliseconds(waits):
    return f"{waits.median:.1f} / {waits.longest:.0f} ms"


def row(load, found):
    cells = [load.title, "mysmtpd" if load.server == "smtpd" else "mypopd",
             mebibytes(found.idle_kib), mebibytes(found.peak_kib), mebibytes(found.growth_kib),
             mebibytes(found.held_kib - found.idle_kib),
             mebibytes(found.unread_kib + found.unsent_kib),
             f"{found.descriptors:,}", found.threads, milliseconds(found.idle), milliseconds(found.loaded),
             f"{found.loaded.median / found.idle.median:.1f} / {found.loaded.longest / found.idle.longest:.1f}"]
    return "| " + " | ".join(map(str, cells)) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=20, help="of the honest client, idle and under each load")
    parser.add_argument("--pause", type=float, default=0, help="seconds before each round under the load")
    parser.add_argument("--only", default="", help="the loads whose title, or server, holds these words")
    parser.add_argument("--store", help="a folder to keep the stores in, by default a temporary one")
    options = parser.parse_args()
    hostile.raise_descriptors()
    print(HEAD, flush=True)
    for load in loads.all_loads():
        if options.only in f"{load.server} {load.title}":
            with Trial(load, options.store) as trial:
                print(row(load, trial.measure(options.rounds, options.pause)), flush=True)


if __name__ == "__main__":
    main()
