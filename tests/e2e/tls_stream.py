"""The client's side of a TLS connection, as wire.Wire uses a socket. Unlike Python's SSLSocket it can end its
output and go on reading."""
import contextlib
import socket
import ssl


class TlsStream:
    def __init__(self, below, context, name="localhost", session=None):
        """Does the handshake on the socket `below`."""
        self.below = below
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name, session=session)
        self.arrived = bytearray()   # read already, because the end of the output came in between
        self._until_done(self.tls.do_handshake)

    def sendall(self, octets):
        self._until_done(self.tls.write, octets)

    def recv(self, count):
        """As a socket's: nothing when the server has ended its output."""
        if self.arrived:
            taken, self.arrived = bytes(self.arrived[:count]), self.arrived[count:]
            return taken
        try:
            return self._until_done(self.tls.read, count)
        except ssl.SSLZeroReturnError:
            return b""

    def shutdown(self, _):
        """Tells the server that nothing more comes, by TLS and by TCP."""
        with contextlib.suppress(ssl.SSLWantReadError):
            while read := self.tls.read(256 * 1024):   # unwrap() would drop it
                self.arrived += read
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.unwrap()   # the server's own end comes later
        self._flush()
        self.below.shutdown(socket.SHUT_WR)

    def setsockopt(self, *option):
        self.below.setsockopt(*option)

    def close(self):
        self.below.close()

    def _until_done(self, step, *arguments):
        while True:
            try:
                return step(*arguments)
            except ssl.SSLWantReadError:
                self._flush()   # before waiting for what answers it
                received = self.below.recv(256 * 1024)
                if received:
                    self.incoming.write(received)
                else:
                    self.incoming.write_eof()
            finally:
                self._flush()

    def _flush(self):
        if self.outgoing.pending:
            self.below.sendall(self.outgoing.read())
