#!/usr/bin/env python3
"""Every test that a document names must be there.

    check_named_tests.py ROOT       0 and silent, or 1 and a line for each test that is nowhere
    check_named_tests.py --self-test

A test is named `SuiteTest.Name`, or `SuiteTest.Begi…` by its beginning; one in Python `file_test.ClassTest.test_name`; a
transcript `smtp/name`, or `smtp/begin*`.
"""
import fnmatch
import pathlib
import re
import sys

NAMED = re.compile(r"`(\w+Test)\.(\w+…?)`")
DEFINED = re.compile(r"\bTEST(?:_[FP])?\(\s*(\w+)\s*,\s*(\w+)\s*\)")
IN_PYTHON = re.compile(r"`(\w+_test\.\w+\.test_\w+)`")
PYTHON_PARTS = re.compile(r"^class (\w+)\b|^    def (test_\w+)\(", re.MULTILINE)
TRANSCRIPT = re.compile(r"`((?:smtp|pop3)/[\w*]+)`")


def tests_in_python(module, source):
    """As documents name those of one file."""
    found = set()
    case = None
    for class_name, test in PYTHON_PARTS.findall(source):
        case = class_name or case
        if test:
            found.add(f"{module}.{case}.{test}")
    return found


def missing(document, sources, transcripts, in_python=frozenset()):
    """What `document` names and is neither in `sources` nor among the others."""
    defined = [f"{suite}.{name}" for suite, name in DEFINED.findall(sources)]
    named = {f"{suite}.{name}".replace("…", "*") for suite, name in NAMED.findall(document)}
    return sorted({name for name in named if not fnmatch.filter(defined, name)} |
                  {name for name in TRANSCRIPT.findall(document) if not fnmatch.filter(transcripts, name)} |
                  (set(IN_PYTHON.findall(document)) - in_python))


def check(root):
    sources = "\n".join(file.read_text() for file in (root / "tests").rglob("*_test.cc"))
    played = root / "tests/transcripts"
    transcripts = [str(file.relative_to(played).with_suffix("")) for file in played.rglob("*.txt")]
    in_python = set()
    for file in (root / "tests").rglob("*_test.py"):
        in_python |= tests_in_python(file.stem, file.read_text())
    found = []
    for document in sorted((root / "docs").rglob("*.md")):
        found += [f"{document.relative_to(root)}: no test {test}"
                  for test in missing(document.read_text(), sources, transcripts, in_python)]
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
        ("`x_test.XTest.test_b`, `x_test.YTest.test_a`, `x_test.XTest.test_gone`, `z_test.XTest.test_a`",
         ["x_test.XTest.test_gone", "z_test.XTest.test_a"]),
    ]
    in_python = tests_in_python("x_test", "class XTest(Case):\n    def test_a(self):\n    def test_b(self):\n"
                                          "class YTest(Case):\n    def test_a(self):\n")
    return [f"wrong answer to: {text}" for text, expected in cases
            if missing(text, sources, transcripts, in_python) != expected]


if __name__ == "__main__":
    faults = self_test() if sys.argv[1] == "--self-test" else check(pathlib.Path(sys.argv[1]))
    print("\n".join(faults), end="\n" if faults else "")
    sys.exit(1 if faults else 0)
