#!/usr/bin/env python3
"""Plays the transcripts against Debian's Postfix and Dovecot as well, and lists where they answer otherwise.

    compare_with_peers.py                all transcripts
    compare_with_peers.py NAME           those whose name begins with NAME: smtp/data
    compare_with_peers.py --all          list the differences that are explained, too

Answers are compared by meaning, not by word (answers.py), and so is what is in the mailboxes afterwards.
Every difference must have its explanation in explanations.toml, and every explanation its difference.

The peers are private instances on ports of 127.0.0.1, in temporary folders, which end with the script,
however it ends (pid_namespace.py); it must be root to start them. Our servers are those that MYSMTPD and
MYPOPD name, by default build/asan's.
Exit status 0: every difference is explained, once; 1: one is not, or an explanation explains nothing;
2: no transcript is named so; 77: a peer cannot be run here.
"""
import collections
import re
import signal
import sys

import e2e_path  # noqa: F401  (makes the next ones findable)
import dialogue
import differences
import explanations
import pid_namespace
import servers
import transcript_form
import transcripts
from dovecot import Dovecot
from postfix import Postfix


def ours_of(transcript):
    """What our server says, and what is in the mailboxes then."""
    site = servers.Site(transcript.users)
    try:
        server = transcripts.start(site, transcript)
        said = dialogue.Dialogue(transcript, server.tls_port or server.port, *disciplines_of(transcript)).play()
        if fault := site.end(server):
            raise RuntimeError(fault)
        return said, {user: messages for user in site.store.folders() if (messages := site.store.of(user))}
    finally:
        site.close()


def disciplines_of(transcript):
    """Our line ending rule (docs/protocols.md §2), before and after the handshake."""
    if transcript.name.startswith("pop3/"):
        return [dialogue.POP3] * 2
    sent = [b"", b""]
    over_tls = False
    for step in transcript.steps:
        over_tls = over_tls or step.letter == "H"
        if step.letter in "CB":
            sent[over_tls] += step.octets
    return [dialogue.SMTP_LF if re.match(rb"([^\n]*[^\r\n])?\n", octets) else dialogue.SMTP_CRLF for octets in sent]


def compare(peer, transcript):
    said, mailboxes = ours_of(transcript)
    mailboxes = {user: [peer.delivered_form(message) for message in messages] for user, messages in mailboxes.items()}
    port = peer.open(transcript)
    discipline = peer.discipline(transcript)
    theirs = dialogue.Dialogue(transcript, port, discipline, discipline, said, peer.probe).play()
    return (differences.of_dialogues(peer.name, transcript.name, said, theirs) +
            differences.of_mailboxes(peer.name, transcript.name, mailboxes, peer.mailboxes()))


# Postfix knows no quota at RCPT by itself, Dovecot not when mail expires, and neither counts the commands that are right.
NOT_COMPARED = {"session-only", "quota", "message-expiry", "max-commands"}


def read_all(prefix):
    """Transcripts that can be compared, and the others."""
    played, left_out = [], []
    for file in sorted(transcripts.FOLDER.glob("*/*.txt")):
        name = str(file.relative_to(transcripts.FOLDER).with_suffix(""))
        if name.startswith(prefix):
            transcript = transcript_form.read(file, name, "")
            (left_out if NOT_COMPARED & transcript.options.keys() else played).append(transcript)
    return played, left_out


def settings_first(transcript):
    """Those that need the same settings of a peer stand together: each change is a start."""
    return transcript.users != servers.SAMPLE_USERS, sorted(transcript.options.items()), transcript.name


def play_all(played, signals):
    found = []
    for peer_type in (Postfix, Dovecot):
        mine = sorted((t for t in played if t.name.startswith(peer_type.protocol + "/")), key=settings_first)
        if not mine:
            continue
        peer = peer_type()
        try:
            for transcript in mine:
                if signals:
                    sys.exit(128 + signals[0])
                try:
                    found += compare(peer, transcript)
                except Exception as error:
                    error.add_note(f"while {transcript.name} was played")
                    raise
        finally:
            peer.close()
    return found


def main(arguments):
    listing = "--all" in arguments
    prefix = next((argument for argument in arguments if argument != "--all"), "")
    played, left_out = read_all(prefix)
    if not played:
        print(f"no transcript that can be played is named so: {prefix}")
        return 2
    reasons = [reason for peer in (Postfix, Dovecot) if (reason := peer.why_not())]
    if reasons:
        print(f"SKIPPED compare_with_peers: {'; '.join(reasons)}")
        return 77
    # A peer that is just starting cannot be ended: so a signal counts when a transcript has been played.
    signals = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: signals.append(number))
    found = play_all(played, signals)
    print(f"{len(played)} transcripts played, {len(left_out)} need the session's test, or settings that no peer has")
    return 0 if report(found, explanations.read(), listing, all_played=not prefix) else 1


def report(found, known, listing, all_played):
    """Prints what must not be, and all differences if `listing`. True if there is nothing that must not be."""
    faults = 0
    kinds = collections.Counter()
    for difference in sorted(found, key=lambda d: (d.transcript, d.line, d.client)):
        explained = explanations.of(known, difference)
        kinds.update(explanation.kind for explanation in explained)
        faults += len(explained) != 1
        if len(explained) != 1 or listing:
            print(f"{' AND '.join(explanation.kind for explanation in explained) or 'UNEXPLAINED'}: {difference}")
    for idle in explanations.without_difference(known, found) if all_played else []:
        faults += 1
        print(f"EXPLAINS NOTHING: {idle}")
    print(f"{len(found)} differences: {', '.join(f'{count} {kind}' for kind, count in sorted(kinds.items()))}; "
          f"{faults} faults")
    return faults == 0


if __name__ == "__main__":
    sys.exit(pid_namespace.run(lambda: main(sys.argv[1:])))
