"""Rounds of a load that is struck down, and what is found after each: what kill.py and power_cut.py
share, and how they say it."""
import pathlib
import random

import e2e_path  # noqa: F401
import disks
import ledger as ledgers
import load
from servers import PASSWORDS, Site

USERS = list(PASSWORDS)
SENDERS, READERS = 6, 3
MOST_MESSAGES = 60   # a sender's, should the moment not come


class Rounds:
    """One store over some rounds, and its ledger."""

    def __init__(self, store, seed, environment=None):
        self.ledger = ledgers.Ledger()
        self.site = Site(store=store)
        self.chance = random.Random(seed)
        self._environment = environment
        self.due = self.found = 0   # copies: acknowledged when it struck and not removed; of these there

    def start(self, which):
        return self.site.start(which, prefix=disks.TIED, environment=self._environment)

    def kill(self, server):
        server.kill()
        self.site.servers.remove(server)

    def forget_everything(self):
        """A hand has taken all mail away: none of it is due, and names begin anew."""
        self.ledger = ledgers.Ledger()

    def under_load(self, smtp, pop3, kind, strike):
        """Runs the load until `strike` was called at a random moment of the kind. Says when it was."""
        most = {"acknowledged": 200, "linking": 100, "removing": 8}[kind]
        count = self.chance.randint(1, most)
        moment = load.Moment(kind, count, strike)
        work = load.Load(self.ledger, self.site.store, smtp, pop3, self.chance.random(), moment)
        work.run(SENDERS, MOST_MESSAGES, READERS)
        if not moment.striking.is_set():
            strike()
            return "at rest"
        return f"{kind} {count}"

    def settle(self, names_may_return=False, remove=0.7):
        """Looks at every mailbox by a mypopd that is started for it, and as files, and has it remove a
        part. Nobody else may be at work."""
        self.due += sum(len(self.ledger.kept(user)) for user in USERS)
        self._find_strays()
        pop3 = self.start("pop3d")
        for user in USERS:
            files = self.site.store.numbered(user)
            # A login would make the folder, which takes a disk that is not full.
            has_folder = (self.site.store.folder / user).is_dir()
            shown = shown_by(pop3, user) if has_folder else {}
            if {n: text for n, (text, _) in shown.items()} != files:
                self.ledger.stray(f"{user}: mypopd shows {sorted(shown)}, the files are {sorted(files)}, or otherwise within")
            self.found += self.ledger.settle(user, shown, names_may_return)
            if not has_folder:
                continue
            with pop3.connect() as client:
                load.read_maildrop(client, self.ledger, self.site.store, user, self.chance, remove)
        fault = self.site.end(pop3)
        if fault:
            self.ledger.stray(fault)

    def _find_strays(self):
        for name in self.site.store.files():
            path = pathlib.PurePath(name)
            if str(path.parent) not in USERS or not ledgers.MAIL_NAME.fullmatch(path.name):
                self.ledger.stray(f"{name} is in the store")

    def close(self):
        """Returns what is wrong with how servers ended."""
        return self.site.close()


def shown_by(pop3, user):
    """All of a mailbox: n → (text, UIDL)."""
    with pop3.connect() as client:
        client.log_in(user, PASSWORDS[user])
        found = {load.number_in(uid): (client.message(number), uid)
                 for number, uid in enumerate(client.uids(), 1)}
        client.must("QUIT", "+OK")
        return found


class Report:
    """The figures of several stores, and the verdict."""

    def __init__(self):
        self.counts = ledgers.collections.Counter()
        self.faults = []

    def add(self, rounds):
        self.counts.update(rounds.ledger.counts)
        self.counts.update(due=rounds.due, found=rounds.found)
        self.faults += rounds.ledger.faults + rounds.close()

    def say(self):
        counts = self.counts
        print(f"\nmessages: {counts['sent']} sent, {counts['acknowledged']} acknowledged, {counts['refused']} refused; "
              f"{counts['removed']} copies removed by QUITs answered +OK")
        print(f"copies due: {counts['due']}, found {counts['found']}, lost {counts['lost']}, torn {counts['torn']}; "
              + ", ".join(f"{kind} {counts[kind]}" for kind in ledgers.FAULTS[2:]))
        print(f"copies not answered for: {counts['unknown and there']} there and whole, "
              f"{counts['unknown and not there']} not; not answered removals: {counts['leaving and not there']} done, "
              f"{counts['leaving and there']} not")
        for fault in self.faults[:10]:
            print(fault)
        if len(self.faults) > 10:
            print(f"… and {len(self.faults) - 10} more")
