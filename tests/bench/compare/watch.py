"""Looks at a server while it is measured, by perf: where its CPU goes (cpu), or what each of its threads asks of the
kernel and waits for (calls). Figures of speed that are taken meanwhile are worth little."""
import contextlib
import signal
import subprocess
import time

from process import HANG_S

PROFILES = ("cpu", "calls")
LINES = 60   # of the report on the CPU


@contextlib.contextmanager
def watched(kind, pid, folder, key):
    """Writes `folder`/`key`.`kind`.txt: what `kind` saw of the process while the block ran; None: nothing."""
    if kind is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    data, text = folder / f"{key}.{kind}.data", folder / f"{key}.{kind}.txt"
    command = {
        "cpu": ["perf", "record", "-e", "cpu-clock", "-F", "999", "-g", "-p", str(pid), "-o", str(data)],
        "calls": ["perf", "trace", "-s", "-p", str(pid), "-o", str(text)],
    }[kind]
    watcher = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.5)   # until it is attached: what it misses before that does not matter
    try:
        yield
    finally:
        watcher.send_signal(signal.SIGINT)
        watcher.wait(HANG_S)
    if kind == "cpu":
        report = subprocess.run(["perf", "report", "--stdio", "--no-children", "-g", "none", "-i", str(data)],
                                capture_output=True, text=True, check=True).stdout
        lines = [line.rstrip() for line in report.splitlines() if line and not line.startswith("#")]
        text.write_text("\n".join(lines[:LINES]) + "\n")
        data.unlink()
