"""./run.sh: both servers, started by one command and ended by one signal. Builds the release if need be.

No mail is sent and nobody logs in: it runs on the project's own users.txt and mail.store.
"""
import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import unittest

import wire
from servers import ROOT

BUILD_S = 500   # only catches a hang: a release build on two busy cores takes a minute or two


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def servers_on(*ports):
    """Process id → name, of the servers that were started with one of these ports."""
    found = {}
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:   # it has just ended
            continue
        if len(words) > 1 and pathlib.PurePath(words[0].decode(errors="replace")).name in ("mysmtpd", "mypopd") \
                and words[1] in [str(port).encode() for port in ports]:
            found[int(process.name)] = pathlib.PurePath(words[0].decode()).name
    return found


class RunShTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.ports = free_port(), free_port()
        environment = dict(os.environ, SMTP_PORT=str(self.ports[0]), POP3_PORT=str(self.ports[1]))
        environment.pop("LISTEN", None)
        self.script = subprocess.Popen([ROOT / "run.sh"], cwd=folder.name, env=environment, stdin=subprocess.DEVNULL, text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        self.addCleanup(self.end_run)
        self.said = ""
        for port in self.ports:
            while f"listening on 127.0.0.1:{port}\n" not in self.said:
                line = self.script.stdout.readline()
                self.assertNotEqual(line, "", self.said)
                self.said += line

    def end_run(self):
        for process in servers_on(*self.ports):
            with contextlib.suppress(ProcessLookupError):   # run.sh ends the others when one ends
                os.kill(process, signal.SIGKILL)
        if self.script.poll() is None:
            self.script.kill()
            self.script.wait()
        self.script.stdout.close()

    def check_signal(self, number):
        self.assertEqual(sorted(servers_on(*self.ports).values()), ["mypopd", "mysmtpd"])
        with wire.Wire(self.ports[0]) as idle, wire.Wire(self.ports[1]) as reader:
            self.assertRegex(idle.line(), b"^220 ")
            self.assertRegex(reader.line(), rb"^\+OK ")
            self.script.send_signal(number)
            self.assertRegex(idle.line(), b"^421 ")
            self.assertEqual(self.script.wait(wire.HANG_S), 0)
        self.assertEqual(servers_on(*self.ports), {})

    def test_sigterm_ends_both_in_order(self):
        self.check_signal(signal.SIGTERM)

    def test_ctrl_c_ends_both_in_order(self):
        self.check_signal(signal.SIGINT)

    def test_it_says_what_to_type_into_a_client(self):
        for words in ("Thunderbird", f"port {self.ports[0]}", f"port {self.ports[1]}", f"smtp://127.0.0.1:{self.ports[0]}"):
            self.assertIn(words, self.said)

    def test_when_one_dies_the_other_is_ended_and_the_status_says_so(self):
        for process, name in servers_on(*self.ports).items():
            if name == "mypopd":
                os.kill(process, signal.SIGKILL)
        self.assertEqual(self.script.wait(wire.HANG_S), 128 + signal.SIGKILL)
        self.assertIn("mypopd ended by itself", self.script.stdout.read())
        self.assertEqual(servers_on(*self.ports), {})

    def test_a_port_in_use_ends_both(self):
        second = subprocess.run([ROOT / "run.sh"], env=dict(os.environ, SMTP_PORT=str(self.ports[0]), POP3_PORT=str(free_port())),
                                stdin=subprocess.DEVNULL, capture_output=True, timeout=BUILD_S)
        self.assertEqual(second.returncode, 78)
        self.assertEqual(sorted(servers_on(*self.ports).values()), ["mypopd", "mysmtpd"])
