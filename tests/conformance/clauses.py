"""The clauses of the RFCs, as clauses/*.txt has them.

A file is an RFC. Its first line is `RFC <number> <title>`; then come the clauses, in the RFC's order, a blank line before each:

    4.1.1.4-5 MUST NOT
        LF.LF is not the end of the data.

The name is the section and the clause's number in it. The level is the RFC's own word, or `says` for what it states without one
(older RFCs write must and should in small letters: those count as the words). The text says the rule in our words: as it is to
be, so that under MUST NOT too it is what has to hold. A last line `why: words` is for a clause that nothing is to test, or that is
broken on purpose; WHY has the words that may stand there. `#` begins a comment.
"""
import dataclasses
import re

LEVELS = ("MUST", "MUST NOT", "SHALL", "SHOULD", "SHOULD NOT", "RECOMMENDED", "MAY", "says")
# Why a clause has no test: what it binds, which is not these servers.
NOT_APPLICABLE = {
    "client": "binds clients",
    "relay": "binds who sends mail on: relays, gateways, queues, notifications",
    "absent": "is about something that is not there",
    "operator": "binds who runs the servers, or keeps names",
    "standard": "binds who writes standards",
}
DEPARTS = "departs"   # its words begin a row of docs/protocols.md §5; what is done instead may be tested
WHY = (*NOT_APPLICABLE, DEPARTS)
HEAD = re.compile(r"([0-9A-F][0-9.]*)-(\d+) (" + "|".join(sorted(LEVELS, key=len, reverse=True)) + ")")
REASON = re.compile(r"(" + "|".join(WHY) + r"):(?: (.+))?")


@dataclasses.dataclass
class Clause:
    rfc: str
    section: str
    number: int
    level: str
    text: str
    why: str = ""      # one of WHY, or nothing
    words: str = ""    # behind it

    @property
    def name(self):
        """What a tag says."""
        return f"{self.rfc}-{self.section}-{self.number}"


@dataclasses.dataclass
class Rfc:
    number: str
    title: str
    clauses: list


class FormError(Exception):
    pass


def clause(rfc, block):
    head, *lines = block
    match = HEAD.fullmatch(head)
    if not match or not lines or any(not line.startswith("    ") for line in lines):
        raise FormError(f"no clause: {head}")
    read = Clause(rfc, match[1], int(match[2]), match[3], "")
    lines = [line.strip() for line in lines]
    first = next((n for n, line in enumerate(lines) if REASON.fullmatch(line)), len(lines))
    if first < len(lines):
        reason = REASON.fullmatch(" ".join(lines[first:]))
        read.why, read.words = reason[1], reason[2] or ""
    read.text = " ".join(lines[:first])
    if not read.text:
        raise FormError(f"no text: {read.name}")
    return read


def parse(text):
    """The Rfc that `text` is. FormError says what is wrong with it."""
    blocks = [[]]
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        if line.strip():
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    title = re.fullmatch(r"RFC (\d+) (.+)", blocks[0][0]) if blocks[0] else None
    if not title or len(blocks[0]) > 1:
        raise FormError("the first line is not: RFC number title")
    read = Rfc(title[1], title[2], [clause(title[1], block) for block in blocks[1:] if block])
    last = {}
    for each in read.clauses:
        if each.number != last.get(each.section, 0) + 1:
            raise FormError(f"the clauses of a section are numbered from 1: {each.name}")
        last[each.section] = each.number
    return read
