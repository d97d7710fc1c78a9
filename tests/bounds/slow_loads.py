"""Loads of clients that are slow: they want to hold their connections for as long as they can."""
import contextlib
import os
import pathlib
import socket

import e2e_path  # noqa: F401
from hostile import GUESTS, Load, silent, slow, with_envelope


class SlowOnes(Load):
    """Clients that hold on to their connections, `places` of which there are in all; an octet a second is what they do at
    most. Who is sent away comes again."""
    places = None

    def __init__(self, server, clients, places, title):
        self.title = f"{clients:,} {title}, of {places:,} connections"
        self.server, self.clients, self.places = server, clients, places
        self.arguments = ("--max-connections", str(places))
        self.came_again = 0

    def come(self, number):
        """A connection that is slow from here on."""
        raise NotImplementedError

    def go_on(self, sock):
        """An octet. Raises OSError if the connection is over."""
        raise NotImplementedError

    def begin(self, port):
        self.port = port
        self.sockets = [self.come(number) for number in range(self.clients)]

    def hold(self, over):
        while not over.is_set():
            for number, sock in enumerate(self.sockets):
                if over.wait(1 / self.clients):
                    return
                try:
                    if sock is not None:
                        self.go_on(sock)
                    else:
                        self.sockets[number] = self.come(number)
                except (OSError, AssertionError):   # sent away, or there is no room
                    if sock is not None:
                        sock.close()
                    self.sockets[number] = None
                    self.came_again += 1


def small_window(sock):
    """So that what it does not take stays with the server."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)


class SlowSenders(SlowOnes):
    def __init__(self, clients=2_000, places=3_000):
        super().__init__("smtpd", clients, places, "clients that send a message, an octet a second")

    def come(self, number):
        return with_envelope(self.port, number % GUESTS).socket

    def go_on(self, sock):
        sock.send(b"x")
        sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            assert not sock.recv(1000), "421"
            raise ConnectionError("closed")


class SlowFetchers(SlowOnes):
    def __init__(self, clients=2_000, places=3_000, kibibytes=1_024):
        super().__init__("pop3d", clients, places, "clients that fetch a message, an octet a second")
        self.octets = kibibytes << 10

    def prepare(self, store):
        first = pathlib.Path(store.folder) / "slow.mail"
        first.write_bytes(b"A line of a long message.\r\n" * (self.octets // 27))
        os.utime(first, ns=(10**18, 10**18))
        for number in range(self.clients):
            folder = pathlib.Path(store.folder) / slow(number)
            folder.mkdir()
            os.link(first, folder / "0.mail")
        first.unlink()

    def come(self, number):
        client = silent(self.port)
        small_window(client.socket)
        client.log_in(slow(number), "secret")
        client.send(b"RETR 1\r\n")
        return client.socket

    def go_on(self, sock):
        if not sock.recv(1):
            raise ConnectionError("closed")


class SilentOnes(SlowOnes):
    def __init__(self, server, clients=2_000, places=3_000):
        super().__init__(server, clients, places, "clients that are silent")

    def come(self, number):
        return silent(self.port).socket

    def go_on(self, sock):
        """Nothing."""


def all_loads():
    """In their full size."""
    return [SlowSenders(), SlowFetchers(), SilentOnes("smtpd"), SilentOnes("pop3d")]
