#!/usr/bin/env python3
"""quota_cost.py MYSMTPD [--messages N] [--folder DIR]: what an RCPT costs where mailboxes have a quota, in milliseconds
(median / longest): for a mailbox of N messages of 100 octets, and for an empty one. The users are as many as the rounds,
all with such a mailbox (of hard links), so that each first look is one."""
import argparse
import os
import pathlib
import socket
import statistics
import subprocess
import tempfile
import time

ROUNDS = 5
OCTETS = 100


def user(number):
    return f"user{number}@example.com"


class Session:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        self.file.readline()
        self.ask("HELO bench")

    def ask(self, line, code=b"250"):
        self.socket.sendall(line.encode() + b"\r\n")
        reply = self.file.readline()
        assert reply.startswith(code), (line, reply)

    def rcpt_ms(self, name, code=b"250"):
        """Of one RCPT in a transaction of its own."""
        self.ask("RSET")
        self.ask("MAIL FROM:<a@b>")
        begun = time.perf_counter()
        self.ask(f"RCPT TO:<{name}>", code)
        return (time.perf_counter() - begun) * 1000

    def deliver(self, name):
        self.ask("RSET")
        self.ask("MAIL FROM:<a@b>")
        self.ask(f"RCPT TO:<{name}>")
        self.ask("DATA", b"354")
        self.ask("x" * (OCTETS - 2) + "\r\n.")


def fill(folder, messages):
    """A mailbox for each user."""
    for number in range(ROUNDS):
        (folder / user(number)).mkdir(parents=True)
    for n in range(messages):
        first = folder / user(0) / f"{n}.mail"
        first.write_bytes(b"x" * (OCTETS - 2) + b"\r\n")
        for number in range(1, ROUNDS):
            os.link(first, folder / user(number) / f"{n}.mail")
    time.sleep(3)   # so that a look at the folders may be believed later


def shown(times):
    return f"{statistics.median(times):.2f} / {max(times):.2f}"


def measure(mysmtpd, messages, quota, folder):
    """What → times, of a server with this quota."""
    with tempfile.TemporaryDirectory(dir=folder) as site:
        fill(pathlib.Path(site) / "mail.store", messages)
        (pathlib.Path(site) / "users.txt").write_text("".join(f"{user(n)} x\n" for n in range(ROUNDS)))
        server = subprocess.Popen([mysmtpd, "0", "--listen", "127.0.0.1", "--log-level", "error", "--quota", str(quota)], cwd=site,
                                  stdout=subprocess.PIPE, text=True)
        try:
            session = Session(int(server.stdout.readline().rsplit(":", 1)[1]))
            names = [user(n) for n in range(ROUNDS)]
            found = {}
            if not quota:
                found["without a quota"] = [session.rcpt_ms(name) for name in names]
                return found
            found["first look"] = [session.rcpt_ms(name) for name in names]
            for name in names:
                time.sleep(1.1)
                session.rcpt_ms(name)
                found.setdefault("within a second of a count", []).append(session.rcpt_ms(name))
                time.sleep(1.1)
                found.setdefault("later, nothing has changed", []).append(session.rcpt_ms(name))
                session.deliver(name)
                time.sleep(1.1)
                found.setdefault("later, a message has come", []).append(session.rcpt_ms(name))
            return found
        finally:
            server.terminate()
            server.wait()
            server.stdout.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mysmtpd", type=pathlib.Path)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--folder", default=None)
    options = parser.parse_args()
    for messages in (0, options.messages):
        for quota in (0, 10 ** 12):
            for what, times in measure(options.mysmtpd.resolve(), messages, quota, options.folder).items():
                print(f"{messages} messages, {what}: {shown(times)} ms", flush=True)


if __name__ == "__main__":
    main()
