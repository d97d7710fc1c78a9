"""Runs the loads, row by row and in turn: SMTP, then POP3, then idle connections, each on a fresh disk."""
import contextlib
import os
import pathlib
import subprocess
import time

import crash_path  # noqa: F401
import disks
import dovecot
import loads
import machine
from accounts import Accounts
from certificate import Certificate
from mailbench import Failed
from ours import Ours
from postfix import Postfix
from watch import watched

SMTP_USERS = 100
SMTP_DISK_MIB, POP3_DISK_MIB = 6144, 4096
BESIDE_MIB = 512
WARM_UP_S, POP3_WARM_UP_S = 1.5, 0.5
LIST_WARM_UPS = 2   # the first login reads every message; from the second on the mailbox is unchanged
QUICK_MESSAGES = 10_000


class Bench:
    def __init__(self, options, mailbench, build, measurements):
        self._options, self._mailbench, self._measurements = options, mailbench, measurements
        self._mysmtpd, self._mypopd = build / "smtpd/mysmtpd", build / "pop3d/mypopd"
        self._begun = time.monotonic()
        self.sync_ms = None

    def run(self):
        for kind, run in ((loads.SMTP, self._run_smtp), (loads.SMTP_TLS, self._run_smtp), (loads.POP3, self._run_pop3), (loads.IDLE, self._run_idle)):
            chosen = [load for load in kind if load.key in self._options.keys]
            if chosen:
                run(chosen)

    def _say(self, text):
        seconds = int(time.monotonic() - self._begun)
        print(f"[{seconds // 60:2}:{seconds % 60:02}] {text}", flush=True)

    @contextlib.contextmanager
    def _disk(self, mib):
        """A fresh disk, and a folder beside it for the rest, in memory: logs are no load of the disk's."""
        with disks.Disks() as mine:
            mine.folder.chmod(0o711)   # the peers' processes are not root's
            disk = mine.ext4("disk.img", mib, "-i", "8192", mount_options=())
            with open(disk.file, "r+b") as image:   # mkfs left it with holes
                os.posix_fallocate(image.fileno(), 0, mib * disks.MIB)
            disk.mount()
            disk.file.unlink()   # it lives as long as it is mounted: nothing is left even after kill -9
            hide_log()
            beside = mine.tmpfs("beside", BESIDE_MIB * 1024)
            beside.mount()
            self.sync_ms = self.sync_ms or machine.sync_ms(disk.folder)
            yield beside.folder, disk.folder

    def _record(self, load, number, name, measured, of_interest):
        self._measurements.add(load.key, name, measured)
        self._say(f"{load.title}, round {number + 1}, {name}: {of_interest}")

    def _watched(self, load, server):
        return watched(self._options.profile, server.process.pid, pathlib.Path(self._options.results), load.key)

    # SMTP

    def _run_smtp(self, chosen):
        accounts = Accounts(SMTP_USERS)
        with self._disk(SMTP_DISK_MIB) as (beside, disk), contextlib.ExitStack() as stack:
            users = accounts.write_users(beside / "users.txt")
            certificate = Certificate.made_in(beside) if chosen[0].tls else None   # all of them, or none
            contestants = [Ours(self._mysmtpd, disk, users, beside / "mysmtpd.log", certificate)]
            if not self._options.ours_only:
                contestants.append(Postfix(disk, accounts, beside / "postfix.log", certificate))
            for contestant in contestants:
                stack.callback(contestant.stop)
            for load in chosen:
                for number in range(self._options.rounds):
                    for contestant in contestants:
                        self._measure_smtp(load, number, contestant, users, disk)

    def _measure_smtp(self, load, number, server, users, disk):
        server.prepare()
        # One message to each user: their folders are there, and so are the processes of Postfix.
        self._mailbench.run("smtp", "--port", server.port, "--users", users, "--count", SMTP_USERS,
                            "--sessions", load.sessions, *load.tls_arguments())
        server.settle(SMTP_USERS)
        settle(disk)
        cpu_before = server.process.cgroup.cpu_s()
        begun = time.monotonic()
        with self._watched(load, server):
            measured = self._mailbench.run(
                "smtp", "--port", server.port, "--users", users, "--seconds", self._options.seconds,
                "--warm-up", WARM_UP_S, *load.arguments(), *server.process.usage_arguments())
        units = measured["with_warm_up"]
        messages = units if load.stores else 0
        server.settle(messages)
        measured["delivered_per_s"] = messages / (time.monotonic() - begun)   # from the first connection on
        if cpu_before is None:   # then what happens after the last reply is not in it
            measured["cpu_us_delivered"] = measured["server"]["cpu_us_each"]
        else:
            measured["cpu_us_delivered"] = (server.process.cgroup.cpu_s() - cpu_before) / units * 1e6
        delivered = server.delivered()
        if delivered != SMTP_USERS + messages * load.recipients:
            raise Failed(f"{load.title}, {server.name}: {messages} messages acknowledged to {load.recipients} each, "
                         f"{delivered - SMTP_USERS} copies delivered")
        latency = measured["latency_ms"]
        self._record(load, number, server.name, measured,
                     f"{measured['per_s']:,.0f} {measured['unit']}/s, p50 {latency['p50']:.1f} ms, p99 {latency['p99']:.1f} ms, "
                     f"longest {latency['max']:.0f} ms, {measured['cpu_us_delivered']:,.0f} µs of CPU each")

    # POP3

    def _run_pop3(self, chosen):
        with self._disk(POP3_DISK_MIB) as (beside, disk), contextlib.ExitStack() as stack:
            wanted = [self._sized(mailboxes) for mailboxes in {load.mailboxes: None for load in chosen}]
            everybody = Accounts(0)
            for mailboxes in wanted:
                everybody = everybody.and_also(Accounts(mailboxes.users, mailboxes.name))
            users = everybody.write_users(beside / "users.txt")
            servers = {"ours": Ours(self._mypopd, disk, users, beside / "mypopd.log")}
            if not self._options.ours_only:
                for name, logins in (("dovecot", 1), ("dovecot-reused", dovecot.LOGINS_A_PROCESS)):
                    servers[name] = dovecot.Dovecot(disk, everybody, beside / f"{name}.log", name, logins)
            for mailboxes in wanted:
                self._fill(mailboxes, beside, disk, servers)
            for server in servers.values():
                stack.callback(server.stop)
                server.start()
            for mailboxes in wanted:
                for server in servers.values():
                    self._warm(mailboxes, server, beside)
            settle(disk)
            for load in chosen:
                for number in range(self._options.rounds):
                    for name, against in (("ours", "ours"), ("theirs", load.against)):
                        if against in servers:
                            self._measure_pop3(load, number, name, servers[against], beside)

    def _sized(self, mailboxes):
        return loads.resized(mailboxes, QUICK_MESSAGES) if self._options.quick else mailboxes

    def _fill(self, mailboxes, beside, disk, servers):
        self._say(f"filling mailboxes: {mailboxes.users} with {mailboxes.messages:,} messages of {mailboxes.octets:,} "
                  "octets")
        accounts = Accounts(mailboxes.users, mailboxes.name)
        users = accounts.write_users(beside / f"{mailboxes.name}.txt")
        smtp = Ours(self._mysmtpd, disk, users, beside / "mysmtpd.log")
        smtp.start()
        try:
            self._mailbench.run("smtp", "--port", smtp.port, "--users", users, "--pipelined",
                                "--octets", mailboxes.octets, "--count", mailboxes.users * mailboxes.messages,
                                "--sessions", min(100, mailboxes.messages))
        finally:
            smtp.stop()
        if "dovecot" in servers:
            message = self._mailbench.text(mailboxes.octets)
            for address in accounts.addresses():
                servers["dovecot"].fill(address, message, mailboxes.messages)

    def _pop3(self, mailboxes, server, beside, *arguments):
        return self._mailbench.run("pop3", "--port", server.port, "--users", beside / f"{mailboxes.name}.txt",
                                   *arguments, *server.process.usage_arguments())

    def _warm(self, mailboxes, server, beside):
        for _ in range(LIST_WARM_UPS):
            self._pop3(mailboxes, server, beside, "--work", "list", "--sessions", mailboxes.users,
                       "--count", mailboxes.users, "--expect", mailboxes.messages)

    def _measure_pop3(self, load, number, name, server, beside):
        load = loads.with_mailboxes(load, self._sized(load.mailboxes))
        with self._watched(load, server):
            measured = self._pop3(load.mailboxes, server, beside, *load.arguments(),
                                  "--seconds", self._options.seconds, "--warm-up", POP3_WARM_UP_S)
        latency = measured["latency_ms"]
        self._record(load, number, name, measured,
                     f"{measured['per_s']:,.0f} {measured['unit']}/s, {measured['mb_per_s']:,.0f} MB/s, "
                     f"p50 {latency['p50']:.1f} ms, {measured['server']['cpu_us_each']:,.0f} µs of CPU each")

    # Idle connections: ours alone. A Postfix would take a process for each.

    def _run_idle(self, chosen):
        with self._disk(256) as (beside, disk):
            users = Accounts(1).write_users(beside / "users.txt")
            for load in chosen:
                program = {"mysmtpd": self._mysmtpd, "mypopd": self._mypopd}[load.program]
                for number in range(self._options.rounds):
                    server = Ours(program, disk, users, beside / f"{load.program}.log")
                    server.start()
                    try:
                        measured = self._mailbench.run("idle", "--port", server.port, *load.arguments(),
                                                       *server.process.usage_arguments())
                    finally:
                        server.stop()
                    self._record(load, number, "ours", measured,
                                 f"accepted in {measured['seconds']:.2f} s, "
                                 f"{measured['server']['rss_kib'] / 1024:.1f} MiB RSS")


def settle(folder):
    """Writes out what earlier measurements left to be written."""
    subprocess.run(["sync", "-f", str(folder)], check=True)


def hide_log():
    """Postfix logs by syslog: in this mount namespace nobody listens there, so that the machine's log is not
    flooded, and writing it costs Postfix nothing."""
    log = os.path.realpath("/dev/log")
    if os.path.exists(log) and not os.path.samefile(log, "/dev/null"):
        disks.run("mount", "--bind", "/dev/null", log)
