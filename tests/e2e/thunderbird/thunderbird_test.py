#!/usr/bin/env python3
"""Debian's Thunderbird sends by mysmtpd and fetches from mypopd.

    thunderbird_test.py                       prints the steps, each with its seconds; 0, or 1 and what is wrong
    thunderbird_test.py --tls started         the same by STARTTLS and STLS; at-once: with TLS first
    thunderbird_test.py --with-fault damage   the same with a faulty server (faults.py): must end with 1

77 where there is no Thunderbird. The servers are those that MYSMTPD and MYPOPD name, by default build/asan's.
Where the kernel allows it, all of it runs in a network with nothing but 127.0.0.1 (alone.py).
"""
import argparse
import contextlib
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import alone
import certificates
from exchange import Exchange, SEVERAL, Wrong
import faults
from servers import Site
from thunderbird import HANG_S, Thunderbird

# A fault of Thunderbird's side: it tries to reach another machine.
LEAVES = {"leaves": "Thunderbird tries to reach another machine"}
FAULTS = faults.POP3_FAULTS | faults.SMTP_FAULTS | LEAVES | {"none": "nothing is wrong, but a relay stands between"}


class Clock:
    """Prints each step with the seconds that it took."""

    def __init__(self):
        self.start = self.before = time.monotonic()

    def done(self, step):
        now = time.monotonic()
        print(f"{now - self.before:6.2f} s  {step}", flush=True)
        self.before = now

    def end(self):
        print(f"{time.monotonic() - self.start:6.2f} s  in all", flush=True)


def check_dialogs(shown, expected):
    texts = [f"{dialog['kind']}: {dialog['title']}: {dialog['text']}" for dialog in shown]
    told = "; ".join(repr(text) for text in texts) or "nothing"
    if len(shown) != len(expected):
        raise Wrong(f"Thunderbird showed {len(shown)} dialogs instead of {len(expected)}: {told}")
    for text, (kind, pattern) in zip(texts, expected):
        if not re.search(f"^{kind}: .*{pattern}", text, re.DOTALL):
            raise Wrong(f"Thunderbird showed {text!r} instead of a dialog of the kind {kind} with {pattern!r}")


def log_of(server):
    """Ends a server; all that it logged."""
    if server.process.poll() is None:
        server.terminate()
        server.process.wait(HANG_S)
    return server.stderr()


def check_wrong_password(log):
    """That it was refused, in one session: there Thunderbird tries one mechanism after the other."""
    refused = re.findall(r"warning login-refused session=(\d+)", log)
    if len(set(refused)) != 1 or len(refused) > 3:
        raise Wrong(f"mypopd logged wrong passwords in the sessions {refused} instead of up to three in one")


def check_tls(tls, smtp_log, pop3_log):
    """That all of Thunderbird's logins were encrypted and went to both servers; in the clear that nothing was."""
    for log, others in ((smtp_log, 0), (pop3_log, 1)):   # the other one is our own look at the UIDLs
        encrypted = set(re.findall(r" info tls session=(\d+)", log))
        logins = set(re.findall(r" info login session=(\d+)", log))
        if tls == "clear" and encrypted:
            raise Wrong("something was encrypted")
        if tls != "clear" and (not logins & encrypted or len(logins - encrypted) != others):
            raise Wrong(f"encrypted were the sessions {sorted(encrypted)}, and logged in to were {sorted(logins)}")


def check_logs(smtp, pop3):
    """What the servers say of the sessions: that the checks fetched and deleted what they should and no more."""
    ends = re.findall(r"session-over .*why=quit retr=(\d+) dele=(\d+) left=(\d+)", log_of(pop3))
    sessions = [tuple(int(number) for number in numbers) for numbers in ends]
    expected = [   # of those that logged in: RETRs, DELEs, messages left
        (0, 0, 0),                  # account set-up
        (1, 0, 1),                  # the message
        (0, 0, 1),                  # our own look at the UIDLs
        (0, 0, 1),                  # the second check
        (SEVERAL, 0, SEVERAL + 1),  # Edward's
        (0, 1, SEVERAL),            # the one deleted in Thunderbird
        (0, 0, SEVERAL),            # the right password again
        (1, SEVERAL + 1, 0),        # no longer left on the server
        (0, 0, 0),                  # empty
    ]
    if sessions != expected:
        raise Wrong(f"mypopd logged the sessions (RETRs, DELEs, left) {sessions} instead of {expected}")
    check_wrong_password(log_of(pop3))
    if 'refused session=' not in log_of(smtp) or "No such user - nobody@example.com" not in log_of(smtp):
        raise Wrong("mysmtpd did not log that it refused a recipient")


@contextlib.contextmanager
def between(relay_class, port, fault, known):
    """The port that Thunderbird is to use: the server's, or that of a relay in front of it."""
    if fault not in known and fault != "none":
        yield port
        return
    relay = relay_class(port, fault)
    try:
        yield relay.port
    finally:
        relay.close()


def play(site, tls, fault, measured, clock):
    """All steps; Wrong if something is."""
    arguments = [] if tls == "clear" else [*certificates.shared().server.arguments(), "--tls-port", "0"]
    smtp, pop3 = site.start("smtpd", *arguments), site.start("pop3d", *arguments)
    clock.done("mysmtpd and mypopd start")
    with contextlib.ExitStack() as stack:
        ports = {"smtp": smtp.port, "pop3": pop3.port}
        to_smtp, to_pop3 = (server.tls_port if tls == "at-once" else server.port for server in (smtp, pop3))
        for_thunderbird = {
            "smtp": stack.enter_context(between(faults.SmtpRelay, to_smtp, fault, faults.SMTP_FAULTS)),
            "pop3": stack.enter_context(between(faults.Pop3Relay, to_pop3, fault, faults.POP3_FAULTS))}
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mymail-thunderbird-")))
        thunderbird = stack.enter_context(Thunderbird(folder))
        clock.done("Thunderbird starts with a fresh profile")
        try:
            play_steps(Exchange(site, thunderbird, ports, for_thunderbird, tls), clock)
            if fault in LEAVES:
                thunderbird.call("leave", "fetch", f"http://{alone.NOWHERE}/")
            status = thunderbird.quit()
            clock.done("Thunderbird quits")
            if status != 0:
                raise Wrong(f"Thunderbird ended with status {status}")
        except Exception:
            show("Thunderbird, the last lines", thunderbird.dialogue()[-40:])
            raise
    check_logs(smtp, pop3)
    check_tls(tls, log_of(smtp), log_of(pop3))
    clock.done("the servers' logs say the same")
    if measured and (attempts := alone.attempts_to_leave()):
        raise Wrong("something tried to leave 127.0.0.1: " + "; ".join(attempts))


def play_steps(exchange, clock):
    for step in exchange.steps():
        name = step.__doc__.splitlines()[0]
        try:
            expected = step() or []
            check_dialogs(exchange.thunderbird.call("dialogs", "take"), expected)
        except Wrong as wrong:
            raise Wrong(f"{wrong}. The step: {name}") from wrong
        clock.done(name)


def show(what, lines):
    print(f"\n---- {what}", *(line[:300] for line in lines), sep="\n    ")


def main():
    parser = argparse.ArgumentParser(description="Debian's Thunderbird sends by mysmtpd and fetches from mypopd.")
    parser.add_argument("--with-fault", metavar="FAULT", choices=FAULTS, default="",
                        help="; ".join(f"{name}: {what}" for name, what in FAULTS.items()))
    parser.add_argument("--tls", choices=("clear", "started", "at-once"), default="clear")
    arguments = parser.parse_args()
    fault = arguments.with_fault
    if fault and arguments.tls != "clear":
        parser.error("the faults are those of a relay, which cannot look into TLS")
    if not shutil.which("thunderbird"):
        print("SKIPPED: there is no Thunderbird here")
        return 77
    reason = alone.enter()
    if reason and fault in LEAVES:
        print(f"SKIPPED: who tries to leave cannot be seen: {reason}")
        return 77
    print(subprocess.run(["thunderbird", "--version"], capture_output=True, text=True, check=True).stdout.strip())
    print(f"network: by Thunderbird's prefs alone; {reason}" if reason else "network: nothing but 127.0.0.1 and ::1")
    clock, site = Clock(), Site()
    wrong = []
    try:
        play(site, arguments.tls, fault, not reason, clock)
    except Exception as found:
        if not isinstance(found, Wrong):
            traceback.print_exc(file=sys.stdout)
        wrong.append(str(found) or repr(found))
        for server in site.servers:
            show(server.which, log_of(server).splitlines()[-40:])
    finally:
        wrong += site.close()
    clock.end()
    if wrong:
        print("FAILED:", "; ".join(wrong))
        return 1
    print("PASSED" if reason else "PASSED, and nothing tried to leave 127.0.0.1")
    return 0


if __name__ == "__main__":
    sys.exit(main())
