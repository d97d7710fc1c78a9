"""What the private Postfix and the private Dovecot share: a folder, free ports, names of users."""
import contextlib
import os
import pathlib
import pwd
import shutil
import socket
import tempfile

# Who owns the mail. Neither server delivers as root.
OWNER = "nobody"
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def why_not(peer, program):
    """In words why this peer cannot be run here, or None."""
    if os.geteuid() != 0:
        return f"{peer} can only be started by root"
    return None if shutil.which(program, path=PATH) else f"{peer} is not installed"


def owner():
    """The user and the group that own the mail, as numbers."""
    entry = pwd.getpwnam(OWNER)
    return entry.pw_uid, entry.pw_gid


def free_ports(count):
    """Ports of 127.0.0.1 that nobody has at this moment: neither peer can be told to take any."""
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [listener.getsockname()[1] for listener in listeners]


class Folder:
    """A temporary folder that the peers' own users may pass through."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="mymail-differential-"))
        self.path.chmod(0o711)

    def write(self, name, text):
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode("latin-1"))   # a character an octet, as in transcripts
        return file

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


class Maildirs:
    """The mailboxes of a peer: a Maildir a user, in folders named by the users' order."""

    def __init__(self, folder):
        self.folder = folder
        self.users = {}

    def reset(self, users_text):
        """Empties them. `users_text`: users.txt. Returns user → (folder's name, password)."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        lines = [line.split(None, 1) for line in users_text.splitlines() if line and not line.startswith("#")]
        self.users = {name: str(number) for number, (name, _) in enumerate(lines)}
        for name in self.users:
            for part in ("cur", "new", "tmp"):
                (self.folder / self.users[name] / part).mkdir(parents=True)
        self._give_to_owner()
        return {name: (self.users[name], password) for name, password in lines}

    def put(self, user, number, message):
        (self.folder / self.users[user] / "cur" / f"{1_000_000_000 + number}.V1.peer:2,").write_bytes(message)
        self._give_to_owner()

    def of(self, user):
        """Its messages, in order of arrival, by the times in the names of the files."""
        home = self.folder / self.users[user]
        files = sorted((file for part in ("cur", "new") for file in (home / part).iterdir()), key=_arrival)
        return [file.read_bytes() for file in files]

    def mailboxes(self):
        return {user: messages for user in self.users if (messages := self.of(user))}

    def _give_to_owner(self):
        for entry in (self.folder, *self.folder.rglob("*")):
            os.chown(entry, *owner())


def _arrival(file):
    """1699999999.V801I4M123456.host: the second, then the microsecond after its M."""
    seconds, rest = file.name.split(".")[:2]
    microsecond = rest.rpartition("M")[2]
    return int(seconds), int(microsecond) if microsecond.isdigit() else 0, file.name
