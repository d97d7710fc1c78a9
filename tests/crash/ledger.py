"""The ledger of a run: what was sent, what the servers promised, and what is found of it.

A copy is a message in one mailbox. It is in one of these states:

    UNKNOWN    sent, and not answered (yet)
    KEPT       acknowledged by 250, or found after a crash: from then on it must be there
    LEAVING    a QUIT that deletes it was sent, and not answered (yet)
    GONE       its removal was answered +OK, or it was refused, or a crash took it before it was
               acknowledged: it must not be there, ever again

What contradicts that is a fault, counted by kind and kept as a sentence:

    lost       KEPT, and not there
    torn       a file under a .mail name that is no whole message
    back       GONE, and there
    twice      a message twice in a mailbox
    renamed    an n or a UIDL that was one message's is another's
    order      a message that was acknowledged before another was begun comes after it
    stray      there is what nobody sent, or what is no message

Safe to use from any thread.
"""
import collections
import dataclasses
import hashlib
import random
import re
import threading

UNKNOWN, KEPT, LEAVING, GONE = "unknown", "kept", "leaving", "gone"
FAULTS = ["lost", "torn", "back", "twice", "renamed", "order", "stray"]
MAIL_NAME = re.compile(r"(0|[1-9][0-9]*)\.mail")

_NOISE = b"".join(bytes(random.Random(line).choices(b"ABCDEFGHabcdefgh0123456789 ,;:-", k=62)) + b"\r\n"
                  for line in range(16 * 1024))


@dataclasses.dataclass
class Message:
    id: bytes
    digest: bytes
    begun: int            # when, in ticks of the ledger; when it was acknowledged, if it was
    acknowledged: int | None = None
    copies: dict = dataclasses.field(default_factory=dict)   # mailbox → state


class Ledger:
    def __init__(self):
        self._lock = threading.Lock()
        self._ticks = 0
        self._messages = {}
        self._names = {}         # (mailbox, n or UIDL) → id
        self.faults = []         # sentences, each once
        self.counts = collections.Counter()

    def write(self, octets, mailboxes):
        """A message of about so many octets behind its first line: (id, text with CRLF, no dot at a
        line's start). It is begun."""
        with self._lock:
            self._ticks += 1
            key = b"message-%d" % self._ticks
            place = 64 * (self._ticks * 37 % (len(_NOISE) // 64))
            body = (_NOISE[place:] + _NOISE)[:octets].removesuffix(b"\r")
            text = key + b"\r\n\r\n" + body + (b"" if body.endswith(b"\n") else b"\r\n")
            copies = dict.fromkeys(mailboxes, UNKNOWN)
            self._messages[key] = Message(key, hashlib.sha256(text).digest(), self._ticks, copies=copies)
            self.counts["sent"] += 1
            return key, text

    def acknowledge(self, key):
        with self._lock:
            self._ticks += 1
            message = self._messages[key]
            message.acknowledged = self._ticks
            self.counts["acknowledged"] += 1
            for mailbox, state in message.copies.items():
                if state == UNKNOWN:   # else a reader was faster
                    message.copies[mailbox] = KEPT

    def refuse(self, key):
        with self._lock:
            self.counts["refused"] += 1
            for mailbox in self._messages[key].copies:
                self._messages[key].copies[mailbox] = GONE

    def kept(self, mailbox):
        """The ids that a maildrop opened from now on must show, but for what another session removes."""
        with self._lock:
            return {m.id for m in self._messages.values() if m.copies.get(mailbox) == KEPT}

    def leave(self, mailbox, keys):
        with self._lock:
            for key in keys:
                self._messages[key].copies[mailbox] = LEAVING

    def left(self, mailbox, keys):
        with self._lock:
            self.counts["removed"] += len(keys)
            for key in keys:
                self._messages[key].copies[mailbox] = GONE

    def id_of(self, mailbox, name):
        """Whose n or UIDL this is, or None."""
        with self._lock:
            return self._names.get((mailbox, name))

    def see(self, mailbox, text, *names):
        """One message in a mailbox, under these names (n, UIDL). Its id, or None if it is none."""
        with self._lock:
            return self._see(mailbox, text, names)

    def _see(self, mailbox, text, names):
        key = text.split(b"\r\n", 1)[0]
        message = self._messages.get(key)
        if message is None or hashlib.sha256(text).digest() != message.digest:
            self._fault("torn", f"{mailbox} {names}: {len(text)} octets that begin with {text[:30]!r}")
            return None
        if mailbox not in message.copies:
            self._fault("stray", f"{mailbox} {names}: {key} was not sent to it")
            return None
        if message.copies[mailbox] == GONE:
            self._fault("back", f"{mailbox} {names}: {key} was removed, refused or gone")
        for name in names:
            if self._names.setdefault((mailbox, name), key) != key:
                self._fault("renamed", f"{mailbox}: {name} was {self._names[mailbox, name]}, is {key}")
        return key

    def missed(self, mailbox, keys):
        """These were KEPT before a login that did not show them, and nobody else removes any."""
        with self._lock:
            for key in keys:
                if self._messages[key].copies[mailbox] == KEPT:
                    self._fault("lost", f"{mailbox}: {key} was not in a maildrop opened after its 250")

    def settle(self, mailbox, found, names_may_return=False):
        """What is in the mailbox when nobody is at work on it: n → (text, UIDL). Compares it, and
        what is unknown until now is known from now on. `names_may_return`: after a power cut the n of
        what was never acknowledged is free again. Returns how many of the KEPT were found."""
        with self._lock:
            keys = [key for n, (text, uid) in sorted(found.items())
                    if (key := self._see(mailbox, text, (n, uid))) is not None]
            for key, times in collections.Counter(keys).items():
                if times > 1:
                    self._fault("twice", f"{mailbox}: {key} is there {times} times")
            self._check_order(mailbox, keys)
            there, vanished, kept = set(keys), set(), 0
            for message in self._messages.values():
                state = message.copies.get(mailbox)
                if state is None:
                    continue
                if state in (UNKNOWN, LEAVING):
                    self.counts[f"{state} and {'there' if message.id in there else 'not there'}"] += 1
                if message.id in there:
                    kept += state == KEPT
                    message.copies[mailbox] = KEPT
                elif state != GONE:
                    if state == KEPT:
                        self._fault("lost", f"{mailbox}: {message.id}")
                    elif state == UNKNOWN:
                        vanished.add(message.id)
                    message.copies[mailbox] = GONE
            if names_may_return:
                self._names = {(box, name): key for (box, name), key in self._names.items()
                               if box != mailbox or key not in vanished}
            return kept

    def stray(self, what):
        with self._lock:
            self._fault("stray", what)

    def _check_order(self, mailbox, keys):
        earliest = None   # the first acknowledgement among those that follow
        for key in reversed(keys):
            message = self._messages[key]
            if earliest is not None and earliest < message.begun:
                self._fault("order", f"{mailbox}: {key} comes before one acknowledged before it was begun")
            if message.acknowledged is not None:
                earliest = min(earliest or message.acknowledged, message.acknowledged)

    def _fault(self, kind, sentence):
        if (fault := f"{kind}: {sentence}") not in self.faults:
            self.counts[kind] += 1
            self.faults.append(fault)
