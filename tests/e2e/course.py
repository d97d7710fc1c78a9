#!/usr/bin/env python3
"""Runs the cases of tests/course, the form in which the assignment was given: tests/course/README.md.

    course.py            all
    course.py in.s.3     one

Each starts its server as the assignment does, with nothing but a port, in a fresh folder that holds
users.txt; sends the input in one write, as `nc localhost PORT < in.s.3` does; and compares the
replies and the store. Exit status 0: all right; 1: a fault; 2: no such case.
"""
import difflib
import re
import shutil
import socket
import sys

import servers
import wire

FOLDER = servers.ROOT / "tests/course"
SERVERS = {"s": "smtpd", "p": "pop3d"}


def store_in(folder):
    return servers.Store(folder).files() if folder.exists() else {}


def compare_replies(replies, file):
    expected = file.read_bytes().replace(b"HOSTNAME", socket.gethostname().encode())
    found = re.sub(rb"; id=[0-9a-f]+\r$", b"; id=STAMP", replies, flags=re.MULTILINE).replace(b"\r", b"")
    if found == expected:
        return []
    difference = difflib.unified_diff(expected.decode("latin-1").splitlines(), found.decode("latin-1").splitlines(),
                                      file.name, "the server", lineterm="")
    return ["replies differ:\n" + "\n".join(difference)]


def compare_stores(found, expected):
    faults = [f"stored, and should not be: {name}" for name in found if name not in expected]
    faults += [f"not stored: {name}" for name in expected if name not in found]
    faults += [f"{name} holds {found[name]!r}, not {expected[name]!r}"
               for name in expected if found.get(name, expected[name]) != expected[name]]
    return faults


def run(kind, number):
    """The faults of one case."""
    given, expected = FOLDER / f"in.{kind}.{number}", FOLDER / f"exp.{kind}.{number}"
    site = servers.Site()
    try:
        initial = FOLDER / f"{given.name}.mail.store"
        if initial.exists():
            shutil.copytree(initial, site.store.folder)
        server = site.start(SERVERS[kind])
        with wire.Wire(server.port) as client:
            client.send(given.read_bytes())
            replies = client.rest()
        fault = site.end(server)
        faults = [fault] if fault else []
        faults += compare_replies(replies, expected)
        return faults + compare_stores(site.store.files(), store_in(FOLDER / f"{expected.name}.mail.store"))
    finally:
        site.close()


def main(wanted):
    cases = sorted((tuple(file.name.split(".")[1:]) for file in FOLDER.glob("in.[sp].*") if file.is_file()),
                   key=lambda case: (case[0], int(case[1])))
    chosen = [case for case in cases if wanted is None or f"in.{case[0]}.{case[1]}" == wanted]
    if not chosen:
        print(f"no case is named so: {wanted}")
        return 2
    failed = 0
    for kind, number in chosen:
        faults = run(kind, number)
        if faults:
            failed += 1
            print(f"FAILED in.{kind}.{number}\n" + "\n".join(faults))
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else None))
