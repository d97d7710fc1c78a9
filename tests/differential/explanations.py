#!/usr/bin/env python3
"""The explanations of what peers answer otherwise: explanations.toml, and the tables in docs/protocols.md.

    explanations.py --check ROOT      0 if the tables say what the file says
    explanations.py --write ROOT      writes them

explanations.toml is a list of [[explanation]]:

    peer   Postfix or Dovecot
    kind   "policy" (both are right), "their departure" (`rfc` says from what) or "not comparable"
    what   what the client does, for the table
    why    one sentence
    rfc    the section that decides, or allows
    cases  where: {in, client, ours, theirs}. `in` is a transcript's name, or a pattern of names with *,
           or a list of these; `client` is Difference.client, or a regular expression for all of it
           behind "re:", or a list of these. The answers must be just `ours` and `theirs`.
    ours, theirs   for the table, where the answers of the cases say too little, or too much

A case covers no more than it names: another answer, also to the same command, is a new difference.
"""
import dataclasses
import fnmatch
import pathlib
import re
import sys
import tomllib

FILE = pathlib.Path(__file__).resolve().parent / "explanations.toml"
DOCUMENT = "docs/protocols.md"
KINDS = ("policy", "their departure", "not comparable")
PEERS = {"Postfix": "mysmtpd", "Dovecot": "mypopd"}
BEGIN = "<!-- made by tests/differential/explanations.py --write -->\n"
END = "<!-- as far as here -->\n"


@dataclasses.dataclass(frozen=True)
class Case:
    names: tuple
    clients: tuple
    ours: str
    theirs: str

    def covers(self, difference):
        return (self.ours == difference.ours and self.theirs == difference.theirs and
                any(fnmatch.fnmatchcase(difference.transcript, name) for name in self.names) and
                any(is_client(client, difference.client) for client in self.clients))


def is_client(wanted, client):
    return bool(re.fullmatch(wanted[3:], client)) if wanted.startswith("re:") else wanted == client


@dataclasses.dataclass(frozen=True)
class Explanation:
    peer: str
    kind: str
    what: str
    why: str
    cases: tuple
    rfc: str = ""
    ours: str = ""
    theirs: str = ""

    def covers(self, difference):
        return self.peer == difference.peer and any(case.covers(difference) for case in self.cases)


def read(file=FILE):
    known = []
    for entry in tomllib.loads(file.read_text())["explanation"]:
        cases = tuple(Case(listed(case.pop("in")), listed(case.pop("client")), **case) for case in entry.pop("cases"))
        known.append(Explanation(cases=cases, **entry))
        if known[-1].kind not in KINDS or known[-1].peer not in PEERS or not cases:
            raise ValueError(f"{file}: no such kind or peer, or no cases: {known[-1].what}")
        if known[-1].kind == "their departure" and not known[-1].rfc:
            raise ValueError(f"{file}: a departure from what? {known[-1].what}")
    return known


def listed(value):
    return tuple(value) if isinstance(value, list) else (value,)


def of(known, difference):
    return [explanation for explanation in known if explanation.covers(difference)]


def without_difference(known, found):
    """What no longer explains anything, as text: each name and each client of a case must be needed."""
    idle = []
    for explanation in known:
        for case in explanation.cases:
            covered = [one for one in found if one.peer == explanation.peer and case.covers(one)]
            parts = [name for name in case.names
                     if not any(fnmatch.fnmatchcase(one.transcript, name) for one in covered)]
            parts += [client for client in case.clients if not any(is_client(client, one.client) for one in covered)]
            idle += [f"{part} ({explanation.what}: ours {case.ours}, theirs {case.theirs})" for part in parts]
    return idle


# ---- The tables ----

def tables(known):
    parts = []
    for peer, ours in PEERS.items():
        parts.append(f"| to {ours} and {peer} | {ours} | {peer} | | why |\n|---|---|---|---|---|\n")
        parts += [row(explanation) for explanation in sorted(known, key=lambda e: KINDS.index(e.kind))
                  if explanation.peer == peer]
        parts.append("\n")
    return "".join(parts)


def row(explanation):
    cells = [explanation.what, answers_of(explanation, "ours"), answers_of(explanation, "theirs"), explanation.kind,
             explanation.why + (f" ({explanation.rfc})" if explanation.rfc else "")]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def answers_of(explanation, whose):
    if said := getattr(explanation, whose):
        return said
    answers = dict.fromkeys(getattr(case, whose) for case in explanation.cases)
    # 501 is not named beside 501 5.5.4: that is the same after EHLO.
    return ", ".join(f"`{answer}`" for answer in answers
                     if not any(re.fullmatch(rf"{re.escape(answer)} \d\.\d\.\d", other) for other in answers))


def main(what, root):
    document = pathlib.Path(root) / DOCUMENT
    text = document.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        print(f"{DOCUMENT} has no place for the tables: {BEGIN.strip()} … {END.strip()}")
        return 1
    made = before + begin + tables(read()) + end + after
    if what == "--write":
        document.write_text(made)
    elif made != text:
        print(f"{DOCUMENT} does not say what explanations.toml says: explanations.py --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
