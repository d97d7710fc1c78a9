"""mysmtpd and mypopd, as they come, on a store of the measurement's."""
import re
import shutil
import subprocess

from process import Process

LISTENING = re.compile(r"listening on 127\.0\.0\.1:(\d+)")


class Ours:
    """One of our servers. `program`: its binary; `folder`: on the disk that is measured, where mail.store is;
    `certificate`: for STARTTLS, if it is to have it."""

    def __init__(self, program, folder, users, log, certificate=None):
        self.store = folder / "mail.store"
        self._command = [str(program), "0", "--listen", "127.0.0.1", "--users", str(users), "--store", str(self.store)]
        if certificate:
            self._command += ["--tls-cert", str(certificate.chain), "--tls-key", str(certificate.key)]
        self._log = log
        self.process = None
        self.port = None

    def start(self):
        self.process = Process(self._command[0].rsplit("/", 1)[-1], self._command, self._log)
        found = LISTENING.search(self.process.line())
        if not found:
            self.process.end()
            raise RuntimeError(f"{self.process.name} did not start: {self.process.last_words()}")
        self.port = int(found[1])

    def stop(self):
        if self.process:
            process, self.process = self.process, None
            status = process.end()
            if status != 0:
                raise RuntimeError(f"{process.name} ended with status {status}: {process.last_words()}")

    # As a contestant in the rows of SMTP (smtp_rows.py).

    name = "ours"

    def prepare(self):
        """A fresh server with an empty store."""
        self.stop()
        shutil.rmtree(self.store, ignore_errors=True)
        self.start()

    def settle(self, _messages):
        """Waits for what is left to do after the last reply: nothing."""

    def delivered(self):
        """The messages in all mailboxes."""
        found = subprocess.run(["find", str(self.store), "-name", "*.mail", "-printf", "."], capture_output=True,
                               check=True)
        return len(found.stdout)
