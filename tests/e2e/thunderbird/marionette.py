"""Marionette: the protocol by which a program of Mozilla's is driven from outside.

A packet is `length:JSON` over TCP. The program greets with an object; then a command is
`[0, id, name, parameters]`, its answer `[1, id, error, result]`. One command at a time.
https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html
"""
import json
import socket

HANG_S = 120


class Refused(Exception):
    """The program answered a command with an error."""

    def __init__(self, command, error):
        super().__init__(f"{command}: {error.get('error')}: {error.get('message')}\n{error.get('stacktrace', '')}")


class Marionette:
    """A connection, and on it a session in chrome context: scripts run with the program's own rights."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=HANG_S)
        self.input = self.socket.makefile("rb")
        self.commands = 0
        self.read_packet()   # the greeting
        self.capabilities = self.command("WebDriver:NewSession", {})["capabilities"]
        self.command("WebDriver:SetTimeouts", {"script": HANG_S * 1000})
        self.command("Marionette:SetContext", {"value": "chrome"})

    def close(self):
        self.input.close()
        self.socket.close()

    def command(self, name, parameters):
        """Sends a command and waits for its answer; Refused if that is an error."""
        self.commands += 1
        packet = json.dumps([0, self.commands, name, parameters]).encode()
        self.socket.sendall(b"%d:%s" % (len(packet), packet))
        _, number, error, result = self.read_packet()
        assert number == self.commands, f"the answer to command {number}, not to {self.commands}"
        if error is not None:
            raise Refused(name, error)
        return result

    def run(self, file, *arguments):
        """Runs the JavaScript in `file`, the body of a function, which may return a promise: it is
        waited for. Arguments and result are what JSON can say."""
        script = {"script": file.read_text(), "args": arguments, "sandbox": "system", "filename": str(file)}
        return self.command("WebDriver:ExecuteScript", script)["value"]

    def read_packet(self):
        length = b""
        while (octet := self.input.read(1)) != b":":
            if not octet:
                raise EOFError("the program closed its end of Marionette")
            length += octet
        packet = self.input.read(int(length))
        if len(packet) < int(length):
            raise EOFError("the program closed its end of Marionette within a packet")
        return json.loads(packet)
