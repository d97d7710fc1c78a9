#!/usr/bin/env python3
"""The documents' claims name their tests: every test and transcript that docs/ names exists.

    check_documents.py ROOT    0 and silent, or 1 and a line for each name that means nothing

`SuiteTest.Name`, `SuiteTest.Begi…` (a beginning), `SuiteTest`, `smtp/transcript`, `pop3/begin*`.
"""
import fnmatch
import pathlib
import re
import sys

TEST = re.compile(r"`(\w+Test)(?:\.(\w+)(…?))?`")
TRANSCRIPT = re.compile(r"`((?:smtp|pop3)/[\w*]+)`")
DEFINED = re.compile(r"\bTEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)")


def main(root):
    tests = set()
    for file in (root / "tests").rglob("*.cc"):
        tests.update(DEFINED.findall(file.read_text()))
    python = {name for file in (root / "tests").rglob("*.py") for name in re.findall(r"class (\w+)\(", file.read_text())}
    transcripts = [str(file.relative_to(root / "tests/transcripts").with_suffix(""))
                   for file in (root / "tests/transcripts").rglob("*.txt")]
    faults = []
    for page in sorted((root / "docs").rglob("*.md")):
        text = page.read_text()
        for suite, name, more in TEST.findall(text):
            named = [test for of, test in tests if of == suite]
            known = bool(named) or suite in python if not name else any(
                test.startswith(name) if more else test == name for test in named)
            if not known:
                faults.append(f"{page.relative_to(root)}: no test {suite}{'.' + name if name else ''}{more}")
        for pattern in TRANSCRIPT.findall(text):
            if not fnmatch.filter(transcripts, pattern):
                faults.append(f"{page.relative_to(root)}: no transcript {pattern}")
    if not tests or not transcripts:
        faults.append("no tests found: is this the project's root?")
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
