"""Debian's Thunderbird with a fresh profile, without a screen, driven over Marionette.

    with Thunderbird(folder) as thunderbird:     # starts it and waits until it can be driven
        thunderbird.call("send", "message", {...})   # a function of inside/send.sys.mjs
        thunderbird.quit()

Profile and HOME lie in `folder`, the caller's. Leaving the block ends the program whatever happened;
when this process dies, it dies too.
"""
import os
import pathlib
import queue
import re
import shutil
import signal
import subprocess
import threading

import marionette

HERE = pathlib.Path(__file__).resolve().parent
INSIDE = HERE / "inside"
HANG_S = marionette.HANG_S
LISTENING = re.compile(r"Marionette\tINFO\tListening on port (\d+)")


class Thunderbird:
    def __init__(self, folder):
        home, profile = folder / "home", folder / "profile"
        home.mkdir()
        profile.mkdir()
        shutil.copy(HERE / "prefs.js", profile / "user.js")
        self.said = []   # its output, line by line
        self.port = queue.SimpleQueue()
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "thunderbird", "--headless", "--no-remote", "--profile", str(profile),
             "--marionette", "--remote-allow-system-access"],
            env=environment(home), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True)
        self.reader = threading.Thread(target=self.read_output)
        self.reader.start()
        try:
            port = self.port.get(timeout=HANG_S)
            if port is None:
                raise AssertionError("Thunderbird did not start:\n" + "\n".join(self.said))
            self.driver = marionette.Marionette(port)
        except BaseException:
            self.end()
            raise

    def read_output(self):
        """The reader's thread: until the program and all that it started have closed their output."""
        for line in self.process.stdout:
            self.said.append(line.decode(errors="replace").rstrip("\n"))
            if found := LISTENING.search(self.said[-1]):
                self.port.put(int(found[1]))
        self.port.put(None)

    def dialogue(self):
        """The lines of its output that say what it said to servers, what they said, and its errors."""
        return [line for line in self.said if re.match(r"console\.|JavaScript error", line)]

    def call(self, module, function, *arguments):
        """Calls a function of inside/<module>.sys.mjs and returns what it, or its promise, comes to."""
        return self.driver.run(INSIDE / "call.js", str(INSIDE), module, function, arguments)

    def quit(self):
        """As the menu does. Returns its exit status."""
        self.driver.command("Marionette:Quit", {"flags": ["eAttemptQuit"]})
        status = self.process.wait(HANG_S)
        self.end()
        return status

    def end(self):
        """Ends it and all that it started, if they still run. Once is enough."""
        if self.process.stdout.closed:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.close()
        self.end()


def environment(home):
    """Ours without what points at a screen, a session or another profile."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("XDG_", "DBUS_", "MOZ_")) and name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return {**kept, "HOME": str(home), "TMPDIR": str(home), "LC_ALL": "C.UTF-8", "MOZ_HEADLESS": "1",
            "MOZ_CRASHREPORTER_DISABLE": "1"}
