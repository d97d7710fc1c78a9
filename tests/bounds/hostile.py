"""What every hostile load is made of: its clients, and a process of its own to run in.

In that process (Running) a load neither slows the honest client down nor hides the server behind it. It says
when it is on, goes on until it is told that it is over, and then checks what the server owes even to it.
"""
import multiprocessing
import resource
import select
import threading
import traceback

import e2e_path  # noqa: F401
import wire

GUESTS = 40
QUIET_S = 0.5   # so long nothing moved: the server takes no more


def guest(number):
    return f"guest{number}@example.com"


def password(number):
    return f"password of guest {number}"


def slow(number):
    return f"slow{number}@example.com"


# guest0 to guest39, r0000 to r0999 for messages to many, and slow0 to slow1999 for as many maildrops.
USERS = "".join([*(f"{guest(number)} {password(number)}\n" for number in range(GUESTS)),
                 *(f"r{number:04}@example.com secret\n" for number in range(1000)),
                 *(f"{slow(number)} secret\n" for number in range(2000))])


def raise_descriptors():
    """The most that this process may have open, from now on and in its children."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Load:
    """`store` is a servers.Store. In the load's process: begin(), then hold() until `over` is set, then end()."""
    title = ""
    server = "smtpd"
    arguments = ()   # of the server

    def prepare(self, store):
        """Before the server starts: what must lie in the store."""

    def begin(self, port):
        raise NotImplementedError

    def hold(self, over):
        over.wait()

    def end(self):
        """What must still come right. An assertion that fails is the load's failure."""

    def check(self, store):
        """After the server has ended: what must be in the store."""


class Running:
    """A load in a process of its own, on from the beginning of the `with` to its end."""

    def __init__(self, load, port):
        context = multiprocessing.get_context("fork")
        self.load = load
        self.on, self.over = context.Event(), context.Event()
        self.failure, theirs = context.Pipe(duplex=False)
        self.process = context.Process(target=self._run, args=(port, theirs), daemon=True)

    def _run(self, port, failure):
        try:
            raise_descriptors()
            self.load.begin(port)
            self.on.set()
            self.load.hold(self.over)
            self.load.end()
            failure.send(None)
        except BaseException:   # whatever it is, the parent says it
            failure.send(traceback.format_exc())
            self.on.set()

    def __enter__(self):
        self.process.start()
        assert self.on.wait(wire.HANG_S), f"{self.load.title}: did not begin"
        self._complain(0)
        return self

    def _complain(self, wait_s):
        if self.failure.poll(wait_s):
            failure = self.failure.recv()
            assert failure is None, f"{self.load.title}:\n{failure}"
            return
        assert wait_s == 0, f"{self.load.title}: did not end"

    def __exit__(self, kind, *_):
        self.over.set()
        try:
            if kind is None:
                self._complain(wire.HANG_S)
        finally:
            self.process.kill()
            self.process.join()


# ---- Clients ----


def greeted(port):
    """A client of mysmtpd after EHLO."""
    client = wire.Wire(port)
    client.line()
    client.ehlo()
    return client


def logged_in(port, number):
    client = wire.Wire(port)
    client.line()
    client.log_in(guest(number), password(number))
    return client


def silent(port, _=None):
    client = wire.Wire(port)
    client.line()
    return client


def with_envelope(port, number):
    client = greeted(port)
    client.envelope(guest(number))
    return client


def with_user(port, number):
    client = silent(port)
    client.must(f"USER {guest(number)}", "+OK")
    return client


def opened(server, port, number):
    """A client that may send commands."""
    return greeted(port) if server == "smtpd" else logged_in(port, number)


def in_threads(count, function):
    """function(number) in so many threads; the first failure is raised when all are over."""
    failures = []

    def run(number):
        try:
            function(number)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def push(clients, octets):
    """Sends `octets` by each client, as far as the server takes them while nobody reads its replies: until for
    QUIET_S none of them takes any. Returns how many were left over."""
    rest = {client.socket: memoryview(octets) for client in clients}
    for client in clients:
        client.socket.setblocking(False)
    while rest:
        writable = select.select([], list(rest), [], QUIET_S)[1]
        if not writable:
            break
        for sock in writable:
            rest[sock] = rest[sock][sock.send(rest[sock][:1 << 20]):]
            if not rest[sock]:
                del rest[sock]
    return sum(map(len, rest.values()))


# ---- Loads that are much alike ----


class Repeated(Load):
    """Clients that do the same again and again, each once at least."""
    clients = 4

    def begin(self, port):
        self.port = port

    def hold(self, over):
        def repeat(number):
            while True:
                self.once(number)
                if over.is_set():
                    return

        in_threads(self.clients, repeat)

    def once(self, number):
        raise NotImplementedError
