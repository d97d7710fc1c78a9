"""What a second I/O thread gains: the same loads with --io-threads 1 and 2, in turn."""
import statistics

import growth_path  # noqa: F401
from accounts import Accounts

WARM_UP_S = 0.5
USERS = 10
THREADS = (1, 2)
LOADS = (
    ("mysmtpd", "smtp", "4 KiB, 100 sessions, pipelined", ("--sessions", 100, "--pipelined")),
    ("mypopd", "pop3", "logins, 10 sessions", ("--work", "login", "--sessions", USERS)),
    ("mypopd", "pop3", "RETR of 4 KiB, 10 sessions, pipelined", ("--work", "retr", "--pipelined", "--sessions", USERS)),
)


def mib(_sizes):
    return 6144


def measure(ground, sizes, findings):
    users = ground.users(Accounts(USERS))
    each = min(1000, sizes.messages // USERS)
    for program, mode, what, load in LOADS:
        if mode == "pop3" and not (ground.folder / "read.store").exists():
            ground.fill(users, USERS * each, octets=4096, store="read.store")
            ground.settle()
        servers = {}
        for threads in THREADS:
            store = "read.store" if mode == "pop3" else f"sent-{threads}.store"
            servers[threads] = ground.start(program, users, "--io-threads", str(threads), store=store)
        found = {threads: [] for threads in THREADS}
        for _ in range(sizes.rounds):
            for threads in THREADS:
                found[threads].append(ground.bench(mode, servers[threads], users, *load, "--seconds", sizes.seconds,
                                                   "--warm-up", WARM_UP_S))
        for server in servers.values():
            server.stop()
        rates = [statistics.median(measured["per_s"] for measured in found[threads]) for threads in THREADS]
        cpu = [statistics.median(measured["server"]["cpu_us_each"] for measured in found[threads]) for threads in THREADS]
        for threads, rate, each_us in zip(THREADS, rates, cpu):
            findings.add(f"{what}, --io-threads {threads}", rate, "/s")
            findings.add(f"{what}, --io-threads {threads}: CPU each", each_us, "µs")
        findings.add(f"{what}: two against one", rates[1] / rates[0], "")
