#!/usr/bin/env python3
"""Every test that a document names must be there.

    check_named_tests.py ROOT       0 and silent, or 1 and a line for each test that is nowhere
    check_named_tests.py --self-test

A test is named `SuiteTest.Name`, or `SuiteTest.Begi…` by its beginning; a transcript `smtp/name`, or `smtp/begin*`.
"""
import fnmatch
import pathlib
import re
import sys

NAMED = re.compile(r"`(\w+Test)\.(\w+…?)`")
DEFINED = re.compile(r"\bTEST(?:_[FP])?\(\s*(\w+)\s*,\s*(\w+)\s*\)")
TRANSCRIPT = re.compile(r"`((?:smtp|pop3)/[\w*]+)`")


def missing(document, sources, transcripts):
    """What `document` names and is neither in `sources` nor among `transcripts`."""
    defined = [f"{suite}.{name}" for suite, name in DEFINED.findall(sources)]
    named = {f"{suite}.{name}".replace("…", "*") for suite, name in NAMED.findall(document)}
    return sorted({name for name in named if not fnmatch.filter(defined, name)} |
                  {name for name in TRANSCRIPT.findall(document) if not fnmatch.filter(transcripts, name)})


def check(root):
    sources = "\n".join(file.read_text() for file in (root / "tests").rglob("*_test.cc"))
    played = root / "tests/transcripts"
    transcripts = [str(file.relative_to(played).with_suffix("")) for file in played.rglob("*.txt")]
    found = []
    for document in sorted((root / "docs").rglob("*.md")):
        found += [f"{document.relative_to(root)}: no test {test}"
                  for test in missing(document.read_text(), sources, transcripts)]
    return found


def self_test():
    sources = "TEST_F(ATest, Holds) {}\nTEST_P(\n    BTest, HoldsToo) {}\nTEST(CTest, Alone) {}"
    transcripts = ["smtp/data_dots", "pop3/top"]
    cases = [
        ("`ATest.Holds`, `BTest.HoldsToo`, `BTest.Holds…` and `CTest.Alone`", []),
        ("`ATest.Gone`, `ATest.Hold` and `DTest.Holds`, `CTest.B…`",
         ["ATest.Gone", "ATest.Hold", "CTest.B*", "DTest.Holds"]),
        ("`smtp/data_dots`, `smtp/data_*`, `pop3/top`", []),
        ("`smtp/data`, `pop3/uidl*`", ["pop3/uidl*", "smtp/data"]),
    ]
    return [f"wrong answer to: {text}" for text, expected in cases if missing(text, sources, transcripts) != expected]


if __name__ == "__main__":
    faults = self_test() if sys.argv[1] == "--self-test" else check(pathlib.Path(sys.argv[1]))
    print("\n".join(faults), end="\n" if faults else "")
    sys.exit(1 if faults else 0)
