"""Makes what growth.py builds on importable: the helpers of compare/, the disks of tests/crash, footprint of tests/bounds,
wire of tests/e2e."""
import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[1:1] = [str(TESTS / folder) for folder in ("bench/compare", "crash", "bounds", "e2e")]
