"""On what it was measured: a sentence for each part, for the results."""
import os
import pathlib
import platform
import re
import statistics
import subprocess
import time


def describe():
    cpu = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())
    return {
        "cores": os.cpu_count(),
        "cpu": cpu[1] if cpu else platform.machine(),
        "memory_gib": round(int(memory[1]) / 1024 / 1024, 1),
        "kernel": platform.release(),
        "load_average_before": os.getloadavg()[0],
        "versions": {"postfix": version("/usr/sbin/postconf", "-dh", "mail_version"),
                     "dovecot": version("/usr/sbin/dovecot", "--version")},
    }


def version(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return None


def disk_below(folder):
    """The file system that holds `folder`, as findmnt has it."""
    found = subprocess.run(["findmnt", "-no", "SOURCE,FSTYPE", "-T", str(folder)], capture_output=True, text=True)
    return " ".join(found.stdout.split())


def sync_ms(folder, times=100):
    """How long an append of 4 KiB and its fdatasync take: the median, in ms."""
    taken = []
    with open(folder / "probe", "wb") as file:
        for _ in range(times):
            os.write(file.fileno(), bytes(4096))
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - begun)
    (folder / "probe").unlink()
    return round(statistics.median(taken) * 1000, 3)
