"""Servers that are faulty in one way: a relay in front of a good one spoils what it says.

    relay = Pop3Relay(port_of_mypopd, "damage")
    ...                                # a client speaks to relay.port
    relay.close()

With the fault "none" it passes on everything as it is: the control. One command at a time, as
Thunderbird sends them; no TLS.
"""
import re
import socket
import threading

HANG_S = 120
MULTI_LINE = re.compile(rb"(CAPA|LIST|UIDL|(RETR|TOP) .*)\r\n", re.IGNORECASE)

# Fault → what the server does wrong.
POP3_FAULTS = {
    "drop": "mypopd hides the last message of the mailbox",
    "damage": "mypopd sends one letter with one bit changed",
    "dots": "mypopd forgets to double the dot of a line of two dots",
    "uidl": "mypopd gives its messages other UIDLs in each session",
    "order": "mypopd numbers the messages 2 and 3 the other way round",
    "keeps": "mypopd says +OK to DELE and does not delete",
    "deletes": "mypopd deletes what it has sent, without DELE",
    "password": "mypopd takes any password",
}
SMTP_FAULTS = {
    "swallow": "mysmtpd says 250 and does not store the message",
    "damage-in": "mysmtpd stores one letter with one bit changed",
    "anybody": "mysmtpd says 250 to recipients that it does not know",
}


class Relay:
    """Listens on a port of 127.0.0.1; a thread a connection, in which `converse` speaks to both sides."""

    def __init__(self, to_port, fault):
        self.to_port, self.fault = to_port, fault
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self.accept)]
        self.threads[0].start()

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:   # close() has shut it down
                return
            self.threads.append(threading.Thread(target=self.serve, args=(client,)))
            self.threads[-1].start()

    def serve(self, client):
        with client, socket.create_connection(("127.0.0.1", self.to_port), timeout=HANG_S) as server:
            client.settimeout(HANG_S)
            try:
                self.converse(Side(client), Side(server))
            except OSError:
                pass   # one side has gone: the other is told by closing

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join()
        self.listener.close()


class Side:
    """One of the two connections, by lines."""

    def __init__(self, connection):
        self.connection = connection
        self.input = connection.makefile("rb")

    def line(self):
        """The next line with its end; ConnectionError when there is none."""
        line = self.input.readline()
        if not line:
            raise ConnectionError("closed")
        return line

    def begins_with_tls(self):
        """Whether its first octet is that of a TLS hello: it tries whether we speak TLS. We do not."""
        return self.input.peek(1)[:1] == b"\x16"

    def lines(self):
        """Up to the line of a single dot, with it."""
        lines = [self.line()]
        while lines[-1] != b".\r\n":
            lines.append(self.line())
        return lines

    def send(self, octets):
        self.connection.sendall(octets)

    def ask(self, line):
        """Of a server: sends a command for ourselves; the answer's first line."""
        self.send(line)
        return self.line()


class Pop3Relay(Relay):
    right_password = None   # the first one: PASS, or the line that answers AUTH's "+ "
    listings = 0            # UIDLs answered

    def converse(self, client, server):
        client.send(server.line())
        if client.begins_with_tls():
            client.send(server.ask(b"\x16\r\n"))
            return
        status = b""
        while True:
            command = client.line()
            is_password = command.startswith(b"PASS ") or status.startswith(b"+ ")
            if self.fault == "keeps" and command.startswith(b"DELE "):
                client.send(b"+OK Message deleted\r\n")
                continue
            if self.fault == "order":
                command = re.sub(rb"^(RETR|DELE) ([23])\r", swapped, command)
            if self.fault == "password" and is_password:
                command = self.right_password = self.right_password or command
            status = server.ask(command)
            body = server.lines() if status.startswith(b"+OK") and MULTI_LINE.fullmatch(command) else []
            client.send(b"".join(self.spoilt(command, status, body)))
            if self.fault == "deletes" and command.startswith(b"RETR ") and body:
                server.ask(command.replace(b"RETR", b"DELE"))

    def spoilt(self, command, status, body):
        """The answer's lines as the client is to get them."""
        verb = command.split()[0].upper()
        if self.fault == "drop" and verb == b"STAT" and (counts := status.split())[1] != b"0":
            status = b"+OK %d %s\r\n" % (int(counts[1]) - 1, counts[2])
        elif self.fault == "drop" and verb in (b"LIST", b"UIDL") and len(body) > 1:
            del body[-2]
        elif self.fault == "damage" and verb == b"RETR":
            body = [with_a_bit_changed(b"".join(body))]
        elif self.fault == "dots" and verb == b"RETR":
            body = [b"..\r\n" if line == b"...\r\n" else line for line in body]
        elif self.fault == "uidl" and verb == b"UIDL":
            body = [b"%s%s\r\n" % (line.rstrip(), b"x" * self.listings) for line in body[:-1]] + body[-1:]
            self.listings += 1
        elif self.fault == "order" and verb == b"UIDL" and len(body) > 3:
            uids = [line.split()[1] for line in body[:-1]]
            uids[1], uids[2] = uids[2], uids[1]
            body = [b"%d %s\r\n" % numbered for numbered in enumerate(uids, 1)] + [b".\r\n"]
        return [status, *body]


class SmtpRelay(Relay):
    def converse(self, client, server):
        client.send(server.line())
        if client.begins_with_tls():
            client.send(server.ask(b"\x16\r\n"))
            return
        while True:
            command = client.line()
            reply = server.ask(command)
            while reply[3:4] == b"-":
                client.send(reply)
                reply = server.line()
            if self.fault == "anybody" and command.startswith(b"RCPT ") and reply.startswith(b"550"):
                reply = b"250 2.1.5 Requested mail action ok, completed\r\n"
            client.send(reply)
            if reply.startswith(b"354"):
                message = b"".join(client.lines())
                if self.fault == "damage-in":
                    message = with_a_bit_changed(message)
                if self.fault == "swallow":
                    client.send(b"250 2.0.0 Requested mail action ok, completed; id=0\r\n")
                    return   # mysmtpd sees its client vanish in the middle of the message
                client.send(server.ask(message))


def swapped(found):
    return found[1] + b" " + (b"3" if found[2] == b"2" else b"2") + b"\r"


def with_a_bit_changed(message):
    """The first letter behind the middle is a small one instead of a capital, or the other way round: base64
    and text stay well-formed."""
    place = re.compile(rb"[A-Za-z]").search(message, len(message) // 2).start()
    return message[:place] + bytes([message[place] ^ 0x20]) + message[place + 1:]
