"""The letters that the clients send and fetch, with CRLF, whole as they must be stored.

Each has every header that a client might want to add, so that what arrives is what was sent.
"""
from servers import JOHN

SENDER = "me@localhost"

DOTS = b".\r\n..\r\n...\r\n.x\r\n..x\r\nx.\r\n . \r\n\r\n.\r\n\r\n..\r\n.\r\n"
OCTETS = "Grüße, € und 日本.\r\n".encode() + bytes(range(0xA0, 0x100)) + b"\r\n"
LONG = b"".join(b".%d %s\r\n" % (n, b"x" * (n * 7 % 900)) for n in range(500))   # every line begins with a dot


def letter(number, body=b"Hello.\r\n", recipient=JOHN):
    headers = (f"From: {SENDER}", f"To: {recipient}", "Date: Mon, 23 Nov 2026 12:00:00 +0000",
               f"Message-ID: <{number}@localhost>", f"Subject: letter {number}", "MIME-Version: 1.0",
               "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit")
    return "".join(f"{header}\r\n" for header in headers).encode() + b"\r\n" + body


# What is hard to carry: dots, octets above 127, much of it, nothing, blank lines at the end.
LETTERS = [letter(0, DOTS), letter(1, OCTETS), letter(2, LONG), letter(3, b""), letter(4, b"x\r\n\r\n\r\n")]


def series(count, first=100):
    """So many short letters that can be told apart, each with a line that is a dot."""
    return [letter(first + n, b"Number %d.\r\n.\r\nThe end.\r\n" % n) for n in range(count)]


def with_lf(message):
    """As a Unix program keeps it."""
    return message.replace(b"\r\n", b"\n")
