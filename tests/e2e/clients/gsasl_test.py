"""gsasl, GNU SASL's own client, over GnuTLS: the one in Debian that speaks SCRAM-SHA-256-PLUS. It logs in by SMTP and
sends what it is given; POP3 it does not speak."""
import base64

import e2e_path  # noqa: F401
from encrypted_test import EncryptedCase
from servers import JOHN, PASSWORDS

TLS_1_2 = "NORMAL:-VERS-TLS1.3"
# GnuTLS's priorities → what the login is then bound to, as its first message names it.
BINDINGS = {"NORMAL": "tls-exporter", TLS_1_2: "tls-unique"}


class GsaslTest(EncryptedCase):
    NEEDS = {"gsasl": "gsasl"}

    def log_in(self, priorities, mechanism, *options, status=0):
        """What it prints: the whole dialogue."""
        return self.run_client(
            "gsasl", "--smtp", f"--connect=localhost:{self.smtp.port}", "--starttls", f"--x509-ca-file={self.authority}",
            f"--priority={priorities}", f"--mechanism={mechanism}", f"--authentication-id={JOHN}", "--authorization-id=",
            f"--password={PASSWORDS[JOHN]}", "--verbose", *options, input=b"QUIT\r\n", status=status).decode()

    def first_message(self, said):
        """The client's: what follows the first prompt."""
        lines = said.splitlines()
        return base64.b64decode(lines[lines.index("334 ") + 1]).decode()

    def test_each_version_of_tls_binds_a_login(self):
        for priorities, binding in BINDINGS.items():
            said = self.log_in(priorities, "SCRAM-SHA-256-PLUS")
            self.assertRegex(self.first_message(said), f"^p={binding},")
            self.assertIn("235 2.7.0 Authentication successful", said)

    def test_nothing_is_bound_without_an_extended_master_secret(self):
        said = self.log_in(TLS_1_2 + ":%NO_SESSION_HASH", "SCRAM-SHA-256-PLUS", status=1)
        self.assertIn("535 5.7.8 ", said)
        self.assertNotIn("235 ", said)

    def test_it_logs_in_unbound_too(self):
        said = self.log_in("NORMAL", "SCRAM-SHA-256", "--no-cb")
        self.assertRegex(self.first_message(said), "^n,")
        self.assertIn("235 2.7.0 Authentication successful", said)
