"""What a login to a large mailbox costs: the first after mypopd's start, the next ones, and those after a change; and the memory
that mypopd keeps for it, and for a second one as large: the first one's holds what any login leaves too."""
import statistics

import growth_path  # noqa: F401
import dialogue
from accounts import Accounts
from mailbench import Failed

UNCHANGED_LOGINS = 10
KINDS = ("the first", "the mailbox unchanged", "one message more", "one message fewer")


def mib(sizes):
    return 1024 + sizes.messages // 50


def measure(ground, sizes, findings):
    accounts = Accounts(2, "large")
    users = ground.users(accounts)
    ground.fill(users, 2 * sizes.messages)   # to both in turn
    ground.settle()
    smtp = ground.start("mysmtpd", users)
    rounds = [Round(ground, ground.start("mypopd", users), smtp, accounts, sizes.messages).run() for _ in range(sizes.rounds)]
    for kind in KINDS:
        for number, what in enumerate(("PASS", "PASS to the end of LIST")):
            findings.add(f"{kind}: {what}", statistics.median(took[number] for each in rounds for took in each.took[kind]), "ms")
    for title, figure in (("memory of mypopd at the start", "idle"), ("after the first login", "after_first"),
                          ("after all logins to it", "at_rest"), ("the most meanwhile", "peak"),
                          ("after a login to a second mailbox as large", "after_second")):
        findings.add(title, statistics.median(getattr(each, figure) for each in rounds) / 1024, "MiB")
    for title, before, after in (("kept for the first mailbox, a message", "idle", "at_rest"),
                                 ("kept for the second, a message", "at_rest", "after_second")):
        kept = statistics.median((getattr(each, after) - getattr(each, before)) * 1024 / sizes.messages for each in rounds)
        findings.add(title, kept, "octets")


class Round:
    """A life of mypopd. `took`: kind → pairs of milliseconds; memory in KiB."""

    def __init__(self, ground, pop3, smtp, accounts, messages):
        self._ground, self._pop3, self._smtp, self._messages = ground, pop3, smtp, messages
        self._users = list(zip(accounts.names, accounts.addresses()))
        self.took = {kind: [] for kind in KINDS}

    def run(self):
        footprint = self._pop3.footprint
        self.idle = footprint.resident_kib()
        footprint.forget_peak()
        self._login("the first")
        self.after_first = footprint.resident_kib()
        for _ in range(UNCHANGED_LOGINS):
            self._login("the mailbox unchanged")
        with dialogue.greeted_smtp(self._smtp) as sender:
            dialogue.deliver(sender, self._users[0][1])
        self._login("one message more", self._messages + 1)
        self._ground.settle()
        self._login(None, self._messages + 1, delete=True)   # the newest: the next round finds as many as this one
        self._login("one message fewer")
        self._ground.settle()
        self.at_rest, self.peak = footprint.resident_kib(), footprint.peak_kib()
        self._login(None, number=1)
        self.after_second = footprint.resident_kib()
        self._pop3.stop()
        return self

    def _login(self, kind, messages=None, delete=False, number=0):
        passed, client = dialogue.logged_in(self._pop3, *self._users[number])
        listed, named = dialogue.listed(client)
        if named != (messages or self._messages):
            raise Failed(f"LIST named {named} messages, not {messages or self._messages}")
        if delete:
            client.must(f"DELE {named}", "+OK")
        dialogue.quit_session(client)
        if kind:
            self.took[kind].append((passed, passed + listed))
