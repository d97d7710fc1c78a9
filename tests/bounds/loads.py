"""The hostile loads: each is what one kind of rude client does, and as much of it as is asked for."""
import contextlib
import hashlib
import os
import pathlib
import select
import socket
import time

import e2e_path  # noqa: F401
import slow_loads
import wire
from hostile import (GUESTS, QUIET_S, Load, Repeated, greeted, guest, in_threads, logged_in, opened, push, silent,
                     with_envelope, with_user)


class EndlessLine(Repeated):
    """Octets without a line end; `before` and `after` stand around them, and `answer` begins the reply."""
    piece = b"x" * (1 << 20)

    def __init__(self, where, server, connect, before, after, answer, mebibytes=100):
        self.title = f"{mebibytes} MB without a line end, {where}"
        self.server = server
        self.connect, self.before, self.after, self.answer = connect, before, after, answer
        self.mebibytes = mebibytes

    def once(self, number):
        with self.connect(self.port, number) as client:
            client.send(self.before)
            for _ in range(self.mebibytes):
                client.send(self.piece)
            client.send(self.after)
            answer = client.line()
            assert answer.startswith(self.answer), answer
            client.must("QUIT", "221" if self.server == "smtpd" else "+OK")


def endless_lines(mebibytes=100):
    return [
        EndlessLine("before the greeting", "smtpd", silent, b"", b"\r\n", b"500", mebibytes),
        EndlessLine("in the data", "smtpd", with_envelope, b"", b"\r\n.\r\n", b"552", mebibytes),
        EndlessLine("before the login", "pop3d", silent, b"", b"\r\n", b"-ERR", mebibytes),
        EndlessLine("in PASS", "pop3d", with_user, b"PASS ", b"\r\n", b"-ERR", mebibytes),
    ]


class DeafCommands(Load):
    """Pipelined commands whose replies nobody reads."""

    arguments = ("--max-commands", "0")   # which would end the clients of mysmtpd

    def __init__(self, server, commands, count, clients, title):
        self.title, self.server = title, server
        self.octets, self.clients = commands * count, clients

    def begin(self, port):
        self.sessions = [opened(self.server, port, number) for number in range(self.clients)]
        push(self.sessions, self.octets)


class DeafNoops(DeafCommands):
    def __init__(self, server, count=2_000_000, clients=20):
        super().__init__(server, b"NOOP\r\n", count, clients, f"{clients} times {count:,} NOOPs, replies unread")


class GreedyCommands(Load):
    """Pipelined commands whose replies are read as fast as they come: the server never has to wait."""
    arguments = ("--max-commands", "0")

    def __init__(self, server, commands, clients, title):
        self.title, self.server, self.clients = title, server, clients
        self.commands = commands * max(1, 200_000 // len(commands))

    def begin(self, port):
        self.sessions = [opened(self.server, port, number) for number in range(self.clients)]
        for session in self.sessions:
            session.socket.setblocking(False)

    def hold(self, over):
        rest = {session.socket: memoryview(self.commands) for session in self.sessions}
        room = bytearray(1 << 20)
        while not over.is_set():
            readable, writable, _ = select.select(list(rest), list(rest), [], QUIET_S)
            for sock in readable:
                assert sock.recv_into(room) > 0, "the server has closed"
            for sock in writable:
                sent = sock.send(rest[sock])
                rest[sock] = rest[sock][sent:] or memoryview(self.commands)


class BigMaildrops:
    """Maildrops of so many messages: links to a few files, since many files would take long to write."""
    LINKS_A_FILE = 50_000   # ext4 allows 65,000

    def fill(self, store, number, messages):
        folder = pathlib.Path(store.folder) / guest(number)
        folder.mkdir(parents=True)
        for n in range(messages):
            name = folder / f"{n}.mail"
            if n % self.LINKS_A_FILE == 0:
                first = name
                first.write_bytes(b"Subject: one of many\r\n\r\nIts text.\r\n")
                os.utime(first, ns=(10**18, 10**18))
            else:
                os.link(first, name)


class DeafListings(DeafCommands, BigMaildrops):
    def __init__(self, messages=100_000, clients=2):
        super().__init__("pop3d", b"LIST\r\nUIDL\r\n", 5_000, clients,
                         f"pipelined LISTs and UIDLs of {messages:,} messages, replies unread")
        self.messages = messages

    def prepare(self, store):
        for number in range(self.clients):
            self.fill(store, number, self.messages)


class SlowListings(DeafListings):
    """The same, the replies read slowly: some 100 KB a second."""

    def __init__(self, messages=100_000, clients=2):
        super().__init__(messages, clients)
        self.title = self.title.replace("unread", "read slowly")

    def hold(self, over):
        while not over.wait(0.01):
            for session in self.sessions:
                with contextlib.suppress(BlockingIOError):
                    session.socket.recv(1024)


class GreedyListings(GreedyCommands, BigMaildrops):
    def __init__(self, messages=100_000, clients=2):
        super().__init__("pop3d", b"LIST\r\nUIDL\r\n", clients,
                         f"the same of {messages:,} messages, replies read at once")
        self.messages = messages

    def prepare(self, store):
        for number in range(self.clients):
            self.fill(store, number, self.messages)


class EmptiedListings(GreedyListings):
    """Every message but the last is marked as deleted: much to look at for little to say."""

    def __init__(self, messages=100_000, clients=2):
        super().__init__(messages, clients)
        self.title = f"pipelined LISTs of {messages:,} messages, all but the last deleted"
        self.commands = b"LIST\r\n" * 30_000

    def begin(self, port):
        super().begin(port)
        for session in self.sessions:
            session.socket.settimeout(wire.HANG_S)
            for n in range(1, self.messages, 1000):
                last = min(n + 1000, self.messages)
                session.send(b"".join(b"DELE %d\r\n" % i for i in range(n, last)))
                for _ in range(n, last):
                    session.line()
            session.socket.setblocking(False)


class Logins(Repeated, BigMaildrops):
    """Clients that log in to large maildrops, go, and come again."""
    server = "pop3d"

    def __init__(self, messages=100_000, clients=2):
        self.title = f"{clients} clients that log in to {messages:,} messages again and again"
        self.messages, self.clients = messages, clients

    def prepare(self, store):
        for number in range(self.clients):
            self.fill(store, number, self.messages)

    def once(self, number):
        with logged_in(self.port, number) as client:
            client.must("QUIT", "+OK")


def message(number, octets):
    """Differs from the others in every line."""
    line = b"%06d: " % number + b"abcdefghijklmnopqrstuvwxyz" * 2 + b"\r\n"
    return (line * (octets // len(line) + 1))[:octets - 2] + b"\r\n"


class MessagesInFlight(Load):
    """Large messages of which only the final dot is missing; then it comes, and all must have arrived whole."""

    def __init__(self, messages=40, mebibytes=20):
        self.title = f"{messages} messages of {mebibytes} MB in flight"
        self.messages, self.octets = messages, mebibytes << 20

    def begin(self, port):
        self.sessions = [with_envelope(port, number) for number in range(self.messages)]
        in_threads(self.messages, lambda number: self.sessions[number].send(message(number, self.octets)))

    def end(self):
        for session in self.sessions:
            session.send(b".\r\n")
        for session in self.sessions:
            answer = session.line()
            assert answer.startswith(b"250"), answer

    def check(self, store):
        for number in range(self.messages):
            stored = store.of(guest(number))
            assert [hashlib.sha256(text).digest() for text in stored] == [
                hashlib.sha256(message(number, self.octets)).digest()], f"guest {number} has another message"


class ArrivingMessages(Repeated):
    """The same, never at rest: each client sends the next when one is stored."""

    def __init__(self, clients=40, mebibytes=20):
        self.title = f"{clients} clients that send messages of {mebibytes} MB"
        self.clients, self.text = clients, message(0, mebibytes << 20)

    def once(self, number):
        with greeted(self.port) as client:
            answer = client.deliver(self.text, guest(number))
            assert answer.startswith("250"), answer


class DroppedMessages(Repeated):
    """Large messages that are nearly whole when the client resets its connection."""

    def __init__(self, clients=4, mebibytes=49):
        self.title = f"{clients} clients that send {mebibytes} MB of a message and vanish, again and again"
        self.clients, self.text = clients, message(0, mebibytes << 20)

    def once(self, number):
        client = with_envelope(self.port, number)
        client.send(self.text)
        client.vanish()


class DeafReaders(Load):
    """RETR of a large message whose text nobody reads."""
    server = "pop3d"

    def __init__(self, clients=20, mebibytes=40):
        self.title = f"{clients} RETRs of {mebibytes} MB that nobody reads"
        self.clients, self.octets = clients, mebibytes << 20

    def prepare(self, store):
        first = None
        for number in range(self.clients):
            name = pathlib.Path(store.folder) / guest(number) / "0.mail"
            name.parent.mkdir(parents=True)
            if first is None:
                first = name
                first.write_bytes(message(0, self.octets))
                os.utime(first, ns=(10**18, 10**18))
            else:
                os.link(first, name)

    def begin(self, port):
        self.sessions = [logged_in(port, number) for number in range(self.clients)]
        push(self.sessions, b"RETR 1\r\n" * 100)


class Silent(Load):
    """Connections that say nothing. From several addresses, as far as loopback has them."""

    def __init__(self, server, connections=9_000):
        self.title = f"{connections:,} silent connections"
        self.server, self.connections = server, connections

    def begin(self, port):
        self.sockets = []
        for number in range(self.connections):
            sock = socket.create_connection(("127.0.0.1", port), wire.HANG_S, (f"127.0.1.{number % 250 + 1}", 0))
            self.sockets.append(sock)
        for sock in self.sockets:
            greeting = sock.recv(1000)
            assert greeting.startswith((b"220", b"+OK")), greeting


class Dripping(Load):
    """Clients of one octet a second: half of them send a command, the others a message's text."""

    def __init__(self, server, clients=500, seconds=20):
        self.title = f"{clients} clients of an octet a second"
        self.server, self.clients, self.seconds = server, clients, seconds

    def begin(self, port):
        self.until = time.monotonic() + self.seconds
        self.sockets = []
        for number in range(self.clients):
            wants_data = self.server == "smtpd" and number % 2
            client = with_envelope(port, number % GUESTS) if wants_data else silent(port)
            client.socket.settimeout(wire.HANG_S)
            self.sockets.append(client.socket)

    def hold(self, over):
        a_second = self.clients
        while not over.is_set() or time.monotonic() < self.until:
            for sock in self.sockets:
                sock.send(b"x")
                time.sleep(1 / a_second)


class Crowd(Repeated):
    """Clients that connect, hear the greeting and go, as fast as they can."""

    def __init__(self, server, clients=4):
        self.title = f"{clients} clients that connect and go, again and again"
        self.server, self.clients = server, clients

    def once(self, number):
        silent(self.port).vanish()


class ManyRecipients(GreedyCommands):
    """A thousand recipients, and then the last of them without end."""

    def __init__(self, clients=4):
        super().__init__("smtpd", b"RCPT TO:<r0999@example.com>\r\n", clients,
                         f"{clients} clients that name the last of 1,000 recipients without end")

    def begin(self, port):
        super().begin(port)
        for session in self.sessions:
            session.socket.settimeout(wire.HANG_S)
            session.must("MAIL FROM:<>", "250")
            for n in range(1000):
                session.must(f"RCPT TO:<r{n:04}@example.com>", "250")
            session.socket.setblocking(False)


def all_loads():
    """Every load in its full size."""
    return [
        *endless_lines(),
        DeafNoops("smtpd"), DeafNoops("pop3d"),
        GreedyCommands("smtpd", b"NOOP\r\n", 4, "4 clients with NOOPs without end, replies read"),
        GreedyCommands("pop3d", b"NOOP\r\n", 4, "4 clients with NOOPs without end, replies read"),
        DeafListings(), SlowListings(), GreedyListings(), EmptiedListings(), Logins(),
        MessagesInFlight(), ArrivingMessages(), DroppedMessages(), ManyRecipients(),
        DeafReaders(),
        Silent("smtpd"), Silent("pop3d"),
        Dripping("smtpd"), Dripping("pop3d"),
        Crowd("smtpd"), Crowd("pop3d"),
        *slow_loads.all_loads(),
    ]
