"""What a process costs: its memory, descriptors and threads, as /proc tells.

Memory is resident memory (VmRSS): what the process has touched and not given back. Its peak (VmHWM) is kept
by the kernel, so nothing between two looks is missed; it is set back before a load begins. The servers share
no memory with each other that matters, so Pss would say the same. What sockets hold in the kernel is not in it.
"""
import pathlib
import re


class Footprint:
    def __init__(self, process):
        self.folder = pathlib.Path("/proc") / str(process)

    def _status(self, field):
        return int(re.search(rf"^{field}:\s+(\d+)", (self.folder / "status").read_text(), re.MULTILINE)[1])

    def resident_kib(self):
        return self._status("VmRSS")

    def peak_kib(self):
        """The most that was resident since forget_peak()."""
        return self._status("VmHWM")

    def forget_peak(self):
        (self.folder / "clear_refs").write_text("5")   # proc_pid_clear_refs(5)

    def threads(self):
        return self._status("Threads")

    def descriptors(self):
        return sum(1 for _ in (self.folder / "fd").iterdir())


def socket_queues(port):
    """What the kernel holds of the server's connections on this port, in KiB: (not yet read by the server, not yet
    acknowledged by its clients). Octets; the kernel's memory for them is some more."""
    held = [0, 0]
    for name in ("tcp", "tcp6"):
        for line in pathlib.Path("/proc/net", name).read_text().splitlines()[1:]:
            _, local, _, state, queues = line.split()[:5]
            if int(local.rpartition(":")[2], 16) == port and state != "0A":   # a listening one counts connections
                sent, received = queues.split(":")
                held[0] += int(received, 16)
                held[1] += int(sent, 16)
    return held[0] // 1024, held[1] // 1024
