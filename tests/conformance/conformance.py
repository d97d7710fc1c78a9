#!/usr/bin/env python3
"""The clauses of the RFCs, and the tests that cover them.

    conformance.py check [ROOT]     0 and silent, or 1 and a line for each fault
    conformance.py write [ROOT]     writes docs/conformance.md; then as check

ROOT is the project's, by default this script's.
"""
import pathlib
import re
import sys

import clauses
import page
import tags

PAGE = "docs/conformance.md"


def departures(protocols):
    """The first cells of the table in §5 of docs/protocols.md."""
    section = re.search(r"^## 5\.(?:(?!^## ).)*", protocols, flags=re.MULTILINE | re.DOTALL)
    section = section[0] if section else ""
    return [cell.strip() for cell in re.findall(r"^\| (.*?) \|", section, flags=re.MULTILINE)[1:]]


def faults(rfcs, tagged, documented):
    """What is wrong with the clauses and the tags together."""
    every = [clause for rfc in rfcs for clause in rfc.clauses]
    names = {clause.name for clause in every}
    covered = {name for _, name in tagged}
    found = [f"{test}: no clause {name}" for test, name in tagged if name not in names]
    found += [f"{test}: covers {name} twice" for test, name in sorted({tag for tag in tagged if tagged.count(tag) > 1})]
    for clause in every:
        if not clause.why and clause.name not in covered:
            found.append(f"{clause.name}: neither a test nor a reason")
        if clause.why in clauses.NOT_APPLICABLE and clause.name in covered:
            found.append(f"{clause.name}: does not apply ({clause.why}), and has a test")
        if clause.why == clauses.DEPARTS and not (clause.words and any(row.startswith(clause.words) for row in documented)):
            found.append(f"{clause.name}: no row of docs/protocols.md §5 begins so: {clause.words}")
    return found


def run(root, is_to_write):
    """The faults in the tree below `root`."""
    try:
        files = sorted((root / "tests/conformance/clauses").glob("rfc*.txt"), key=lambda file: (file.stem != "rfc5321", file.stem))
        rfcs = [read(file) for file in files]
        tagged = tags.collect(root)
    except (clauses.FormError, tags.TagError) as error:
        return [str(error)]
    found = faults(rfcs, tagged, departures((root / "docs/protocols.md").read_text()))
    tests = {}
    for test, name in tagged:
        tests.setdefault(name, []).append(test)
    rendered = page.render(rfcs, tests)
    written = root / PAGE
    if is_to_write:
        written.write_text(rendered)
    elif not written.exists() or written.read_text() != rendered:
        found.append(f"{PAGE} is not what tests/conformance/conformance.py write makes")
    return found


def read(file):
    try:
        return clauses.parse(file.read_text())
    except clauses.FormError as error:
        raise clauses.FormError(f"{file.name}: {error}") from None


if __name__ == "__main__":
    if sys.argv[1:2] not in (["check"], ["write"]) or len(sys.argv) > 3:
        sys.exit(__doc__)
    tree = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else pathlib.Path(__file__).resolve().parents[2]
    wrong = run(tree, sys.argv[1] == "write")
    print("\n".join(wrong), end="\n" if wrong else "")
    sys.exit(1 if wrong else 0)
