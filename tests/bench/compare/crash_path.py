"""Makes the modules of tests/crash importable: disks."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "crash"))
