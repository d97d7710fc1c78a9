"""The server's certificate changes while it is used, and who looks at it."""
import os
import shutil
import signal
import ssl

import certificates
import tls_stream
import wire
from tls_case import BOTH, TlsCase


class CertificateTest(TlsCase):
    """A certificate that changes while it is used."""

    def setUp(self):
        super().setUp()
        self.authority = certificates.shared().authority
        self.pair = certificates.Pair(self.site.folder, "server")
        self.install(certificates.shared().server)

    def install(self, pair, certificate=True, key=True):
        """Both files are replaced as renewals do: by renaming."""
        for wanted, new, old in ((certificate, pair.certificate, self.pair.certificate),
                                 (key, pair.key, self.pair.key)):
            if wanted:
                shutil.copy(new, f"{old}.new")
                os.replace(f"{old}.new", old)

    def another(self, name="another", algorithm=certificates.EC):
        return certificates.server(self.site.folder, self.authority, name, algorithm)

    def shown_by(self, client):
        return client.socket.tls.getpeercert(binary_form=True)

    def der(self, pair):
        return ssl.PEM_cert_to_DER_cert(pair.certificate.read_text())

    def test_a_new_one_counts_at_the_next_handshake_and_sessions_go_on(self):
        another = self.another()
        for which in BOTH:
            self.install(certificates.shared().server)
            server = self.start_with_tls(which, pair=self.pair)
            before = self.both_ways(server)
            self.install(another)
            after = self.both_ways(server)
            self.assertEqual([self.shown_by(client) for client in before], [self.der(certificates.shared().server)] * 2)
            self.assertEqual([self.shown_by(client) for client in after], [self.der(another)] * 2)
            for client in (*before, *after):
                self.assert_serves(client)

    def test_one_without_its_key_is_not_taken_and_that_is_logged_once(self):
        # Of the same kind; of another, where OpenSSL itself compares nothing; none at all.
        none = certificates.Pair(self.site.folder, "none")
        none.certificate.write_text("no certificate\n")
        for unfit in (self.another("same"), self.another("other", certificates.RSA), none):
            for which in BOTH:
                self.install(certificates.shared().server)
                server = self.start_with_tls(which, "--log-format", "json", pair=self.pair)
                self.install(unfit, key=False)
                for client in (*self.both_ways(server), *self.both_ways(server)):
                    self.assertEqual(self.shown_by(client), self.der(certificates.shared().server))
                    self.assert_serves(client)
                kept = [event for event in self.log(server) if event["event"] == "certificate-kept"]
                self.assertEqual(len(kept), 1)
                self.assertIn(str(self.site.folder), kept[0]["reason"])

    def test_the_second_file_of_a_renewal_makes_it_count(self):
        another = self.another(algorithm=certificates.RSA)
        server = self.start_with_tls("pop3d", pair=self.pair)
        self.install(another, key=False)
        self.assertEqual(self.shown_by(self.begun(server)), self.der(certificates.shared().server))
        self.install(another, certificate=False)
        self.assertEqual(self.shown_by(self.begun(server)), self.der(another))

    def test_one_that_goes_away_stays(self):
        server = self.start_with_tls("smtpd", pair=self.pair)
        self.pair.certificate.unlink()
        self.pair.key.unlink()
        for client in self.both_ways(server):
            self.assert_serves(client)

    def test_sighup_reads_it_again(self):
        server = self.start_with_tls("smtpd", "--log-format", "json", pair=self.pair)
        server.process.send_signal(signal.SIGHUP)
        self.assert_serves(self.begun(server))
        self.pair.certificate.write_text("garbage\n")
        server.process.send_signal(signal.SIGHUP)
        self.assert_serves(self.begun(server))
        events = [event["event"] for event in self.log(server)]
        self.assertEqual(events.count("certificate-read"), 1)
        self.assertIn(events.count("certificate-kept"), (1, 2))   # the handshake may be the first to see it
        self.assertLess(events.index("certificate-read"), events.index("certificate-kept"))


class TrustTest(TlsCase):
    def test_a_client_that_does_not_trust_us_ends_it(self):
        context = ssl.create_default_context()
        for server in self.both_with_tls():
            for way in (self.begun, self.by_tls):
                with self.assertRaises(ssl.SSLCertVerificationError):
                    way(server, context=context)
            self.assert_serves(self.by_tls(server))

    def test_a_name_is_checked_by_clients_against_what_the_certificate_says(self):
        smtp = self.start_with_tls("smtpd")
        with wire.Wire(smtp.tls_port) as client, self.assertRaises(ssl.SSLCertVerificationError):
            client.start_tls(name="elsewhere.example")
        with wire.Wire(smtp.tls_port) as client:
            client.socket = tls_stream.TlsStream(client.socket, certificates.shared().client_context(), "127.0.0.1")
            self.assertEqual(client.line()[:4], b"220 ")
