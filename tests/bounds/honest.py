"""An honest client: how long it waits for its answer, while others behave as they like.

Each round is a connection of its own. mysmtpd's: from connecting to the 250 after the data. mypopd's: from
connecting to the end of RETR's reply.
"""
import dataclasses
import statistics
import time

import wire

USER, PASSWORD = "honest@example.com", "honest password"
MESSAGE = b"Subject: honest\r\n\r\n" + b"".join(b"This is line %d of an honest message.\r\n" % n for n in range(50))


@dataclasses.dataclass
class Waits:
    """Of each round, in milliseconds."""
    rounds: list

    @property
    def median(self):
        return statistics.median(self.rounds)

    @property
    def longest(self):
        return max(self.rounds)


def send_one(port):
    begin = time.perf_counter()
    with wire.Wire(port) as client:
        client.line()
        client.ehlo()
        answer = client.deliver(MESSAGE, USER)
        took = time.perf_counter() - begin
        assert answer.startswith("250"), answer
        client.must("QUIT", "221")
    return took


def fetch_one(port):
    begin = time.perf_counter()
    with wire.Wire(port) as client:
        client.line()
        client.log_in(USER, PASSWORD)
        message = client.message(1)
        took = time.perf_counter() - begin
        assert message == MESSAGE, message
        client.must("QUIT", "+OK")   # so that the next round finds the maildrop free
    return took


ROUND = {"smtpd": send_one, "pop3d": fetch_one}


def waits(which, port, rounds, pause_s=0.0):
    def one():
        time.sleep(pause_s)
        return ROUND[which](port) * 1000

    return Waits([one() for _ in range(rounds)])
