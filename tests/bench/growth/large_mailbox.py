"""What a large mailbox costs: the rate of deliveries to it against an empty one's, in turn; QUIT with deletions from it, and
what the deliveries beside that and after it wait."""
import statistics
import threading

import growth_path  # noqa: F401
import dialogue
from accounts import Accounts
from mailbench import Failed

RATE_FLOOR = 0.7
WARM_UP_S = 0.5
SESSIONS = (1, 10)


def mib(sizes):
    """A message takes a block, an inode, and a name."""
    return 2048 + sizes.messages // 100


def measure(ground, sizes, findings):
    # Each measurement of an empty mailbox has one of its own.
    empties = Accounts(sizes.rounds * len(SESSIONS), "empty")
    large = Accounts(1, "large")
    users = ground.users(large.and_also(empties))
    large_alone = ground.users(large, "large.txt")
    ground.fill(large_alone, sizes.messages)
    smtp = ground.start("mysmtpd", users)
    _rates(ground, sizes, findings, smtp, large_alone, empties)
    _deletions(ground, sizes, findings, smtp, users, large)


def _rates(ground, sizes, findings, smtp, large_alone, empties):
    unused = iter(empties.names)
    for sessions in SESSIONS:
        rates = {"large": [], "empty": []}
        for _ in range(sizes.rounds):
            one = Accounts(0)
            one.names = [next(unused)]
            for name, users in (("large", large_alone), ("empty", ground.users(one, "empty.txt"))):
                measured = ground.bench("smtp", smtp, users, "--sessions", sessions, "--seconds", sizes.seconds,
                                        "--warm-up", WARM_UP_S)
                rates[name].append(measured["per_s"])
        large, empty = (statistics.median(rates[name]) for name in ("large", "empty"))
        findings.add(f"deliveries to an empty mailbox, sessions: {sessions}", empty, "/s")
        findings.add(f"deliveries to one of {sizes.messages:,}, sessions: {sessions}", large, "/s")
        findings.at_least(f"ratio, sessions: {sessions}", large / empty, "", RATE_FLOOR)


def _deletions(ground, sizes, findings, smtp, users, large):
    pop3 = ground.start("mypopd", users)
    address, = large.addresses()
    with dialogue.greeted_smtp(smtp) as sender:
        usual = statistics.median(dialogue.deliver(sender, address) for _ in range(20))
        findings.add("a delivery to it, one at a time", usual, "ms")
        for some in (1, min(1000, sizes.messages // 10)):
            took, _ = _delete(pop3, large, some)
            findings.add(f"QUIT that deletes {some:,}", took, "ms")
            findings.add(f"the delivery after QUIT has deleted {some:,}", dialogue.deliver(sender, address), "ms")
        before = ground.count(address)
        with Delivering(sender, address) as deliveries:
            took, deleted = _delete(pop3, large, None)
        findings.add(f"QUIT that deletes all {deleted:,}, with deliveries beside it", took, "ms")
        findings.add("the longest that a delivery beside it waited", max(deliveries.waits), "ms")
        if ground.count(address) != before - deleted + len(deliveries.waits):
            raise Failed("the messages in the mailbox are not those that were delivered and not deleted")


def _delete(pop3, accounts, some):
    """QUIT's time after DELE of the first `some` messages, or of all, and how many those were."""
    _, client = dialogue.logged_in(pop3, accounts.names[0], accounts.addresses()[0])
    if some is None:
        some = int(client.must("STAT", "+OK").split()[1])
    for first in range(1, some + 1, 1000):
        numbers = range(first, min(first + 1000, some + 1))
        client.send(b"".join(b"DELE %d\r\n" % number for number in numbers))
        for _ in numbers:
            assert client.answer().startswith("+OK")
    return dialogue.quit_session(client), some


class Delivering:
    """Delivers one message after the other for as long as the `with` lasts: `waits`, in ms."""

    def __init__(self, client, address):
        self._client, self._address = client, address
        self._over, self._begun = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.waits = []

    def _run(self):
        while not self._over.is_set():
            self.waits.append(dialogue.deliver(self._client, self._address))
            self._begun.set()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
