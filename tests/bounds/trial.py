"""One load against one server: what it costs the server, and what an honest client notices."""
import dataclasses
import shutil
import tempfile

import e2e_path  # noqa: F401
import footprint
import honest
import hostile
import servers


@dataclasses.dataclass
class Found:
    """The server's memory in KiB: idle, the most under the load, and at its end; what its sockets held then."""
    idle_kib: int
    peak_kib: int
    held_kib: int
    unread_kib: int   # footprint.socket_queues()
    unsent_kib: int
    descriptors: int
    threads: int
    idle: honest.Waits
    loaded: honest.Waits

    @property
    def growth_kib(self):
        return self.peak_kib - self.idle_kib


class Trial:
    """A fresh site with the load's server. As a context manager it ends the server, which must end well, and
    checks what the load has left in the store."""

    def __init__(self, load, folder=None):
        self.load = load
        self.store = tempfile.mkdtemp(prefix="mymail-bounds-", dir=folder)
        self.site = servers.Site(f"{honest.USER} {honest.PASSWORD}\n" + hostile.USERS, self.store)
        self.site.store.put(honest.USER, 0, honest.MESSAGE)
        load.prepare(self.site.store)
        self.server = self.site.start(load.server, "--log-level", "warning", *load.arguments)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            faults = self.site.close()
            assert kind is not None or not faults, "\n".join(faults)
            if kind is None:
                self.load.check(self.site.store)
        finally:
            shutil.rmtree(self.store, ignore_errors=True)

    def measure(self, rounds, pause_s=0.0):
        """`pause_s`: before each round under the load."""
        process = footprint.Footprint(self.server.process.pid)
        honest.waits(self.load.server, self.server.port, 3)   # what is allocated once is not the load's
        idle = honest.waits(self.load.server, self.server.port, rounds)
        idle_kib = process.resident_kib()
        process.forget_peak()
        with hostile.Running(self.load, self.server.port):
            loaded = honest.waits(self.load.server, self.server.port, rounds, pause_s)
            held_kib = process.resident_kib()
            unread_kib, unsent_kib = footprint.socket_queues(self.server.port)
            descriptors, threads = process.descriptors(), process.threads()
        return Found(idle_kib, process.peak_kib(), held_kib, unread_kib, unsent_kib, descriptors, threads, idle, loaded)
