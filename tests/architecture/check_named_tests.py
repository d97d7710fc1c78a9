#!/usr/bin/env python3
"""Every test that a document names, as `SuiteTest.Name`, must be in the sources.

    check_named_tests.py ROOT       0 and silent, or 1 and a line for each test that is nowhere
    check_named_tests.py --self-test
"""
import pathlib
import re
import sys

NAMED = re.compile(r"`(\w+Test)\.(\w+)`")
DEFINED = re.compile(r"\bTEST(?:_[FP])?\(\s*(\w+)\s*,\s*(\w+)\s*\)")


def missing(document, sources):
    """The tests that `document` names and `sources` lack, as `Suite.Name`."""
    defined = set(DEFINED.findall(sources))
    return sorted({f"{suite}.{name}" for suite, name in NAMED.findall(document) if (suite, name) not in defined})


def check(root):
    sources = "\n".join(file.read_text() for file in (root / "tests").rglob("*_test.cc"))
    found = []
    for document in sorted((root / "docs").rglob("*.md")):
        found += [f"{document.relative_to(root)}: no test {test}" for test in missing(document.read_text(), sources)]
    return found


def self_test():
    sources = "TEST_F(ATest, Holds) {}\nTEST_P(\n    BTest, HoldsToo) {}\nTEST(CTest, Alone) {}"
    cases = [
        ("`ATest.Holds`, `BTest.HoldsToo` and `CTest.Alone`", []),
        ("`ATest.Gone` and `DTest.Holds`", ["ATest.Gone", "DTest.Holds"]),
    ]
    return [f"wrong answer to: {text}" for text, expected in cases if missing(text, sources) != expected]


if __name__ == "__main__":
    faults = self_test() if sys.argv[1] == "--self-test" else check(pathlib.Path(sys.argv[1]))
    print("\n".join(faults), end="\n" if faults else "")
    sys.exit(1 if faults else 0)
