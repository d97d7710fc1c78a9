"""A client whose single steps are timed, in milliseconds. By hand, for mailbench counts whole transactions only."""
import time

import growth_path  # noqa: F401
import wire

TEXT = b"Subject: growth\r\n\r\n" + b"One line of a message.\r\n" * 10


def timed(function, *arguments):
    """Its milliseconds, and what it returned."""
    begun = time.perf_counter()
    returned = function(*arguments)
    return (time.perf_counter() - begun) * 1000, returned


def greeted_smtp(server):
    client = wire.Wire(server.port).greeted()
    client.ehlo()
    return client


def deliver(client, user):
    """From MAIL to the 250 after the data."""
    took, answer = timed(client.deliver, TEXT, user)
    assert answer.startswith("250"), answer
    return took


def logged_in(server, name, address):
    """The time that PASS took, and the client."""
    client = wire.Wire(server.port).greeted()
    client.must(f"USER {address}", "+OK")
    took, _ = timed(client.must, f"PASS secret-of-{name}", "+OK")
    return took, client


def listed(client):
    """The time that LIST took, and how many messages it named. Nothing is taken apart before the clock stops."""
    begun = time.perf_counter()
    client.send(b"LIST\r\n")
    said = bytearray()
    while not said.endswith(b"\r\n.\r\n"):
        piece = client.octets(1) + client.octets(len(client.buffer))
        assert piece, f"LIST ended after {len(said)} octets"
        said += piece
    took = (time.perf_counter() - begun) * 1000
    assert said.startswith(b"+OK"), said[:80]
    return took, said.count(b"\r\n") - 2


def quit_session(client):
    took, _ = timed(client.must, "QUIT", "+OK")
    client.close()
    return took
