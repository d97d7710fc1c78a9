"""A network of this process's own, with nothing in it but 127.0.0.1 and ::1.

    reason = alone.enter()       # None, or in words why that is not to be had here
    ...
    alone.attempts_to_leave()    # what tried to reach anything else: a list of sentences

The kernel makes it (a network namespace; for users other than root inside a user namespace), so what is
started afterwards cannot get out, and the kernel counts who tried.
"""
import ctypes
import fcntl
import os
import pathlib
import socket
import struct
import sys

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1
_libc = ctypes.CDLL(None, use_errno=True)
# An address that nobody has (RFC 5737).
NOWHERE = "192.0.2.1"


def enter():
    """Once a process, before there are threads."""
    uid, gid = os.getuid(), os.getgid()
    if _libc.unshare(_CLONE_NEWNET | (_CLONE_NEWUSER if uid else 0)) != 0:
        return f"no network namespace of our own: {os.strerror(ctypes.get_errno())}"
    if uid:   # we stay who we are
        pathlib.Path("/proc/self/setgroups").write_text("deny")
        pathlib.Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        pathlib.Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))
    return None


def _counters():
    """The kernel's: "Ip.OutNoRoutes" → how many."""
    found = {}
    lines = pathlib.Path("/proc/self/net/snmp").read_text().splitlines()
    for names, values in zip(lines[::2], lines[1::2]):
        protocol = names.split(":")[0]
        found |= {f"{protocol}.{name}": int(value) for name, value in zip(names.split()[1:], values.split()[1:])}
    for line in pathlib.Path("/proc/self/net/snmp6").read_text().splitlines():
        name, value = line.split()
        found[name] = int(value)
    return found


def attempts_to_leave():
    """Only after enter(). A connection to a port of 127.0.0.1 where nobody listens counts too: that is
    where Thunderbird's prefs send everything that is not for 127.0.0.1."""
    names = {
        "Ip.OutNoRoutes": "IPv4 packets or connections for other machines",
        "Ip6OutNoRoutes": "IPv6 packets or connections for other machines",
        "Udp.OutDatagrams": "datagrams (looking up names, as a rule)",
        "Udp6OutDatagrams": "datagrams by IPv6",
        "Tcp.AttemptFails": "connections that nobody took: to the proxy that is not there",
    }
    counted = _counters()
    return [f"{counted[name]} {what}" for name, what in names.items() if counted[name]]


def _self_test():
    """That an attempt fails and is counted."""
    reason = enter()
    if reason:
        print(f"SKIPPED: {reason}")
        return 77
    assert attempts_to_leave() == [], attempts_to_leave()
    try:
        socket.create_connection((NOWHERE, 9), timeout=60)
        print(f"there is a way to {NOWHERE}")
        return 1
    except OSError as error:
        print(f"{NOWHERE}: {error}; counted: {attempts_to_leave()}")
        return 0 if attempts_to_leave() else 1


if __name__ == "__main__":
    sys.exit(_self_test())
