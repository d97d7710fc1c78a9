"""Which clauses a test covers: the tags in tests and transcripts.

A tag is a comment line of its own, `Covers: 5321-4.1.1.4-5, 5321-2.3.8-1`; one that ends in a comma goes on in the next line. In a
transcript it stands anywhere, among the comments; in C++ and in Python it stands above the test, with nothing between them but
comments (and decorators).
"""
import re

TAG = re.compile(r"\s*(?:#|//) Covers: (.*)")
COMMENT = re.compile(r"\s*(?:#|//)(.*)")
CPP_TEST = re.compile(r"TEST(?:_[FP])?\(\s*(\w+)\s*,\s*(\w+)\s*\)")
PYTHON_CLASS = re.compile(r"class (\w+)")
PYTHON_TEST = re.compile(r"    def (test_\w+)")


class TagError(Exception):
    pass


def tags(lines, begins):
    """(test, clause) for each clause in each tag. `begins`: the number of the line where a test begins → its name."""
    found, names, goes_on = [], [], False
    for number, line in enumerate(lines):
        tag = TAG.fullmatch(line) or goes_on and COMMENT.fullmatch(line)
        if tag:
            goes_on = tag[1].rstrip().endswith(",")
            names += [name for name in re.split(r"[,\s]+", tag[1]) if name]
            continue
        if goes_on:
            raise TagError(f"line {number + 1}: the tag before it ends in a comma")
        if not names or COMMENT.fullmatch(line) or line.strip().startswith("@"):
            continue
        if number not in begins:
            raise TagError(f"line {number + 1}: a tag stands above no test")
        found += [(begins[number], name) for name in names]
        names = []
    if names:
        raise TagError("a tag stands at the end, above no test")
    return found


def of_cpp(text):
    lines = text.splitlines()
    begins = {}
    for number in range(len(lines)):
        if match := CPP_TEST.match(" ".join(line.strip() for line in lines[number:number + 4])):
            begins[number] = f"{match[1]}.{match[2]}"
    return tags(lines, begins)


def of_python(text, module):
    lines = text.splitlines()
    begins, class_name = {}, ""
    for number, line in enumerate(lines):
        if match := PYTHON_CLASS.match(line):
            class_name = match[1]
        elif match := PYTHON_TEST.match(line):
            begins[number] = f"{module}.{class_name}.{match[1]}"
    return tags(lines, begins)


def of_transcript(text, name):
    comments = [line for line in text.splitlines() if line.startswith("#")]
    return tags([*comments, ""], {len(comments): name})


def collect(root):
    """All tags below `root`/tests: (test, clause). TagError names the file."""
    found = []
    for file in sorted((root / "tests").rglob("*")):
        try:
            if file.match("*_test.cc"):
                found += of_cpp(file.read_text())
            elif file.match("*_test.py"):
                found += of_python(file.read_text(), file.stem)
            elif file.match("transcripts/*/*.txt"):
                found += of_transcript(file.read_text(), f"{file.parent.name}/{file.stem}")
        except TagError as error:
            raise TagError(f"{file.relative_to(root)}: {error}") from None
    return found
