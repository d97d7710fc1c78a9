"""Runs mailbench, and reads what it measured."""
import json
import subprocess

# Seconds after which even a slow measurement has stopped by itself.
HANG_S = 700


class Failed(Exception):
    """A measurement with errors: it does not count."""


class Mailbench:
    def __init__(self, program):
        self.program = str(program)

    def run(self, *arguments):
        """The JSON that it prints, as a dict."""
        command = [self.program, *map(str, arguments)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=HANG_S)
        if not ended.stdout.startswith("{"):
            raise Failed(f"{' '.join(command)}: {ended.stderr.strip()}")
        measured = json.loads(ended.stdout)
        if measured["errors"] or ended.returncode != 0:
            raise Failed(f"{' '.join(command)}: {measured['errors']} errors, the first: {measured['first_error']}")
        return measured

    def text(self, octets):
        """The message that `smtp` sends, with the number 0, as bytes."""
        return subprocess.run([self.program, "text", "--octets", str(octets)], capture_output=True, check=True).stdout
