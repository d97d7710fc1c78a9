"""What is measured: a load a line, by its key, with mailbench's arguments and the floor that the ratio ours / theirs is
to reach. verdicts.py makes the table's rows of what they bring."""
import dataclasses

KIB, MIB = 1024, 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Smtp:
    key: str
    title: str
    sessions: int
    floor: float | None   # messages or handshakes a second, ours / theirs
    octets: int = 4 * KIB
    recipients: int = 1
    flags: tuple = ()
    tls: bool = False
    stores: bool = True   # or it is handshakes alone, and no mail

    def arguments(self):
        return ["--sessions", self.sessions, "--octets", self.octets, "--recipients", self.recipients, *self.flags,
                *self.tls_arguments()]

    def tls_arguments(self):
        return ["--tls"] if self.tls else []


SMTP = [
    Smtp("smtp-1", "4 KiB, 1 session", 1, 2.5),
    Smtp("smtp-10", "4 KiB, 10 sessions", 10, 3.5),
    Smtp("smtp-100", "4 KiB, 100 sessions", 100, 8.0),
    Smtp("smtp-100-pipelined", "4 KiB, 100 sessions, pipelined", 100, 8.0, flags=("--pipelined",)),
    Smtp("smtp-reconnect", "4 KiB, 10 sessions, a connection for each message", 10, 4.5, flags=("--reconnect",)),
    Smtp("smtp-recipients", "4 KiB, 10 sessions, 10 recipients each", 10, 4.0, recipients=10),
    Smtp("smtp-64k", "64 KiB, 10 sessions", 10, 3.5, octets=64 * KIB),
]

# STARTTLS, TLS 1.3, a full handshake each time.
SMTP_TLS = [
    Smtp("tls-handshakes", "TLS handshakes: connect, STARTTLS, QUIT; 10 at a time", 10, None, flags=("--handshakes",),
         tls=True, stores=False),
    Smtp("tls-1", "4 KiB over TLS, 1 session", 1, None, tls=True),
    Smtp("tls-10", "4 KiB over TLS, 10 sessions", 10, None, tls=True),
    Smtp("tls-reconnect", "4 KiB over TLS, 10 sessions, a connection for each message", 10, None,
         flags=("--reconnect",), tls=True),
]


@dataclasses.dataclass(frozen=True)
class Mailboxes:
    """Who is logged in to, and what is there."""
    name: str
    users: int
    messages: int   # in each
    octets: int


SMALL = Mailboxes("small", 1, 1000, 4 * KIB)
BIG = Mailboxes("big", 1, 20, 10 * MIB)
LOGINS = Mailboxes("login", 10, 10, 4 * KIB)
MANY = Mailboxes("many", 1, 100_000, 1 * KIB)


@dataclasses.dataclass(frozen=True)
class Pop3:
    key: str
    title: str
    mailboxes: Mailboxes
    work: tuple
    measure: str   # what of mailbench's JSON: a rate (more is better), or "p50" in ms
    floor: float | None = None
    against: str = "dovecot"

    def arguments(self):
        return ["--sessions", self.mailboxes.users, "--expect", self.mailboxes.messages,
                "--octets", self.mailboxes.octets, "--work", *self.work]


POP3 = [
    Pop3("pop3-retr", "RETR 1,000 × 4 KiB, in order", SMALL, ("retr", "--check-text"), "per_s", 1.3),
    Pop3("pop3-retr-pipelined", "RETR 1,000 × 4 KiB, pipelined", SMALL, ("retr", "--check-text", "--pipelined"),
         "per_s", 2.5),
    Pop3("pop3-retr-big", "RETR 20 × 10 MiB", BIG, ("retr", "--check-text"), "mb_per_s", 3.0),
    Pop3("pop3-logins", "logins (USER PASS STAT QUIT), 10 sessions", LOGINS, ("login",), "per_s", 15.0),
    Pop3("pop3-logins-reused", "the same, Dovecot with processes that serve many logins", LOGINS, ("login",), "per_s",
         against="dovecot-reused"),
    Pop3("pop3-list", "login and LIST of 100,000 messages, unchanged", MANY, ("list",), "p50", 5.0),
]


@dataclasses.dataclass(frozen=True)
class Idle:
    key: str
    title: str
    program: str
    connections: int = 10_000

    def arguments(self):
        return ["--connections", self.connections]


IDLE = [
    Idle("idle-smtp", "10,000 idle connections, mysmtpd", "mysmtpd"),
    Idle("idle-pop3", "10,000 idle connections, mypopd", "mypopd"),
]

LONGEST_STALL_MS = 200
CPU_FLOOR = 12.0          # CPU a message, theirs / ours, 10 sessions
LIST_GOAL_MS = 15
IDLE_ACCEPTED_S = 10
IDLE_RSS_MIB, IDLE_RSS_GOAL_MIB = 40, 25


def resized(mailboxes, most):
    """With no more messages than that."""
    return dataclasses.replace(mailboxes, messages=min(mailboxes.messages, most))


def with_mailboxes(load, mailboxes):
    return dataclasses.replace(load, mailboxes=mailboxes)
