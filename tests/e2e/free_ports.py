"""Ports for what cannot be told to take any (port 0), since somebody has to know them before.

They lie below the range from which the kernel takes the ports of connections and of those who ask for any: else
another test might get one of them between the moment that it is found free and the moment that it is used.
"""
import contextlib
import os
import pathlib
import socket

LOWEST = 10_000
SLICE = 16   # each process begins with ports of its own


def free_ports(count):
    """So many different ports that nobody has on 127.0.0.1 at this moment."""
    any_from = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    candidates = range(LOWEST, any_from if any_from > LOWEST + SLICE else 65_536)
    first = os.getpid() * SLICE
    with contextlib.ExitStack() as held:
        found = []
        for i in range(len(candidates)):
            port = candidates[(first + i) % len(candidates)]
            try:
                held.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
            found.append(port)
            if len(found) == count:
                return found
    raise RuntimeError(f"{count} free ports were not found")
