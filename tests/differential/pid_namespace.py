"""Runs a script so that nothing it started outlives it, not even when it ends by SIGKILL.

It runs as the first process of a PID namespace of its own: the kernel ends all processes of a namespace
with its first. Daemons cannot leave it. /proc is the namespace's own too: LeakSanitizer, for one, looks itself up there by
its number, which in another namespace's /proc is nobody's, or somebody else's. Where no namespace can be made (that takes root and a kernel that
lets it), the script runs all the same, as it would without this.
"""
import ctypes
import os
import signal
import sys

CLONE_NEWPID, CLONE_NEWNS = 0x20000000, 0x00020000   # linux/sched.h
MS_PRIVATE_AND_BELOW = 0x44000                       # MS_PRIVATE | MS_REC of linux/mount.h
PR_SET_PDEATHSIG = 1        # linux/prctl.h
FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def mount_own_proc(libc):
    for done in (libc.unshare(CLONE_NEWNS), libc.mount(None, b"/", None, MS_PRIVATE_AND_BELOW, None),
                 libc.mount(b"proc", b"/proc", b"proc", 0, None)):
        if done != 0:
            raise OSError(ctypes.get_errno(), "a PID namespace, and no /proc of its own: " +
                          os.strerror(ctypes.get_errno()))


def run(main):
    """Calls main() there. Returns its exit status; signals that would end the script go to main()'s process."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWPID) != 0:
        return main()
    sys.stdout.flush()
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
    child = os.fork()
    if child == 0:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        mount_own_proc(libc)
        return main()
    for number in FORWARDED:
        signal.signal(number, lambda number, _: os.kill(child, number))
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status if status >= 0 else 128 - status
