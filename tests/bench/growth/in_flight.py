"""What messages in flight cost: the memory of mysmtpd while clients send large messages, with few clients and with all; and
memory and threads of mypopd while clients ask for a large message and read nothing."""
import contextlib
import time

import growth_path  # noqa: F401
import dialogue
import disks
from accounts import Accounts
from footprint import socket_queues
from mailbench import Failed

PEAK_MIB = 64
QUIET_S = 1.0
HANG_S = 120


def mib(sizes):
    """All messages at once, and a fifth more."""
    return 512 + sizes.clients * sizes.octets * 12 // 10 // disks.MIB


def measure(ground, sizes, findings):
    accounts = Accounts(sizes.clients)
    users = ground.users(accounts)
    for clients in sorted({max(1, sizes.clients // 10), sizes.clients}):
        _send(ground, findings, users, clients, sizes.octets)
        _remove_all(ground)
    _deaf_readers(ground, sizes, findings, accounts, users)


def _size(octets):
    return f"{octets / disks.MIB:.3g} MiB"


def _send(ground, findings, users, clients, octets):
    smtp = ground.start("mysmtpd", users)
    idle = smtp.footprint.resident_kib()
    smtp.footprint.forget_peak()
    measured = ground.bench("smtp", smtp, users, "--sessions", clients, "--octets", octets, "--count", clients, "--give-up", 600)
    peak = smtp.footprint.peak_kib()
    smtp.stop()
    if measured["count"] != clients:
        raise Failed(f"{measured['count']} messages of {clients} were acknowledged")
    what = f"clients: {clients}, sending {_size(octets)} each"
    findings.add(f"{what}: together", measured["mb_per_s"], "MB/s")
    findings.at_most(f"{what}: the most memory of mysmtpd", peak / 1024, "MiB", PEAK_MIB)
    findings.add(f"{what}: more than idle, a client", (peak - idle) / clients, "KiB")


def _remove_all(ground):
    for file in (ground.folder / "mail.store").glob("*/*.mail"):
        file.unlink()


def _deaf_readers(ground, sizes, findings, accounts, users):
    """The message is one file, linked into every mailbox."""
    smtp = ground.start("mysmtpd", users)
    ground.bench("smtp", smtp, users, "--octets", sizes.octets, "--recipients", sizes.clients, "--count", 1)
    smtp.stop()
    pop3 = ground.start("mypopd", users)
    descriptors = pop3.footprint.descriptors()
    with dialogue.logged_in(pop3, accounts.names[0], accounts.addresses()[0])[1] as client:
        client.must("QUIT", "+OK")   # so that the pool has what a login takes
    _wait_until_closed(pop3, descriptors)
    idle, threads = pop3.footprint.resident_kib(), pop3.footprint.threads()
    for clients in sorted({1, sizes.clients}):
        pop3.footprint.forget_peak()
        with contextlib.ExitStack() as stack:
            for name, address in list(zip(accounts.names, accounts.addresses()))[:clients]:
                client = stack.enter_context(dialogue.logged_in(pop3, name, address)[1])
                client.send(b"RETR 1\r\n")
            _wait_until_stuck(pop3)
            what = f"clients: {clients}, reading nothing of a RETR of {_size(sizes.octets)}"
            findings.add(f"{what}: the most memory of mypopd", pop3.footprint.peak_kib() / 1024, "MiB")
            findings.add(f"{what}: more than idle, a client", (pop3.footprint.peak_kib() - idle) / clients, "KiB")
            findings.add(f"{what}: threads more", pop3.footprint.threads() - threads, "")
        _wait_until_closed(pop3, descriptors)


def _wait_until_stuck(pop3):
    """Until the kernel has taken what it takes: for QUIET_S nothing more."""
    deadline = time.monotonic() + HANG_S
    last, since = None, time.monotonic()
    while time.monotonic() - since < QUIET_S:
        now = socket_queues(pop3.port)
        if now != last:
            last, since = now, time.monotonic()
        if time.monotonic() > deadline:
            raise Failed("the sockets do not come to rest")
        time.sleep(0.05)
    if last[1] == 0:
        raise Failed("nothing waits to be read")


def _wait_until_closed(pop3, descriptors):
    """Until the server has let all clients go, and their maildrops."""
    deadline = time.monotonic() + HANG_S
    while pop3.footprint.descriptors() > descriptors:
        if time.monotonic() > deadline:
            raise Failed("the server keeps what its clients left")
        time.sleep(0.05)
