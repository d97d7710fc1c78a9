"""What the tests of mail clients share: a home of their own for the clients, and mail to fetch.

    class SomeTest(ClientCase):
        NEEDS = {"msmtp": "msmtp"}                  # command → Debian package; without it: skipped
        def test_it(self):
            self.configure(".msmtprc")              # as docs/clients.md has it, with this test's ports
            self.run_client("msmtp", JOHN, input=letter)

Clients get a private HOME, no more of our environment than PATH, the address 127.0.0.1, and nothing that
would make them look up a name. Where the tests run as root, clients run as nobody: some refuse to be root.
"""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import e2e_path  # noqa: F401
import documented
import wire
from servers import JOHN, ROOT, ServerCase

PAGE = ROOT / "docs/clients.md"
PATH = os.environ.get("PATH", os.defpath) + ":/usr/sbin"   # not in everybody's, and smtp-source is there
NOBODY = 65534


class ClientCase(ServerCase):
    NEEDS = {}

    def setUp(self):
        missing = [package for command, package in self.NEEDS.items() if shutil.which(command, path=PATH) is None]
        if missing:
            self.skipTest(f"this client is not installed: Debian package {' '.join(missing)}")
        super().setUp()
        self.smtp = self.start_smtp(*self.server_arguments("smtpd"))
        self.pop3 = self.start_pop3(*self.server_arguments("pop3d"))
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="mymail-client-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.belongs_to_client(self.home)

    def server_arguments(self, which):
        return ("--hostname", "h")

    # ---- running ----

    def as_client(self):
        """subprocess's arguments that make a process a client's."""
        nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        environment = {"PATH": PATH, "HOME": str(self.home), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        return {"cwd": self.home, "env": environment, **nobody}

    def run_client(self, *command, input=b"", status=0):
        """Runs it to its end, which must be of this status; returns what it printed, and, behind it, what it
        printed on standard error."""
        done = subprocess.run([str(word) for word in command], input=input, capture_output=True,
                              timeout=wire.HANG_S, check=False, **self.as_client())
        said = (done.stdout + done.stderr).decode(errors="replace")
        self.assertEqual(done.returncode, status, f"{' '.join(map(str, command))}\nsaid:\n{said[-4000:]}")
        return done.stdout + done.stderr

    def run_example(self, name, status=0):
        """An example of docs/clients.md, with this test's ports."""
        example = documented.example(PAGE, name)
        text = documented.replaced(example.text, self.ports())
        return self.run_client(*documented.PROGRAMS[example.language], input=text.encode(), status=status)

    @contextlib.contextmanager
    def running(self, *command):
        """Runs it beside the test: the process, its output and errors one stream of lines. Ended at the end."""
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, **self.as_client())
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=wire.HANG_S)

    # ---- its home ----

    def ports(self):
        """What stands for the ports in docs/clients.md, and the ports."""
        return (("2525", str(self.smtp.port)), ("1110", str(self.pop3.port)))

    def belongs_to_client(self, path):
        if os.geteuid() == 0:
            os.chown(path, NOBODY, NOBODY)
        return path

    def put_file(self, name, content):
        """A file in the home that nobody else may read: some clients insist on that."""
        path = self.home / name
        for folder in reversed(path.relative_to(self.home).parents[:-1]):
            (self.home / folder).mkdir(exist_ok=True)
            self.belongs_to_client(self.home / folder)
        path.write_bytes(content)
        path.chmod(0o600)
        return self.belongs_to_client(path)

    def configure(self, name, *substitutions):
        """A client's configuration file as docs/clients.md has it, with this test's ports."""
        text = documented.replaced(documented.file(PAGE, f"~/{name}"), [*self.ports(), *substitutions])
        return self.put_file(name, text.encode())

    def maildir(self, name="Mail"):
        """Makes a maildir in the home."""
        for part in ("", "tmp", "new", "cur"):
            folder = self.home / name / part
            folder.mkdir()
            self.belongs_to_client(folder)
        return self.home / name

    # ---- mail ----

    def given(self, *messages, user=JOHN):
        """Messages that arrived before."""
        with self.smtp.connect() as client:
            client.ehlo()
            for message in messages:
                self.assertEqual(client.deliver(wire.stuffed(message), user)[:3], "250")
            client.must("QUIT", "221")

    def assert_same(self, found, expected):
        """Messages against messages: a difference is told in few words."""
        self.assertEqual(len(found), len(expected), "how many messages")
        for n, (one, other) in enumerate(zip(found, expected)):
            if one != other:
                at = next((i for i, pair in enumerate(zip(one, other)) if pair[0] != pair[1]),
                          min(len(one), len(other)))
                near = slice(max(0, at - 60), at + 60)
                self.fail(f"message {n} differs at octet {at}: {one[near]!r} is not {other[near]!r}")


def of_maildir(folder):
    """The messages in a maildir's new/, in the order in which their names were made."""
    def key(file):
        return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", file.name)]
    return [file.read_bytes() for file in sorted((folder / "new").iterdir(), key=key)]
