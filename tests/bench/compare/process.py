"""A server under measurement: a process of ours that ends with us, in a cgroup of its own where that can be."""
import contextlib
import os
import pathlib
import signal
import subprocess
import time

import crash_path  # noqa: F401
import disks

HANG_S = 60


class Cgroup:
    """A cgroup (version 2) for a server and all its descendants: its kernel counts their CPU, also that of those
    that ended. `folder` is None where none can be made; then a walk through /proc has to do."""

    def __init__(self, name):
        self.folder = None
        with contextlib.suppress(OSError, StopIteration):
            mounted = next(line.split()[1] for line in open("/proc/mounts") if line.split()[2] == "cgroup2")
            own = next(line.split("::")[1].strip() for line in open("/proc/self/cgroup") if line.startswith("0::"))
            folder = pathlib.Path(mounted + own) / f"mymail-bench-{os.getpid()}-{name}"
            folder.mkdir()
            self.folder = folder

    def join(self):
        if self.folder:
            (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def members(self):
        return [int(pid) for pid in (self.folder / "cgroup.procs").read_text().split()] if self.folder else []

    def cpu_s(self):
        """Used so far, or None."""
        if not self.folder:
            return None
        for line in (self.folder / "cpu.stat").read_text().splitlines():
            if line.startswith("usage_usec "):
                return int(line.split()[1]) / 1e6
        return None

    def close(self):
        """Kills who is still in it, and removes it."""
        deadline = time.monotonic() + HANG_S
        while self.folder and time.monotonic() < deadline:
            for pid in self.members():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            try:
                self.folder.rmdir()
                self.folder = None
            except OSError:   # those that were killed are not gone yet
                time.sleep(0.05)


class Process:
    """Runs `command`; its standard output can be read, its errors are in `log`. It is killed when this process
    ends, however that ends."""

    def __init__(self, name, command, log):
        self.name, self.log = name, log
        self.cgroup = Cgroup(name)
        with open(log, "wb") as errors:
            self._process = subprocess.Popen([*disks.TIED, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                             stderr=errors, preexec_fn=self.cgroup.join, start_new_session=True)

    @property
    def pid(self):
        return self._process.pid

    def line(self):
        return self._process.stdout.readline().decode()

    def last_words(self):
        """The end of its log, which does not outlive the measurement."""
        return self.log.read_text(errors="replace")[-1000:].strip()

    def ended(self):
        return self._process.poll() is not None

    def usage_arguments(self):
        """What tells mailbench whose CPU and memory to report."""
        if self.cgroup.folder:
            return ["--server-cgroup", str(self.cgroup.folder)]
        return ["--server-pid", str(self.pid)]

    def end(self):
        """SIGTERM, then what is left is killed. Returns the exit status."""
        if not self.ended():
            self._process.terminate()
        try:
            return self._process.wait(HANG_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            self._process.stdout.close()
            self.cgroup.close()
