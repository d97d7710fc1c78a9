"""Import this before the modules of tests/e2e: it makes them findable."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
