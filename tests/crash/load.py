"""Load on running servers: senders at mysmtpd and readers at mypopd, each a thread, all of it written
into a ledger. Bounded: a sender sends so many messages and no more.

A Moment strikes once, while they work: at the Nth acknowledgement, or between a message's last octet
and its 250, or in the middle of a QUIT that deletes. Nothing sleeps: what is waited for is a reply,
or a file's coming or going.
"""
import concurrent.futures
import os
import random
import re
import select
import socket
import threading

import e2e_path  # noqa: F401
import wire
from servers import PASSWORDS

USERS = list(PASSWORDS)
LARGEST = 1024 * 1024


class Moment:
    """Strikes once, at the `count`th time of its kind:

        acknowledged   a 250 was read
        linking        a message was sent to its end; as soon as the mailbox changes, or at the reply
        removing       QUIT was sent; as soon as a certain message is gone, or at the reply
    """

    KINDS = ("acknowledged", "linking", "removing")

    def __init__(self, kind, count, strike):
        self._kind, self._left, self._strike = kind, count, strike
        self._lock = threading.Lock()
        self.striking = threading.Event()   # set before what it does, so that no error is a surprise
        self.struck = threading.Event()     # and after it

    def acknowledged(self):
        if self._is_it("acknowledged"):
            self._now()

    def linking(self, client, folder):
        if self._is_it("linking"):
            before = _changed(folder)
            while not _is_readable(client) and _changed(folder) == before:
                pass
            self._now()

    def removing(self, client, file):
        if self._is_it("removing"):
            while not _is_readable(client) and file.exists():
                pass
            self._now()

    def call_off(self):
        """It does not strike any more, unless it does already."""
        with self._lock:
            if self._left > 0:
                self._left = 0
                self.struck.set()

    def _is_it(self, kind):
        if kind != self._kind:
            return False
        with self._lock:
            self._left -= 1
            return self._left == 0

    def _now(self):
        self.striking.set()
        self._strike()
        self.struck.set()


def _is_readable(client):
    return bool(client.buffer) or bool(select.select([client.socket], [], [], 0)[0])


def _changed(folder):
    try:
        return os.stat(folder).st_mtime_ns
    except FileNotFoundError:
        return None


class Load:
    """`smtp` and `pop3` are servers.Servers; the senders and readers are dealt to them in turn."""

    def __init__(self, ledger, store, smtp, pop3, seed, moment=None, largest=LARGEST):
        self._ledger, self._store, self._moment = ledger, store, moment
        self._smtp, self._pop3, self._seed, self._largest = smtp, pop3, seed, largest
        self._clients = set()
        self._lock = threading.Lock()
        self._ending = False

    def run(self, senders, messages, readers):
        """Until every sender has sent so many messages, or the moment has struck. A server that is killed
        or stopped ends its clients."""
        with concurrent.futures.ThreadPoolExecutor(senders + readers + 1) as pool:
            sending = [pool.submit(self._send, s, messages) for s in range(senders)]
            reading = [pool.submit(self._read, r) for r in range(readers)]
            if self._moment:
                pool.submit(self._cut_off_when_struck)
            try:
                for sender in sending:
                    sender.result()
            finally:
                self._end()
                if self._moment:
                    self._moment.call_off()
        for reader in reading:
            reader.result()

    # ---- senders ----

    def _send(self, sender, messages):
        chance = random.Random(f"{self._seed} sender {sender}")
        left = messages
        while left > 0 and not self._ending:
            with self._connect(self._smtp[sender % len(self._smtp)]) as client:
                if client is None:
                    return
                client.ehlo()
                for _ in range(chance.randint(1, 20)):
                    if left == 0:
                        return
                    window = min(left, chance.choice((1, 1, 1, 2, 8)))
                    left -= window
                    self._send_window(client, chance, window)

    def _send_window(self, client, chance, window):
        """So many transactions: alone and in lock-step, or more and in one write."""
        sent = []
        for _ in range(window):
            mailboxes = chance.sample(USERS, chance.choice((1, 1, 3)))
            octets = int(self._largest ** chance.random())
            sent.append((mailboxes, *self._ledger.write(octets, mailboxes)))
        if window == 1 and chance.random() < 0.5:
            mailboxes, key, text = sent[0]
            client.envelope(*mailboxes)
            client.send(text + b".\r\n")
            if self._moment:
                self._moment.linking(client, self._store.folder / mailboxes[0])
            self._outcome(key, client.answer())
            return
        try:
            client.send(b"".join(
                b"MAIL FROM:<sender@example.org>\r\n" +
                b"".join(b"RCPT TO:<%s>\r\n" % mailbox.encode() for mailbox in mailboxes) +
                b"DATA\r\n" + text + b".\r\n" for mailboxes, _, text in sent))
            if self._moment:
                self._moment.linking(client, self._store.folder / sent[0][0][0])
        except OSError:
            pass   # gone; but what it has answered is still there to be read
        for mailboxes, key, _ in sent:
            for expected in ["250"] * (1 + len(mailboxes)) + ["354"]:
                answer = client.answer()
                assert answer.startswith(expected), answer or "closed"
            self._outcome(key, client.answer())

    def _outcome(self, key, answer):
        if answer.startswith("250"):
            self._ledger.acknowledge(key)
            if self._moment:
                self._moment.acknowledged()
        elif re.match(r"4\d\d ", answer) and not answer.startswith("421"):
            self._ledger.refuse(key)
        else:
            raise ConnectionError(f"answered {answer!r}")

    # ---- readers ----

    def _read(self, reader):
        chance = random.Random(f"{self._seed} reader {reader}")
        while not self._ending:
            with self._connect(self._pop3[reader % len(self._pop3)]) as client:
                if client is None:
                    return
                read_maildrop(client, self._ledger, self._store, USERS[reader % len(USERS)], chance,
                              remove=0.5, moment=self._moment)

    # ---- the end ----

    def _connect(self, server):
        return _Connected(self, server)

    def _cut_off_when_struck(self):
        self._moment.struck.wait()
        if not self.is_over():
            return   # called off
        self._end()
        with self._lock:
            for client in self._clients:
                try:
                    # What has arrived can still be read: replies that were given count.
                    client.socket.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass   # it has gone already

    def _end(self):
        self._ending = True

    def enter(self, client):
        with self._lock:
            self._clients.add(client)
            return not self.is_over()

    def leave(self, client):
        with self._lock:
            self._clients.discard(client)

    def is_over(self):
        return bool(self._moment and self._moment.striking.is_set())


class _Connected:
    """A connection of the load's. Gives None, and ends its block in silence, when its server was struck."""

    def __init__(self, load, server):
        self._load, self._server, self._client = load, server, None

    def __enter__(self):
        try:
            self._client = wire.Wire(self._server.port)
            if self._load.enter(self._client) and self._client.line():
                return self._client
        except OSError:
            if not self._load.is_over():
                raise
        return None

    def __exit__(self, kind, error, trace):
        if self._client:
            self._load.leave(self._client)
            self._client.close()
        # A struck server says nothing more: that is an OSError, or an answer that is cut off.
        return isinstance(error, (OSError, AssertionError, IndexError)) and self._load.is_over()


def number_in(uid):
    """The n of the message with this UIDL (docs/mail-store.md)."""
    return int(uid.rsplit("-", 1)[1])


def read_maildrop(client, ledger, store, user, chance, remove, moment=None):
    """One session: what was not seen before is read, a part of it removed. The greeting has been read.
    Returns n → (text, UIDL) of what was read, or None when the maildrop was in use."""
    kept = ledger.kept(user)
    client.must(f"USER {user}", "+OK")
    answer = client.ask(f"PASS {PASSWORDS[user]}")
    if answer.startswith("-ERR [IN-USE]"):
        return None
    assert answer.startswith("+OK"), answer or "closed"
    seen, read = {}, {}   # number in the session → id; n → (text, UIDL)
    uids = client.uids()
    for number, uid in enumerate(uids, 1):
        n = number_in(uid)
        key = ledger.id_of(user, uid)
        if key is None:
            text = client.message(number)
            read[n] = (text, uid)
            key = ledger.see(user, text, n, uid)
        if key is not None:
            seen[number] = key
    ledger.missed(user, kept - set(seen.values()))
    doomed = [number for number in seen if chance.random() < remove]
    if doomed:
        client.send(b"".join(b"DELE %d\r\n" % number for number in doomed))
        for number in doomed:
            answer = client.answer()
            assert answer.startswith("+OK"), answer or "closed"
        ledger.leave(user, [seen[number] for number in doomed])
    client.send(b"QUIT\r\n")
    if doomed and moment:
        moment.removing(client, store.folder / user / f"{number_in(uids[chance.choice(doomed) - 1])}.mail")
    answer = client.answer()
    assert answer.startswith("+OK"), answer or "closed"
    ledger.left(user, [seen[number] for number in doomed])
    return read
