"""A client that sends just the octets it is told to, and reads just what comes.

It knows enough of SMTP and POP3 to save words in tests, and corrects nothing. Every wait ends after
HANG_S: that is no assertion about time, it only keeps a hang from lasting for ever.
"""
import random
import socket
import struct

import certificates
import tls_stream

HANG_S = 120


class Wire:
    """A connection. As a context manager it closes at the end."""

    def __init__(self, port, host="127.0.0.1"):
        self.socket = socket.create_connection((host, port), timeout=HANG_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()
        self.greeting = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def vanish(self):
        """Closes by a reset, as a client does whose machine forgot the connection."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def greeted(self):
        """Reads the greeting. Returns itself."""
        self.greeting = self.line()
        return self

    def start_tls(self, context=None, **options):
        """The handshake; from here on all goes over TLS. By default with the run's own CA."""
        assert not self.buffer, f"before the handshake the server said {self.buffer}"
        context = context or certificates.shared().client_context()
        self.socket = tls_stream.TlsStream(self.socket, context, **options)

    # ---- octets ----

    def send(self, octets):
        self.socket.sendall(octets)

    def trickle(self, octets):
        """One send an octet; past 4 KiB in small pieces of sizes that look random and never change."""
        sizes = random.Random(len(octets))
        while octets:
            size = 1 if len(octets) <= 4096 else sizes.randint(1, 600)
            self.socket.sendall(octets[:size])
            octets = octets[size:]

    def line(self):
        """The next line with its line end; what is left of one, or b"", when the server has closed."""
        while b"\n" not in self.buffer:
            if not self._more():
                break
        end = self.buffer.find(b"\n") + 1 or len(self.buffer)
        return self._take(end)

    def octets(self, count):
        """So many octets, or fewer when the server has closed."""
        while len(self.buffer) < count and self._more():
            pass
        return self._take(count)

    def rest(self):
        """All that comes until the server closes."""
        while self._more():
            pass
        rest, self.buffer = bytes(self.buffer), bytearray()
        return rest

    def _take(self, count):
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken

    def _more(self):
        received = self.socket.recv(256 * 1024)
        self.buffer += received
        return bool(received)

    # ---- a dialogue ----

    def ask(self, line):
        """Sends a line with CRLF and returns the line that answers it, without its line end."""
        self.send(line.encode("latin-1") + b"\r\n")
        return self.answer()

    def answer(self):
        return self.line().decode("latin-1").removesuffix("\r\n")

    def must(self, line, beginning):
        """ask(), and the answer must begin so."""
        answer = self.ask(line)
        assert answer.startswith(beginning), f"{line!r} was answered {answer!r}"
        return answer

    # ---- SMTP ----

    def ehlo(self):
        """Greets; returns the extensions' lines, without code."""
        lines = [self.must("EHLO localhost", "250")]
        while lines[-1].startswith("250-"):
            lines.append(self.answer())
        return [line[4:] for line in lines[1:]]

    def envelope(self, *recipients, sender="sender@example.org"):
        """Up to DATA's 354. The session has been greeted."""
        self.must(f"MAIL FROM:<{sender}>", "250")
        for recipient in recipients:
            self.must(f"RCPT TO:<{recipient}>", "250")
        self.must("DATA", "354")

    def deliver(self, message, *recipients):
        """A whole transaction; `message` is as it travels, without the final dot's line."""
        self.envelope(*recipients)
        self.send(message + b".\r\n")
        return self.answer()

    # ---- POP3 ----

    def log_in(self, user, password):
        self.must(f"USER {user}", "+OK")
        self.must(f"PASS {password}", "+OK")

    def lines(self, command):
        """The body of a multi-line reply as lines without line ends, dot-stuffing undone."""
        return [line[1:] if line.startswith(b".") else line for line in self.raw_lines(command)]

    def raw_lines(self, command):
        """The same as it travels. The status must be +OK and the end a dot with CRLF."""
        self.must(command, "+OK")
        lines = []
        while (line := self.line()) != b".\r\n":
            assert line.endswith(b"\r\n"), f"{command}: {line[-80:]!r} ends the reply or has no CRLF"
            lines.append(line[:-2])
        return lines

    def message(self, number):
        """RETR: the message with CRLF, dot-stuffing undone."""
        return b"".join(line + b"\r\n" for line in self.lines(f"RETR {number}"))

    def uids(self):
        return [line.split(b" ")[1].decode() for line in self.lines("UIDL")]


def stuffed(message):
    """A message with CRLF as SMTP carries it: dots at line starts doubled."""
    return b"\r\n".join(b"." + line if line.startswith(b".") else line
                       for line in message.split(b"\r\n"))
