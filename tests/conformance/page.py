"""docs/conformance.md, from the clauses and the tags."""
import clauses

HEAD = """# Conformance: every clause and its tests

What the RFCs ask of these servers, clause by clause, and the tests that cover it. The clauses are in
[tests/conformance/clauses/](../tests/conformance/clauses/), in our own words, every MUST and SHOULD, and each MAY that is made use
of; the tests say themselves what they cover, by tags ([tests/README.md](../tests/README.md)). This page is written from both:

    tests/conformance/conformance.py write

and a test fails when a tag names nothing, when a clause has neither a test nor a reason, when what does not apply has a test, and
when this page is not what the command would write.

The level is the RFC's own word, in capitals or, in RFCs before 2119's time, in small letters; `says` is what it states without one.
The text is the rule as it is to hold, under MUST NOT too. A departure is documented in
[protocols.md](protocols.md#5-deliberate-departures), §5, in the row that begins so; its tests show what is done instead, or how far
the clause is kept. Tests are named as `ctest -R` finds them: transcripts as `smtp/…` and `pop3/…`, GoogleTest's as `Suite.Name`,
Python's as `module.Class.test`.
"""


def escaped(text):
    return text.replace("|", "\\|").replace("<", "\\<").replace("*", "\\*")


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def counts(rfcs, tests):
    """How many clauses of each RFC are tested, broken on purpose, or not for these servers."""
    header = ["RFC", "clauses", "tested", "departures", *clauses.NOT_APPLICABLE]
    rows = []
    for rfc in rfcs:
        of = [sum(clause.why == why for clause in rfc.clauses) for why in (clauses.DEPARTS, *clauses.NOT_APPLICABLE)]
        tested = sum(clause.why == "" and clause.name in tests for clause in rfc.clauses)
        rows.append([f"[{rfc.number}](#rfc-{rfc.number})", len(rfc.clauses), tested, *of])
    sums = [sum(row[n] for row in rows) for n in range(1, len(header))]
    return table(header, [*rows, ["all", *sums]])


def evidence(clause, tests):
    covered = ", ".join(f"`{test}`" for test in sorted(tests.get(clause.name, [])))
    if clause.why == clauses.DEPARTS:
        return f"**departure**: {escaped(clause.words)}" + (f"; {covered}" if covered else "")
    if clause.why:
        return f"*{clauses.NOT_APPLICABLE[clause.why]}*" + (f": {escaped(clause.words)}" if clause.words else "")
    return covered


def render(rfcs, tests):
    """The page. `tests`: a clause's name → the names of its tests."""
    parts = [HEAD, "\n## Counts\n\n", counts(rfcs, tests), "\nThe last five are those that do not apply, by the reason:\n\n"]
    parts += [f"* *{why}*: {meaning}\n" for why, meaning in clauses.NOT_APPLICABLE.items()]
    for rfc in rfcs:
        parts.append(f"\n## RFC {rfc.number}\n\n{rfc.title}. A clause's tag is `{rfc.number}-` and the name in the first column: the section, "
                     "and its number in it.\n\n")
        rows = [[f"{clause.section}-{clause.number}", clause.level, escaped(clause.text), evidence(clause, tests)]
                for clause in rfc.clauses]
        parts.append(table(["clause", "level", "what it asks", "tests, or why none"], rows))
    return "".join(parts)
