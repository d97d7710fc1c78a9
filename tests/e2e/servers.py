"""The servers under test, each test's with a fresh folder of its own.

    class Something(ServerCase):            # a unittest.TestCase
        def test_it(self):
            smtp = self.start_smtp("--max-recipients", "3")
            with smtp.connect() as client:   # a wire.Wire, the greeting read
                ...
            self.assertEqual(self.store.of(JOHN), [b"..."])

However a test ends, its servers are ended by SIGTERM, and must then exit with status 0 and without
a sanitizer's report; a test that kills one says so by Server.kill(). Waiting has bounds that only
catch a hang.
"""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import wire

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARIES = {
    "smtpd": os.environ.get("MYSMTPD", str(ROOT / "build/asan/smtpd/mysmtpd")),
    "pop3d": os.environ.get("MYPOPD", str(ROOT / "build/asan/pop3d/mypopd")),
}

JOHN, MARY, EDWARD = "john.doe@example.com", "mary.smith@example.com", "edward.snowden@example.com"
PASSWORDS = {
    JOHN: "password123",
    MARY: "mypasswordisstrongerthanyours",
    EDWARD: "ThisIsA100%SecureAndMemorablePassword",
}
SAMPLE_USERS = "".join(f"{user} {password}\n" for user, password in PASSWORDS.items())

LISTENING = re.compile(r"listening on \[?([0-9a-fA-F.:]+?)\]?:(\d+)( \(TLS\))?\s*$")
REPORTS = ("Sanitizer", "runtime error:", "Assertion", "terminate called")


class Server:
    """A running server. `folder` holds its users.txt and mail.store. `prefix` stands in front of its
    command line; `environment` is added to ours."""

    def __init__(self, which, folder, port, arguments, prefix=(), environment=None, preexec_fn=None):
        self.which = which
        self.kills = False
        self.errors = tempfile.TemporaryFile()
        # A session of its own, so that a test's Ctrl-C is not the server's.
        self.process = subprocess.Popen(
            [*prefix, BINARIES[which], str(port), *arguments], cwd=folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=self.errors, start_new_session=True,
            env={**os.environ, **(environment or {})}, preexec_fn=preexec_fn)
        self.ports = {}
        self.tls_ports = {}   # where connections begin with TLS
        while "127.0.0.1" not in (self.tls_ports if "--tls-port" in arguments else self.ports):
            if not self.read_listening():
                self.process.wait(wire.HANG_S)
                raise AssertionError(f"{which} did not start: {self.stderr()}")
        self.port = self.ports["127.0.0.1"]
        self.tls_port = self.tls_ports.get("127.0.0.1")

    def read_listening(self):
        """Reads one more line of its output; False at the output's end."""
        line = self.process.stdout.readline().decode()
        found = LISTENING.search(line)
        if found:
            (self.tls_ports if found[3] else self.ports)[found[1]] = int(found[2])
        return bool(line)

    def stderr(self):
        """What it has said so far. The log is written by a thread of its own: wait_for_log()."""
        # Not by seek and read: the server writes where this file's one offset is.
        return os.pread(self.errors.fileno(), os.fstat(self.errors.fileno()).st_size, 0).decode(errors="replace")

    def wait_for_log(self, text):
        """Until it has said this; the bound only catches a hang."""
        latest = time.monotonic() + wire.HANG_S
        while text not in self.stderr():
            if self.process.poll() is not None or time.monotonic() > latest:
                raise AssertionError(f"{self.which} never said {text!r} but {self.stderr()}")
            time.sleep(0.01)

    def connect(self, **options):
        """A client that has read the greeting."""
        return wire.Wire(self.port, **options).greeted()

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def kill(self):
        """kill -9: how it ends is then no longer asked."""
        self.kills = True
        self.process.kill()
        self.process.wait(wire.HANG_S)

    def end(self):
        """Ends it if it runs. Returns what is wrong with how it ended, or None."""
        if self.process.poll() is None:
            self.terminate()
        try:
            status = self.process.wait(wire.HANG_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return f"{self.which} did not end after SIGTERM"
        finally:
            self.process.stdout.close()
        said = self.stderr()
        self.errors.close()
        if self.kills:
            status = 0
        if status != 0 or any(word in said for word in REPORTS):
            return f"{self.which} ended with status {status} and said:\n{said}"
        return None


class Store:
    """What lies in a mail.store, read as a file system."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def numbered(self, user):
        """n → message, of one mailbox."""
        files = (self.folder / user).glob("*.mail")
        return {int(file.stem): file.read_bytes() for file in sorted(files, key=lambda f: int(f.stem))}

    def of(self, user):
        """The messages of a mailbox, in order."""
        return list(self.numbered(user).values())

    def put(self, user, number, message):
        mailbox = self.folder / user
        mailbox.mkdir(parents=True, exist_ok=True)
        (mailbox / f"{number}.mail").write_bytes(message)

    def folders(self):
        return sorted(entry.name for entry in self.folder.iterdir()) if self.folder.exists() else []

    def files(self):
        """Every file below it: relative path → content."""
        return {str(file.relative_to(self.folder)): file.read_bytes()
                for file in sorted(self.folder.rglob("*")) if not file.is_dir()}


class Site:
    """A fresh folder with users and a store, and the servers that run on it. `store`: where the store is,
    if it is elsewhere; it is then the caller's."""

    def __init__(self, users=SAMPLE_USERS, store=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mymail-e2e-"))
        self.users_file = self.folder / "users.txt"
        self.users_file.write_bytes(users.encode("latin-1"))   # a character an octet
        self.store = Store(store or self.folder / "mail.store")
        self.servers = []

    def start(self, which, *arguments, port=0, **options):
        # Where the store is elsewhere than the server looks by itself, and the test does not say so.
        if self.store.folder != self.folder / "mail.store" and "--store" not in arguments:
            arguments = ("--store", str(self.store.folder), *arguments)
        server = Server(which, self.folder, port, arguments, **options)
        self.servers.append(server)
        return server

    def end(self, server):
        """Ends one; returns what is wrong with how it ended, or None."""
        self.servers.remove(server)
        return server.end()

    def close(self):
        """Ends all servers; returns what is wrong with how they ended."""
        faults = [fault for fault in (server.end() for server in self.servers) if fault]
        shutil.rmtree(self.folder, ignore_errors=True)
        return faults


class ServerCase(unittest.TestCase):
    """A test with a fresh site."""

    def setUp(self):
        self.site = Site()
        self.store = self.site.store
        self.addCleanup(self.close_site)

    def close_site(self):
        faults = self.site.close()
        self.assertEqual(faults, [], "\n".join(faults))

    def start_smtp(self, *arguments, **options):
        return self.site.start("smtpd", *arguments, **options)

    def start_pop3(self, *arguments, **options):
        return self.site.start("pop3d", *arguments, **options)

    def assert_only_mail(self):
        """The store holds folders of users with N.mail files, and nothing else."""
        for name in self.store.files():
            self.assertRegex(name, r"^[^/]+@[^/]+/(0|[1-9][0-9]*)\.mail$")

    @contextlib.contextmanager
    def logged_in(self, pop3, user=JOHN):
        """A client of mypopd, logged in. Left without QUIT."""
        with pop3.connect() as client:
            client.log_in(user, PASSWORDS[user])
            yield client
