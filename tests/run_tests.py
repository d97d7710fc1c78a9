#!/usr/bin/env python3
"""Runs the tests of a build folder by ctest and says in words how it went; test.sh's second half.

    run_tests.py BUILD          all but those labelled tidy, fuzz, thunderbird and differential
    run_tests.py BUILD NAME     the transcripts whose name begins so, on the sessions and over sockets

Counts are read off ctest's own results (build/…/test-results.xml), an entry of ctest being one test.
A test that ctest could not run counts as failed; skipped is one that said so itself.
"""
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
TRANSCRIPTS = ROOT / "tests/transcripts"
LEFT_OUT = "^(tidy|fuzz|thunderbird|differential)$"
# How ctest says that a test skipped itself, by exit status or by what it printed.
SKIPPED = ("SKIP_RETURN_CODE", "SKIP_REGULAR_EXPRESSION")


def transcripts(prefix):
    names = (str(file.relative_to(TRANSCRIPTS).with_suffix("")) for file in TRANSCRIPTS.glob("*/*.txt"))
    return sorted(name for name in names if name.startswith(prefix))


def selection(prefix):
    """ctest's arguments, or None when nothing is selected."""
    if prefix is None:
        return ["-LE", LEFT_OUT]
    names = transcripts(prefix)
    if not names:
        return None
    # The sessions' programs read $TRANSCRIPT; over sockets each transcript is a test of its own.
    os.environ["TRANSCRIPT"] = prefix
    servers = sorted({name.split("/")[0] for name in names})
    patterns = [rf"Transcripts\.{server}" for server in servers]
    patterns += [rf"TranscriptOverSockets\.{re.escape(name)}" for name in names]
    return ["-R", f"^({'|'.join(patterns)})$"]


def labels_of(build, selected):
    """Test name → label, for every test that is selected."""
    listing = subprocess.run(["ctest", "--test-dir", str(build), "--show-only=json-v1", *selected],
                             check=True, capture_output=True, text=True).stdout
    labels = {}
    for test in json.loads(listing)["tests"]:
        properties = {p["name"]: p["value"] for p in test.get("properties", [])}
        labels[test["name"]] = " ".join(properties.get("LABELS", ["unlabelled"]))
    return labels


def outcome_of(case):
    skipped = case.find("skipped")
    if case.get("status") == "run":
        return "passed"
    if skipped is not None and skipped.get("message", "").startswith(SKIPPED):
        return "skipped"
    return "failed"


def reason_of(case):
    """Why a test skipped itself, as it said: a script's SKIPPED …: …, or unittest's … skipped '…'."""
    said = re.search(r"SKIPPED[^:\n]*: (.+)|skipped ['\"](.+)['\"]$", case.findtext("system-out") or "", re.MULTILINE)
    return (said[1] or said[2]) if said else "it did not say why"


def in_words(counts):
    text = f"{counts['passed']} passed, {counts['failed']} failed"
    return text + (f", {counts['skipped']} skipped" if counts["skipped"] else "")


def main(build, prefix=None):
    selected = selection(prefix)
    if selected is None:
        print(f"FAILED: no transcript's name begins with {prefix}")
        return 1
    labels = labels_of(build, selected)
    results = build / "test-results.xml"
    results.unlink(missing_ok=True)
    # One more than there are cores: some tests only wait.
    status = subprocess.run(
        ["ctest", "--test-dir", str(build), "--output-on-failure", "--no-tests=error",
         "--parallel", str((os.cpu_count() or 1) + 1), "--output-junit", str(results), *selected]).returncode

    outcomes, reasons = {}, collections.defaultdict(list)
    if results.exists():
        for case in ElementTree.parse(results).getroot().iter("testcase"):
            outcomes[case.get("name")] = outcome_of(case)
            if outcome_of(case) == "skipped":
                reasons[reason_of(case)].append(case.get("name"))
    by_label = collections.defaultdict(collections.Counter)
    total = collections.Counter()
    for name, label in labels.items():
        outcome = outcomes.get(name, "failed")
        by_label[label][outcome] += 1
        total[outcome] += 1

    print()
    for label in sorted(by_label):
        print(f"  {label:<12} {in_words(by_label[label])}")
    for reason, names in sorted(reasons.items()):
        print(f"\n  skipped, {reason}:\n    " + "\n    ".join(names))
    print()
    print(in_words(total))
    if status == 0 and total["failed"] == 0 and total["passed"] > 0:
        print("PASSED: every test that ran.")
        return 0
    failed = sorted(name for name in labels if outcomes.get(name, "failed") == "failed")
    print(f"FAILED: {', '.join(failed) if failed else f'ctest ended with status {status}'}")
    return 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), *sys.argv[2:]))
