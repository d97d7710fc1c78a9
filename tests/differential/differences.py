"""Where two servers' answers to the same client differ, and where what they left in the mailboxes does."""
import dataclasses
import os
import re

import answers
import dialogue

NOTHING = "-"   # no answer at this place: the line was not yet at its end, or part of a message
OFFERS = re.compile(rb"(EHLO|CAPA)\b", re.IGNORECASE)
LONG_END = 1000
STATUS = re.compile(r"^(\d{3}) [245]\.\d+\.\d+")


@dataclasses.dataclass(frozen=True)
class Difference:
    peer: str
    transcript: str
    line: int        # 0: not at a line
    client: str      # what the client had sent, as answers.shown() has it; or where it is: "mailbox …"
    ours: str
    theirs: str

    def __str__(self):
        place = f"{self.transcript}:{self.line}" if self.line else self.transcript
        return f"{place}: {self.client}\n    ours {self.ours}\n    {self.peer} {self.theirs}"


def of_dialogues(peer, transcript, ours, theirs):
    """`ours`, `theirs`: what dialogue.Dialogue.play() returned."""
    found = []
    extended = False   # EHLO was the last greeting that our server took
    status_unasked = False
    for place in sorted(ours.keys() | theirs.keys()):
        here = [said.get(place) for said in (ours, theirs)]
        mine, other = (asked.answer if asked else NOTHING for asked in here)
        asked = here[0] or here[1]
        if not extended and STATUS.match(other) and not STATUS.match(mine):
            status_unasked = True
            other = STATUS.sub(r"\1", other)
        if asked.command == dialogue.HANDSHAKE:
            extended = False   # RFC 3207 §4.2
        if here[0] and here[0].accepted and asked.command[:4].upper() in (b"HELO", b"EHLO"):
            extended = asked.command[:4].upper() == b"EHLO"
        if mine != other:
            if OFFERS.match(asked.command):
                mine, other = only_the_different(mine, other)
            found.append(Difference(peer, transcript, asked.line, where(place, asked), mine, other))
            if answers.is_over(mine) or answers.is_over(other) and place == max(theirs):
                break   # one of them is no longer there
    if status_unasked:
        found.append(Difference(peer, transcript, 0, "replies of a session without EHLO",
                                "no status code", "a status code"))
    return found


def where(place, asked):
    if place == dialogue.GREETING:
        return "the greeting"
    if place == dialogue.END:
        return "the end"
    return answers.shown(asked.command)


def only_the_different(mine, other):
    """Two lists of what is offered, each without what both have."""
    lists = [re.fullmatch(r"(250|\+OK:) (.*)", answer) for answer in (mine, other)]
    if not all(lists):
        return mine, other
    offers = [set(found[2].split(", ")) for found in lists]
    return tuple(f"{found[1]} … {', '.join(sorted(offered - (offers[0] & offers[1])))}".rstrip(" …")
                 for found, offered in zip(lists, offers, strict=True))


def of_mailboxes(peer, transcript, ours, theirs):
    """`ours`, `theirs`: mailbox → messages. All line ends count as the same: the peers store LF."""
    found = []
    for mailbox in sorted(ours.keys() | theirs.keys()):
        mine, other = ([lines_of(message) for message in kept.get(mailbox, [])] for kept in (ours, theirs))
        for number in range(max(len(mine), len(other))):
            pair = [answers.shown(kept[number]) if number < len(kept) else "no message" for kept in (mine, other)]
            if pair[0] != pair[1]:
                found.append(Difference(peer, transcript, 0, f"message {number} of {mailbox}", *shortened(*pair)))
    return found


def shortened(mine, other):
    """Of two long texts, the same end is left out."""
    same = len(os.path.commonprefix([mine[::-1], other[::-1]]))
    if same <= LONG_END:
        return mine, other
    return mine[:-same] + "…", other[:-same] + "…"


def lines_of(message):
    return message.replace(b"\r\n", b"\n")
