#!/usr/bin/env python3
"""Plays transcripts over sockets, against the real servers.

    transcripts.py             all
    transcripts.py NAME        those whose name begins with NAME: smtp/data
    transcripts.py --exactly NAME

Each is played three times, every time on a fresh store: lock-step, byte by byte (a send an octet),
and in one piece. Exit status 0: all right; 1: a fault; 2: none has such a name; 77: every one of
them needs the session's test, and so is skipped.
"""
import contextlib
import subprocess
import sys
import traceback

import certificates
import servers
import transcript_form
import wire

FOLDER = servers.ROOT / "tests/transcripts"
SKIPPED = 77
PACES = ["lock-step", "byte by byte", "in one piece"]


class Fault(Exception):
    pass


class Player:
    """One play of a transcript on an open connection."""

    def __init__(self, client, pace):
        self.client = client
        self.pace = pace
        self.unsent = b""
        self.expected = []   # S steps not yet compared

    def play(self, transcript):
        for step in transcript.steps:
            if step.letter in "CB":
                self.send(step.octets)
            elif step.letter == "S":
                self.expected.append(step)
                if self.pace != "in one piece":
                    self.compare()
            elif step.letter == "E":
                self.catch_up()
                self.client.half_close()
            elif step.letter == "H":
                self.catch_up()
                self.client.start_tls()
        self.catch_up()
        letters = {step.letter for step in transcript.steps}
        if not letters & {"E", "X"}:
            self.client.half_close()
        rest = self.client.rest()
        if rest:
            raise Fault(f"after the last step the server still said {rest!r}")

    def send(self, octets):
        if self.pace == "in one piece":
            self.unsent += octets
            return
        # A server that has closed may say so here; what it said before shows whether it was right.
        with contextlib.suppress(ConnectionError):
            self.client.trickle(octets) if self.pace == "byte by byte" else self.client.send(octets)

    def catch_up(self):
        if self.unsent:
            self.client.send(self.unsent)
            self.unsent = b""
        self.compare()

    def compare(self):
        for step in self.expected:
            line = self.client.line()
            if not step.pattern.fullmatch(line):
                raise Fault(f"line {step.line}: expected {step.octets!r}, and the server said {line!r}")
        self.expected = []


def compare_store(transcript, store):
    expected = {}
    for mailbox, message in transcript.stored:
        expected.setdefault(mailbox, []).append(message)
    found = {user: store.of(user) for user in store.folders() if store.of(user)}
    if found != expected:
        raise Fault(f"stored {found!r}\n    expected {expected!r}")
    mail = sum(len(messages) for messages in found.values())
    if len(store.files()) != mail:
        raise Fault(f"the store holds more than mail: {sorted(store.files())}")


def start(site, transcript):
    """The server that a transcript is about, on a site with the transcript's users."""
    for number, (mailbox, message) in enumerate(transcript.given):
        site.store.put(mailbox, number, message)
    folder = transcript.name.split("/")[0]
    tls = () if transcript.tls is None else certificates.shared().server.arguments()
    if transcript.tls == "started":
        tls += ("--tls-port", "0")
    return site.start(folder + "d", *transcript.arguments(), *tls)


def play(transcript, pace):
    site = servers.Site(transcript.users)
    try:
        server = start(site, transcript)
        with wire.Wire(server.tls_port or server.port) as client:
            if server.tls_port:
                client.start_tls()
            Player(client, pace).play(transcript)
        # Only then is it done with what the client did not wait for.
        fault = site.end(server)
        if fault:
            raise Fault(fault)
        compare_store(transcript, site.store)
    finally:
        site.close()


def run(name, file, versions):
    """One transcript: its faults as text; None when it is skipped."""
    try:
        transcript = transcript_form.read(file, name, versions[name.split("/")[0]])
    except transcript_form.FormError as error:
        return [str(error)]
    if "session-only" in transcript.options:
        print(f"SKIPPED {name}: {transcript.options['session-only']}")
        return None
    faults = []
    for pace in PACES:
        try:
            play(transcript, pace)
        except Fault as fault:
            faults.append(f"{name}, {pace}: {fault}")
        except Exception:   # a socket's error, a server that does not start
            faults.append(f"{name}, {pace}: {traceback.format_exc()}")
    return faults


def version_of(which):
    said = subprocess.run([servers.BINARIES[which], "--version"], check=True, capture_output=True, text=True)
    return said.stdout.split()[-1]


def main(arguments):
    exactly = arguments[:1] == ["--exactly"]
    wanted = arguments[-1] if arguments else ""
    files = {str(file.relative_to(FOLDER).with_suffix("")): file for file in sorted(FOLDER.glob("*/*.txt"))}
    chosen = {name: file for name, file in files.items()
              if (name == wanted if exactly else name.startswith(wanted))}
    if not chosen:
        print(f"no transcript is named so: {wanted}")
        return 2
    versions = {"smtp": version_of("smtpd"), "pop3": version_of("pop3d")}
    passed = failed = skipped = 0
    for name, file in chosen.items():
        faults = run(name, file, versions)
        if faults is None:
            skipped += 1
        elif faults:
            failed += 1
            print("FAILED " + "\n  ".join(faults))
        else:
            passed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    if failed:
        return 1
    return 0 if passed else SKIPPED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
