"""What many users cost: logins and recipients a second against a users.txt of ten, in turn; and how long a running session
waits for its answers while a large users.txt is replaced again and again."""
import contextlib
import itertools
import multiprocessing
import os
import statistics
import time

import growth_path  # noqa: F401
import dialogue
from accounts import Accounts, DOMAIN
from ground import grow_old
from mailbench import Failed

FEW = 10
RELOAD_EVERY_S = 0.05
WARM_UP_S = 0.5


def mib(_sizes):
    return 2048


def measure(ground, sizes, findings):
    many, few = Accounts(sizes.users), Accounts(0)
    few.names = many.names[-FEW:]   # in both
    files = {"many": ground.users(many, "many.txt"), "few": ground.users(few, "few.txt")}
    for program, mode, what, load in (
            ("mypopd", "pop3", "logins", ("--work", "login", "--sessions", 10)),
            ("mysmtpd", "smtp", "messages to 10 recipients each", ("--sessions", 10, "--recipients", 10))):
        for name in files:
            ground.fill(files["few"], FEW, store=f"{name}.store")
        servers = {name: ground.start(program, file, store=f"{name}.store") for name, file in files.items()}
        rates = {"many": [], "few": []}
        for _ in range(sizes.rounds):
            for name in rates:
                rates[name].append(ground.bench(mode, servers[name], files["few"], *load, "--seconds", sizes.seconds,
                                                "--warm-up", WARM_UP_S)["per_s"])
        of_many, of_few = (statistics.median(rates[name]) for name in ("many", "few"))
        findings.add(f"{what}, {FEW} users", of_few, "/s")
        findings.add(f"{what}, {sizes.users:,} users", of_many, "/s")
        findings.add(f"{what}: ratio", of_many / of_few, "")
        for server in servers.values():
            server.stop()
    _memory(ground, findings, files)
    _one_change(ground, sizes, findings, many, files["many"])
    _reloads(ground, sizes, findings, many, files["many"])


def _memory(ground, findings, files):
    resident = {}
    for name, file in files.items():
        server = ground.start("mypopd", file)
        resident[name] = server.footprint.resident_kib()
        server.stop()
    findings.add("memory of mypopd for the users more", resident["many"] - resident["few"], "KiB")


def _one_change(ground, sizes, findings, many, file):
    """A recipient after users.txt was replaced, which reads it, and the next one."""
    smtp = ground.start("mysmtpd", file)
    first, second = [], []
    with dialogue.greeted_smtp(smtp) as client:
        client.must("MAIL FROM:<>", "250")
        ask = f"RCPT TO:<{many.addresses()[0]}>"
        for number in range(5 * sizes.rounds):
            _put(file, _texts(many, number)[1])
            first.append(dialogue.timed(client.must, ask, "250")[0])
            second.append(dialogue.timed(client.must, ask, "250")[0])
    smtp.stop()
    findings.add("RCPT right after users.txt was replaced: the median", statistics.median(first), "ms")
    findings.add("RCPT right after users.txt was replaced: the longest", max(first), "ms")
    findings.add("the RCPT after that one, users.txt being young: the median", statistics.median(second), "ms")
    _put(file, _texts(many, 0)[0])
    grow_old(file)


def _reloads(ground, sizes, findings, many, file):
    """A session asks without a pause; with and without reloads in turn, and the longest of all rounds counts."""
    smtp = ground.start("mysmtpd", file)
    waits = {(command, reloads): [] for command in ("NOOP", "RCPT") for reloads in (False, True)}
    replaced = 0
    for number in range(sizes.rounds):
        for reloads in (False, True):
            # One more user each time: what counts at the end tells whether the file was read.
            texts = _texts(many, number)
            with contextlib.ExitStack() as stack:
                if reloads:
                    replacing = stack.enter_context(Replacing(file, texts))
                for command, waited in _ask(smtp, many.addresses()[0], sizes.seconds):
                    waits[command, reloads].append(waited)
            if reloads:
                replaced += replacing.count()
                _put(file, texts[-1])
                with dialogue.greeted_smtp(smtp) as client:
                    client.must("MAIL FROM:<>", "250")
                    client.must(f"RCPT TO:<late{number}@{DOMAIN}>", "250")
            _put(file, texts[0])
            os.utime(file, (1e9 + number, 1e9 + number))   # old: no longer read at each look-up
    if replaced == 0:
        raise Failed("users.txt was not replaced")
    findings.add(f"times that users.txt ({sizes.users:,} users) was replaced meanwhile", replaced, "")
    for (command, reloads), all_of_it in waits.items():
        name = f"{command} of a running session, {'with reloads' if reloads else 'without'}"
        all_of_it.sort()
        findings.add(f"{name}: answers", len(all_of_it), "")
        findings.add(f"{name}: the median wait", all_of_it[len(all_of_it) // 2], "ms")
        findings.add(f"{name}: p99", all_of_it[len(all_of_it) * 99 // 100], "ms")
        findings.add(f"{name}: the longest", all_of_it[-1], "ms")


def _texts(accounts, number):
    """users.txt without and with one more user."""
    text = "".join(f"{address} secret-of-{name}\n" for address, name in zip(accounts.addresses(), accounts.names))
    return [text.encode(), f"{text}late{number}@{DOMAIN} secret\n".encode()]


def _put(file, text):
    """Replaces users.txt as a careful editor does."""
    beside = file.with_suffix(".new")
    beside.write_bytes(text)
    beside.rename(file)


def _ask(smtp, user, seconds):
    """(command, how long its answer took), for so many seconds. A second session asks for a recipient too, right before NOOP is
    asked: so that the one that waits is not the one that caused the reading."""
    end = time.monotonic() + seconds
    with dialogue.greeted_smtp(smtp) as client, dialogue.greeted_smtp(smtp) as other:
        while time.monotonic() < end:
            other.must("MAIL FROM:<>", "250")
            other.send(f"RCPT TO:<{user}>\r\n".encode())
            yield "NOOP", dialogue.timed(client.must, "NOOP", "250")[0]
            assert other.answer().startswith("250")
            other.must("RSET", "250")
            client.must("MAIL FROM:<>", "250")
            yield "RCPT", dialogue.timed(client.must, f"RCPT TO:<{user}>", "250")[0]
            client.must("RSET", "250")


class Replacing:
    """Replaces users.txt every 50 ms for as long as the `with` lasts, in a process of its own."""

    def __init__(self, file, texts):
        context = multiprocessing.get_context("fork")
        self._over, self._count = context.Event(), context.Value("i", 0)
        self._process = context.Process(target=self._run, args=(file, texts), daemon=True)

    def _run(self, file, texts):
        for text in itertools.cycle(texts):
            _put(file, text)
            self._count.value += 1
            if self._over.wait(RELOAD_EVERY_S):
                return

    def count(self):
        return self._count.value

    def __enter__(self):
        self._process.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._process.join()
