"""What the tests of TLS share: servers with it, and clients that have done the handshake."""
import contextlib
import json

import certificates
import wire
from servers import ServerCase

BOTH = ("smtpd", "pop3d")
BEGIN = {"smtpd": b"STARTTLS\r\n", "pop3d": b"STLS\r\n"}
READY = {"smtpd": "220 Ready to start TLS", "pop3d": "+OK Begin TLS negotiation"}


class TlsCase(ServerCase):
    def start_with_tls(self, which, *arguments, pair=None):
        pair = pair or certificates.shared().server
        return self.site.start(which, *pair.arguments(), "--tls-port", "0", *arguments)

    def both_with_tls(self, *arguments):
        return [self.start_with_tls(which, *arguments) for which in BOTH]

    def opened(self, port):
        client = wire.Wire(port)
        self.addCleanup(client.close)
        return client

    def begun(self, server, **tls):
        """A client that has done STARTTLS or STLS."""
        client = self.opened(server.port).greeted()
        client.send(BEGIN[server.which])
        self.assertEqual(client.answer(), READY[server.which])
        client.start_tls(**tls)
        return client

    def by_tls(self, server, **tls):
        """A client of the port where TLS comes first."""
        client = self.opened(server.tls_port)
        client.start_tls(**tls)
        return client.greeted()

    def both_ways(self, server, **tls):
        return [self.begun(server, **tls), self.by_tls(server, **tls)]

    def assert_serves(self, client):
        """QUIT is answered, and both TLS and TCP are ended in order."""
        self.assertIn(client.ask("QUIT")[:4], ("221 ", "+OK "))
        self.assertEqual(client.rest(), b"")

    def said_at_the_end(self, client):
        """What comes until the connection ends, in order or by a reset: what we sent may not have been read."""
        with contextlib.suppress(ConnectionError):
            client.rest()
        return bytes(client.buffer)

    def log(self, server):
        """Its events, when it has ended."""
        server.terminate()
        server.process.wait(wire.HANG_S)
        return [json.loads(line) for line in server.stderr().splitlines()]
