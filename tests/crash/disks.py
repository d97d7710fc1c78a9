"""Disks of a test's own: ext4 images on loop devices, a tmpfs of a fixed size.

    reason = disks.why_not()             # None, or in words why nothing can be mounted here
    with disks.Disks() as mine:
        image = mine.ext4("a.img", 64)   # MiB
        image.mount()
        image.folder                     # where it is mounted
        copy = image.copy_settled("b.img")

Mounts happen in a mount namespace of this process alone, and every loop device is bound to its mount:
so nothing is left when the process ends, however it ends (servers that it started die with it: see
TIED). An orderly end unmounts by itself.

What a copy holds is what the file system had handed to its disk. The image's file is read, not the loop
device: the device's pages hold metadata that ext4 has not written yet, the file's only what the loop
driver was told to write. So nothing that only lay in memory is in a copy. The other way round the
disk is a kind one: it keeps what it was given even without a flush of its cache.
"""
import ctypes
import os
import pathlib
import shutil
import subprocess
import tempfile

MIB = 1024 * 1024
# In front of a server's command line: it ends when the thread that started it does.
TIED = ("setpriv", "--pdeathsig", "KILL")

# Debian keeps such tools where users other than root do not look.
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
_CLONE_NEWNS, _MS_REC, _MS_PRIVATE = 0x20000, 0x4000, 1 << 18
_libc = ctypes.CDLL(None, use_errno=True)
_state = {}   # what was found out once: "isolated", "reason"


class CannotMount(Exception):
    """It is not allowed here, or the kernel does not know how."""


def run(*command):
    """Runs a tool. An error with what it said if it fails: CannotMount of mount."""
    ended = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PATH": PATH, "LC_ALL": "C"})
    if ended.returncode != 0:
        kind = CannotMount if command[0] == "mount" else RuntimeError
        raise kind(f"{' '.join(command)}: {(ended.stderr or ended.stdout).strip()}")


def _isolate():
    """Moves this thread, and what it starts, to a mount namespace of its own. Once a process, before
    there are other threads."""
    if "isolated" in _state:
        return
    if _libc.unshare(_CLONE_NEWNS) != 0:
        raise CannotMount(f"no mount namespace of our own: {os.strerror(ctypes.get_errno())}")
    if _libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None) != 0:
        raise CannotMount(f"the mount namespace is not private: {os.strerror(ctypes.get_errno())}")
    _state["isolated"] = True


def why_not():
    """None, or why no image can be mounted: found out by mounting one."""
    if "reason" not in _state:
        _state["reason"] = _find_out()
    return _state["reason"]


def _find_out():
    if os.geteuid() != 0:
        return "mounting takes root"
    for tool, package in (("mkfs.ext4", "e2fsprogs"), ("mount", "mount"), ("setpriv", "util-linux")):
        if shutil.which(tool, path=PATH) is None:
            return f"{tool} is not installed (Debian package {package})"
    try:
        with Disks() as disks:
            disks.ext4("probe.img", 16).mount()
    except CannotMount as error:
        return f"mounting is not allowed: {error}"
    return None


class Disks:
    """A temporary folder with images and mount points, and whatever is mounted there."""

    def __init__(self):
        _isolate()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mymail-disks-"))
        self._mounted = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for disk in self._mounted[::-1]:
            try:
                disk.unmount()
            except RuntimeError:   # somebody still uses it: after a failure. It goes when he does.
                run("umount", "--lazy", str(disk.folder))
        self._mounted.clear()
        shutil.rmtree(self.folder)

    def ext4(self, name, size_mib, *mkfs_options, mount_options=("commit=300",)):
        """A new ext4, with a journal and with nanoseconds."""
        file = self.folder / name
        file.unlink(missing_ok=True)
        with open(file, "wb") as image:
            image.truncate(size_mib * MIB)
        run("mkfs.ext4", "-q", "-F", "-I", "256", "-m", "0",
            "-E", "lazy_itable_init=0,lazy_journal_init=0", *mkfs_options, str(file))
        return Disk(self, file, ("loop", *mount_options))

    def btrfs(self, name, size_mib):
        """A new btrfs: it has quotas that hold for everybody."""
        file = self.folder / name
        with open(file, "wb") as image:
            image.truncate(size_mib * MIB)
        run("mkfs.btrfs", "-q", str(file))
        return Disk(self, file, ("loop",), kind="btrfs")

    def image(self, name, mount_options=("commit=300",)):
        """One that is a copy."""
        return Disk(self, self.folder / name, ("loop", *mount_options))

    def tmpfs(self, name, size_kib):
        return Disk(self, self.folder / name, (f"size={size_kib}k",), kind="tmpfs")


class Disk:
    """A file system: `file` is its image, `folder` where it is mounted."""

    def __init__(self, disks, file, options, kind="ext4"):
        self._disks, self.file, self._options, self._kind = disks, file, options, kind
        self.folder = file.with_suffix(".mounted")

    def mount(self):
        self.folder.mkdir(exist_ok=True)
        run("mount", "-t", self._kind, "-o", ",".join(self._options), str(self.file), str(self.folder))
        self._disks._mounted.append(self)

    def remount(self, option):
        run("mount", "-o", f"remount,{option}", str(self.folder))

    def unmount(self):
        run("umount", str(self.folder))
        self._disks._mounted.remove(self)

    def copy_settled(self, name):
        """Copies the image while it is mounted, again and again until a pass finds nothing new: what was
        being written is written, or waits for somebody who has been stopped. So the copy is the disk at
        one moment. Returns it, and how many passes it took."""
        target = self._disks.folder / name
        target.unlink(missing_ok=True)
        passes = 1
        with open(self.file, "rb") as source, open(target, "w+b") as copy:
            copy.truncate(self.file.stat().st_size)
            while _copy_what_differs(source, copy):
                passes += 1
        return self._disks.image(name), passes


def _copy_what_differs(source, copy):
    """One pass. Whether there was a difference."""
    differs = False
    source.seek(0)
    for offset in range(0, os.fstat(source.fileno()).st_size, MIB):
        now = os.pread(source.fileno(), MIB, offset)
        if now != os.pread(copy.fileno(), MIB, offset):
            os.pwrite(copy.fileno(), now, offset)
            differs = True
    return differs
