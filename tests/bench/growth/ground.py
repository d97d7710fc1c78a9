"""Where a part measures: a fresh disk with a store, and the servers on it.

    with Ground(options, mib) as ground:
        users = ground.users(Accounts(10))         # a users.txt; old enough to be believed
        smtp = ground.start("mysmtpd", users)      # ended with the ground
        ground.bench("smtp", smtp, users, "--sessions", 10)

The disk is a journalled ext4 of so many MiB in a file on a loop device, mounted for this process alone, or, where nothing can
be mounted, or with --plain-folder, a temporary folder. Whatever was there is gone at the end of the `with`, also after Ctrl-C
and SIGTERM; after kill -9 the servers die too, and only a plain folder stays.
"""
import contextlib
import itertools
import os
import pathlib
import re
import shutil
import tempfile
import time

import growth_path  # noqa: F401
import disks
from footprint import Footprint
from mailbench import Failed, Mailbench
from process import Process

LISTENING = re.compile(r"listening on 127\.0\.0\.1:(\d+)")
OLD_S = 100   # a file so old is not read again to be sure
SETTLED_S = 2.5   # a folder's times count once they are two seconds past

_numbers = itertools.count()


class Server:
    """One of ours, running. `footprint`: what it costs."""

    def __init__(self, program, users, store, log, arguments):
        self.store = store
        self.process = Process(f"{program.name}-{next(_numbers)}",
                               [str(program), "0", "--listen", "127.0.0.1", "--users", str(users), "--store", str(store),
                                "--log-level", "warning", *arguments], log)
        found = LISTENING.search(self.process.line())
        if not found:
            self.process.end()
            raise Failed(f"{program} did not start: {self.process.last_words()}")
        self.port = int(found[1])
        self.footprint = Footprint(self.process.pid)

    def stop(self):
        if self.process:
            process, self.process = self.process, None
            if status := process.end():
                raise Failed(f"{process.name} ended with status {status}: {process.last_words()}")


class Ground:
    def __init__(self, options, mib):
        self._build = pathlib.Path(options.build)
        self._mailbench = Mailbench(self._build / "tests/bench/mailbench")
        self._plain, self._mib = options.plain_folder, mib
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        room = shutil.disk_usage(tempfile.gettempdir()).free // disks.MIB
        if room < self._mib + 1024:
            raise Failed(f"{tempfile.gettempdir()} has {room} MiB of room, {self._mib + 1024} are needed (--folder)")
        with contextlib.ExitStack() as stack:
            if self._plain:
                self.folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mymail-growth-")))
            else:
                mine = stack.enter_context(disks.Disks())
                disk = mine.ext4("disk.img", self._mib, "-i", "8192", mount_options=())
                with open(disk.file, "r+b") as image:   # mkfs left it with holes
                    os.posix_fallocate(image.fileno(), 0, self._mib * disks.MIB)
                disk.mount()
                disk.file.unlink()   # it lives as long as it is mounted
                self.folder = disk.folder
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def users(self, accounts, name="users.txt"):
        file = accounts.write_users(self.folder / name)
        grow_old(file)
        return file

    def start(self, program, users, *arguments, store="mail.store"):
        folder = {"mysmtpd": "smtpd", "mypopd": "pop3d"}[program]
        server = Server(self._build / folder / program, users, self.folder / store, self.folder / f"{program}.log", arguments)
        self._stack.callback(server.stop)
        return server

    def bench(self, mode, server, users, *arguments):
        """What mailbench measured. What earlier ones left to be written is written out before."""
        disks.run("sync", "-f", str(self.folder))
        return self._mailbench.run(mode, "--port", server.port, "--users", users, *arguments,
                                   *server.process.usage_arguments())

    def fill(self, users, messages, octets=256, store="mail.store"):
        """So many messages in all, by a mysmtpd that is ended again."""
        smtp = self.start("mysmtpd", users, store=store)
        self.bench("smtp", smtp, users, "--sessions", min(100, messages), "--pipelined", "--octets", octets, "--count", messages)
        smtp.stop()

    def count(self, user, store="mail.store"):
        """The messages in a mailbox."""
        return sum(1 for entry in os.scandir(self.folder / store / user) if entry.name.endswith(".mail"))

    @staticmethod
    def settle():
        """Until the folder's times are so old that the index may believe them."""
        time.sleep(SETTLED_S)


def grow_old(file):
    """users.txt is read again at each look-up while it is young: no figure of interest where nobody changes it."""
    then = time.time() - OLD_S
    os.utime(file, (then, then))
