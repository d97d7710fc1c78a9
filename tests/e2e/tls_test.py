"""TLS over sockets: STARTTLS (RFC 3207), STLS (RFC 2595), and ports where it comes first (RFC 8314)."""
import contextlib
import os
import poplib
import random
import smtplib
import socket
import ssl
import struct
import subprocess
import warnings

import certificates
import wire
from servers import JOHN, PASSWORDS
from tls_case import BEGIN, READY, TlsCase


class SessionTest(TlsCase):
    def test_python_sends_and_fetches_in_each_mode(self):
        smtp, pop3 = self.both_with_tls()
        context = certificates.shared().client_context()
        message = b"Subject: hello\r\n\r\n.over TLS\r\n"
        by_starttls = smtplib.SMTP("localhost", smtp.port, local_hostname="localhost", timeout=wire.HANG_S)
        by_starttls.starttls(context=context)
        at_once = smtplib.SMTP_SSL("127.0.0.1", smtp.tls_port, local_hostname="localhost", timeout=wire.HANG_S,
                                   context=context)
        for client in (by_starttls, at_once):
            with client:
                client.login(JOHN, PASSWORDS[JOHN])
                client.sendmail(JOHN, JOHN, message)
        by_stls = poplib.POP3("localhost", pop3.port, timeout=wire.HANG_S)
        by_stls.stls(context=context)
        fetched = []
        for client in (by_stls, None):
            client = client or poplib.POP3_SSL("::1" if "::1" in pop3.tls_ports else "127.0.0.1", pop3.tls_port,
                                               timeout=wire.HANG_S, context=context)
            client.user(JOHN)
            client.pass_(PASSWORDS[JOHN])
            fetched += [b"\r\n".join(client.retr(1)[1]) + b"\r\n", client.dele(1)]
            client.quit()
        self.assertEqual(fetched[::2], [message, message])
        self.assertEqual(self.store.of(JOHN), [])

    def test_five_megabytes_go_in_and_out_octet_by_octet(self):
        octets = random.Random(7)
        lines = [octets.randbytes(octets.randint(0, 2000)).translate(None, b"\0\r\n") for _ in range(5000)]
        message = b"".join(line + b"\r\n" for line in [*lines, b".", b"..", b""])
        self.assertGreater(len(message), 4_900_000)
        smtp, pop3 = self.both_with_tls()
        for client in self.both_ways(smtp):
            client.ehlo()
            self.assertEqual(client.deliver(wire.stuffed(message), JOHN)[:4], "250 ")
        self.assertTrue(self.store.of(JOHN) == [message, message])
        for client in self.both_ways(pop3):
            client.log_in(JOHN, PASSWORDS[JOHN])
            self.assertTrue(client.message(2) == message)
            client.must("QUIT", "+OK")

    def test_the_end_of_input_ends_a_session_only_when_all_of_it_is_answered(self):
        smtp = self.start_with_tls("smtpd")
        dialogue = (f"HELO client\r\nMAIL FROM:<a@b>\r\nRCPT TO:<{JOHN}>\r\nDATA\r\n".encode()
                    + wire.stuffed(b"x" * 70 + b"\r\n") * 20_000 + b".\r\nNOOP\r\n")
        for said_by_tls in (True, False):   # many clients only close the connection
            for client in self.both_ways(smtp):
                client.send(dialogue)
                if said_by_tls:
                    client.half_close()
                else:
                    client.socket.below.shutdown(socket.SHUT_WR)
                replies = client.rest().split(b"\r\n")
                self.assertEqual([reply[:3] for reply in replies],
                                 [b"250", b"250", b"250", b"354", b"250", b"250", b""])
        self.assertEqual([len(message) for message in self.store.of(JOHN)], [72 * 20_000] * 4)

    def test_a_session_is_the_same_when_the_octets_trickle(self):
        for server in self.both_with_tls():
            for client in self.both_ways(server):
                client.trickle(b"NOOP x\r\nQUIT\r\n")
                self.assertEqual(len(client.rest().split(b"\r\n")), 3)

    def test_a_log_tells_of_the_handshake(self):
        smtp = self.start_with_tls("smtpd", "--log-format", "json")
        for client in self.both_ways(smtp):
            self.assert_serves(client)
        log = self.log(smtp)
        self.assertEqual([event["version"] for event in log if event["event"] == "tls"], ["TLSv1.3", "TLSv1.3"])
        for session in (1, 2):
            self.assertEqual([event["event"] for event in log if event.get("session") == session],
                             ["connected", "tls", "session-over"])


class ForgottenTest(TlsCase):
    """What was sent in the clear counts no more."""

    def test_commands_in_the_same_send_as_starttls_are_never_answered(self):
        smtp = self.start_with_tls("smtpd")
        with smtp.connect() as client:
            client.send(b"STARTTLS\r\nEHLO mallory\r\nMAIL FROM:<mallory@b>\r\nNOOP\r\n")
            self.assertEqual(client.answer(), READY["smtpd"])
            client.start_tls()
            # Had any of it been answered, that would come first.
            self.assertEqual(client.ask(f"RCPT TO:<{JOHN}>"), "503 Bad sequence of commands")
            self.assertEqual(client.ask("MAIL FROM:<a@b>"), "503 Bad sequence of commands")
            client.ehlo()
            self.assert_serves(client)

    def test_commands_in_the_same_send_as_stls_are_never_answered(self):
        pop3 = self.start_with_tls("pop3d")
        with pop3.connect() as client:
            client.send(b"STLS\r\nUSER " + JOHN.encode() + b"\r\nCAPA\r\n")
            self.assertEqual(client.answer(), READY["pop3d"])
            client.start_tls()
            self.assertEqual(client.ask(f"PASS {PASSWORDS[JOHN]}"), "-ERR Bad sequence of commands")
            self.assert_serves(client)

    def test_more_in_the_clear_than_a_buffer_holds_ends_the_connection_unanswered(self):
        for server in self.both_with_tls():
            with server.connect() as client:
                with contextlib.suppress(ConnectionError):
                    client.send(BEGIN[server.which] + b"NOOP x\r\n" * 200_000)
                said = self.said_at_the_end(client)
                ready = READY[server.which].encode() + b"\r\n"
                self.assertTrue(ready.startswith(said[:len(ready)]), said)
                self.assertNotIn(b"250 ", said)
                self.assertNotIn(b"-ERR", said)
            self.assert_serves(self.begun(server))

    def test_without_tls_it_goes_no_further(self):
        for server in self.both_with_tls():
            with server.connect() as client:
                client.send(BEGIN[server.which])
                self.assertEqual(client.answer(), READY[server.which])
                client.send(b"NOOP\r\nNOOP\r\nQUIT\r\n")
                said = self.said_at_the_end(client)
                self.assertNotIn(b"\r\n", said)   # at most an alert
                self.assertNotIn(b"OK", said)


class ProtocolTest(TlsCase):
    def client_context(self, version):
        """A client of this version alone. What the machine forbids its clients, this one may."""
        context = certificates.shared().client_context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)   # it knows that they are old
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = version
            context.minimum_version = version
        return context

    def test_tls_1_2_and_1_3_are_spoken(self):
        for server in self.both_with_tls():
            for version, name in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
                for client in self.both_ways(server, context=self.client_context(version)):
                    self.assertEqual(client.socket.tls.version(), name)
                    self.assert_serves(client)

    def test_tls_1_0_and_1_1_are_refused(self):
        for server in self.both_with_tls():
            for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
                for way in (self.begun, self.by_tls):
                    with self.assertRaisesRegex(ssl.SSLError, "ALERT_PROTOCOL_VERSION"):
                        way(server, context=self.client_context(version))

    def test_a_session_is_resumed(self):
        for server in self.both_with_tls():
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                context = self.client_context(version)
                for way in (self.begun, self.by_tls):
                    first = way(server, context=context)
                    self.assertFalse(first.socket.tls.session_reused)
                    self.assert_serves(first)
                    again = way(server, context=context, session=first.socket.tls.session)
                    self.assertTrue(again.socket.tls.session_reused)
                    self.assert_serves(again)

    def s_client(self, mode, typed):
        """What openssl s_client says when this is typed, until it ends by itself: its input does not end before."""
        ours, theirs = os.pipe()
        with open(ours, "rb") as its_input, open(theirs, "wb", buffering=0) as keyboard:
            keyboard.write(typed)
            done = subprocess.run(
                ["openssl", "s_client", *mode, "-CAfile", str(certificates.shared().authority.certificate),
                 "-verify_return_error"], stdin=its_input, capture_output=True, text=True, check=False,
                timeout=wire.HANG_S)
        return done.stdout + done.stderr

    def test_nothing_is_negotiated_again(self):
        starttls = {"smtpd": "smtp", "pop3d": "pop3"}
        for server in self.both_with_tls():
            for mode in (("-starttls", starttls[server.which], "-connect", f"127.0.0.1:{server.port}"),
                         ("-connect", f"127.0.0.1:{server.tls_port}")):
                said = self.s_client((*mode, "-tls1_2"), b"R\n")
                self.assertIn("Verify return code: 0 (ok)", said)
                self.assertIn("RENEGOTIATING", said)
                # The second where the server's greeting came just when openssl awaited the answer.
                self.assertRegex(said, "no renegotiation|unexpected record")

    def hello(self, compression):
        """A TLS 1.2 ClientHello that offers these ways of compression; Python's and openssl's cannot."""
        extensions = (struct.pack(">HHHH", 10, 4, 2, 23)            # P-256
                      + struct.pack(">HHBB", 11, 2, 1, 0)           # points as they are
                      + struct.pack(">HHHH", 13, 4, 2, 0x0403))     # ECDSA with SHA-256
        body = (b"\x03\x03" + bytes(32) + b"\0" + struct.pack(">HH", 2, 0xC02B)
                + bytes([len(compression), *compression]) + struct.pack(">H", len(extensions)) + extensions)
        shake = b"\x01" + struct.pack(">I", len(body))[1:] + body
        return b"\x16\x03\x01" + struct.pack(">H", len(shake)) + shake

    def test_nothing_is_compressed(self):
        for server in self.both_with_tls():
            with wire.Wire(server.tls_port) as client:
                client.send(self.hello([1, 0]))
                record = client.octets(5)
                self.assertEqual(record[:3], b"\x16\x03\x03")
                shake = client.octets(struct.unpack(">H", record[3:])[0])
                chosen = 4 + 2 + 32 + 1 + shake[4 + 2 + 32] + 2   # behind version, random, session and cipher
                self.assertEqual(shake[chosen], 0)
            with wire.Wire(server.tls_port) as client:
                client.send(self.hello([1]))
                self.assertEqual(client.rest()[:1], b"\x15")      # an alert


class StrangerTest(TlsCase):
    """Clients that do not do what is expected of them cost nobody anything."""

    def test_tls_on_the_clear_port_and_no_tls_on_the_other(self):
        context = certificates.shared().client_context()
        for server in self.both_with_tls("--log-format", "json"):
            with wire.Wire(server.port) as client, self.assertRaises(ssl.SSLError):
                client.start_tls(context=context)
            with wire.Wire(server.tls_port) as client:
                client.send(b"QUIT\r\nQUIT\r\n")
                self.assertNotIn(b"\r\n", self.said_at_the_end(client))
            self.assert_serves(self.by_tls(server))
            failed = [event for event in self.log(server) if event.get("session") == 2]
            self.assertEqual([event["event"] for event in failed], ["connected", "tls-failed", "session-over"])
            self.assertEqual(failed[-1]["why"], "tls-failed")

    def test_handshakes_that_stall_hold_up_nobody(self):
        for server in self.both_with_tls():
            hello = ProtocolTest.hello(self, [0])
            stalled = []
            for n in range(40):
                client = self.opened(server.tls_port)
                client.send(hello[:n])
                stalled.append(client)
            for client in self.both_ways(server):
                self.assert_serves(client)
            # And are no less welcome for that.
            stalled[0].send(hello)
            self.assertEqual(stalled[0].octets(3), b"\x16\x03\x03")

    def test_a_handshake_that_stalls_is_ended_by_its_time_out(self):
        for server in self.both_with_tls("--handshake-timeout", "1"):
            with wire.Wire(server.tls_port) as client:
                client.send(ProtocolTest.hello(self, [0])[:20])
                self.assertEqual(client.rest(), b"")
            with server.connect() as client:
                client.must(BEGIN[server.which].decode().strip(), READY[server.which])
                self.assertEqual(client.rest(), b"")

    def test_sigterm_ends_handshakes_under_way(self):
        for server in self.both_with_tls():
            with wire.Wire(server.tls_port) as client:
                client.send(ProtocolTest.hello(self, [0])[:20])
                self.assert_serves(self.by_tls(server))
                server.terminate()
                self.assertEqual(server.process.wait(wire.HANG_S), 0)
