"""The examples of our own pages, to be run as a reader would run them.

A page's examples are its fenced blocks of sh and python. A block of text that follows such a block,
with nothing but words in between, is what it prints. A comment on the line before a block says more:

    <!-- not run: why -->     left out
    <!-- run: NAME -->        its name, for the test that asks for just this one
    <!-- file: NAME -->       no example, but what a file is to hold; of any language
"""
import dataclasses
import pathlib
import re
import subprocess

import wire

FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"<!-- (run|not run|file): ((?:(?!-->).)*) -->\s*\Z", re.DOTALL)
PROGRAMS = {"sh": ["/bin/bash", "-e", "-o", "pipefail"], "python": ["/usr/bin/python3"]}

# What differs each time, on both sides: message ids and UIDLs, versions, dates, times.
VARIABLE = (
    (re.compile(r"\b[0-9a-f]{16}\b"), "<id>"),
    (re.compile(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d.*\d\d:\d\d:\d\d [-+]\d{4}"), "<date>"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z"), "<time>"),
    (re.compile(r"\bms=\d+"), "ms=<n>"),
)


@dataclasses.dataclass
class Example:
    line: int            # where it begins in the page
    language: str        # sh or python
    text: str
    name: str = ""
    prints: str | None = None   # None: the page does not say
    reason_not_run: str = ""

    def run(self, folder, substitutions=()):
        """Runs it in `folder`, with pieces of its text replaced. Returns the status and all that it printed."""
        text = replaced(self.text, substitutions)
        done = subprocess.run(PROGRAMS[self.language], input=text, text=True, cwd=folder, timeout=wire.HANG_S,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout


def replaced(text, substitutions):
    """In one pass, so that nothing is replaced in what was put in; of two that fit at one place, the first."""
    news = dict(reversed(list(substitutions)))
    if not news:
        return text
    return re.sub("|".join(re.escape(old) for old, _ in substitutions), lambda match: news[match[0]], text)


def comparable(text):
    """`text` without what differs each time, and without blanks at the ends of lines."""
    for pattern, name in VARIABLE:
        text = pattern.sub(name, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def examples(page):
    """Those of a page, in order."""
    text = pathlib.Path(page).read_text(encoding="utf-8")
    found = []
    may_print = None   # the example whose output the next block of text would be
    for block in FENCE.finditer(text):
        language, body = block[2], re.sub(f"^{block[1]}", "", block[3], flags=re.MULTILINE)
        if language in PROGRAMS:
            comment = COMMENT.search(text, 0, block.start())
            said = {comment[1]: " ".join(comment[2].split())} if comment else {}
            may_print = Example(text.count("\n", 0, block.start()) + 1, language, body,
                                name=said.get("run", ""), reason_not_run=said.get("not run", ""))
            found.append(may_print)
        elif language == "text" and may_print is not None:
            may_print.prints, may_print = body, None
        else:
            may_print = None
    return found


def example(page, name):
    """The one of this name."""
    named = [candidate for candidate in examples(page) if candidate.name == name]
    if len(named) != 1:
        raise LookupError(f"{page} has {len(named)} examples named {name!r}")
    return named[0]


def file(page, name):
    """The content of the file that the page shows under this name."""
    text = pathlib.Path(page).read_text(encoding="utf-8")
    shown = [re.sub(f"^{block[1]}", "", block[3], flags=re.MULTILINE) for block in FENCE.finditer(text)
             if (comment := COMMENT.search(text, 0, block.start())) and comment.groups() == ("file", name)]
    if len(shown) != 1:
        raise LookupError(f"{page} shows {len(shown)} files named {name!r}")
    return shown[0]


def links(page):
    """What a page links to in the tree, as written, without what is behind #."""
    targets = re.findall(r"\]\(([^)\s]+)\)", pathlib.Path(page).read_text(encoding="utf-8"))
    return [target.split("#")[0] for target in targets if "://" not in target and not target.startswith("#")]
