"""What Thunderbird does with our servers, step by step, and what must then be true.

    exchange = Exchange(site, thunderbird, ports, ports_for_thunderbird)
    for step in exchange.steps():
        expected_dialogs = step()

The steps follow one another. The first line of a step's docstring is its name. A step raises Wrong with a sentence
that says what is not as it must be, and returns the dialogs that Thunderbird must have shown: pairs
of a kind and a regular expression for title and text.
"""
import base64
import poplib
import random
import re

import certificates
from servers import EDWARD, MARY, PASSWORDS
import wire

SUBJECT = "Grüße — 漢字 🎉 ü"
BODY = "\n".join([".", "..", "...", ". x", ".. x", "", "Äpfel, 漢字", ".", "..", "the end", "."])
# Every octet in many neighbourhoods, and no line ends that anybody may change.
ATTACHMENT = bytes(range(256)) * 8 + random.Random(5321).randbytes(6000) + b"\r\n.\r\n..\n.\r.\r\n"
ATTACHMENT_NAME = "each octet.bin"
NOBODY = "nobody@example.com"
SEVERAL = 25   # past the 20 at which Thunderbird saves its list of UIDLs in between


class Wrong(Exception):
    """Something is not as it must be: a sentence."""


def require(condition, sentence):
    if not condition:
        raise Wrong(sentence)


def require_same(what, found, expected):
    """That two strings, or rows of octets, are the same."""
    if found != expected:
        place = next((n for n, (a, b) in enumerate(zip(found, expected)) if a != b), min(len(found), len(expected)))
        unit = "octet" if isinstance(expected, bytes) else "character"
        raise Wrong(f"{what} is not what was sent: from {unit} {place} on it is {found[place:place + 40]!r} "
                    f"instead of {expected[place:place + 40]!r} (length {len(found)}, sent {len(expected)})")


def without_own_headers(source):
    """A message of a folder of Thunderbird's as it came: without what Thunderbird put in front, with CRLF."""
    lines = source.replace(b"\r\n", b"\n").split(b"\n")
    own = (b"X-Account-Key:", b"X-UIDL:", b"X-Mozilla-", b"FCC:", b"X-Identity-Key:")
    while lines[0].startswith(own):
        del lines[0]
    return b"\r\n".join(lines)


class Exchange:
    """`ports`: {"smtp": …, "pop3": …}, the servers'; `for_thunderbird`: those that Thunderbird is to use. `tls`: clear,
    started or at-once."""

    def __init__(self, site, thunderbird, ports, for_thunderbird, tls="clear"):
        self.tls = tls
        self.store, self.thunderbird = site.store, thunderbird
        self.ports, self.for_thunderbird = ports, for_thunderbird
        self.attachment = site.folder / ATTACHMENT_NAME
        self.attachment.write_bytes(ATTACHMENT)
        self.sent, self.from_edward = [], []   # as they lay in the store at first

    def steps(self):
        trust = [] if self.tls == "clear" else [self.trust]
        return [*trust, self.probe, self.set_up, self.send, self.fetch, self.fetch_again, self.fetch_several,
                self.leave_on_server, self.delete_one, self.wrong_password, self.do_not_leave_on_server,
                self.unknown_recipient]

    # ---- what Thunderbird does ----

    def check_for_mail(self):
        return self.thunderbird.call("check", "forMail")

    def inbox(self):
        return self.thunderbird.call("mailbox", "list")

    def source(self, message, folder="Inbox"):
        return base64.b64decode(self.thunderbird.call("mailbox", "source", message["key"], folder))

    def require_inbox(self, count, after):
        """Checks for mail; so many messages must then be in the Inbox. Returns them."""
        require(self.check_for_mail(), f"the check for mail after {after} failed, says Thunderbird")
        inbox = self.inbox()
        require(len(inbox) == count,
                f"{len(inbox)} messages are in Thunderbird's Inbox after {after}, instead of {count}")
        return inbox

    def uids(self):
        """What mypopd itself says, without Thunderbird and without a relay."""
        pop3 = poplib.POP3("127.0.0.1", self.ports["pop3"], timeout=wire.HANG_S)
        pop3.user(MARY)
        pop3.pass_(PASSWORDS[MARY])
        uids = [line.split()[1].decode() for line in pop3.uidl()[1]]
        pop3.quit()
        return uids

    # ---- the steps ----

    def trust(self):
        """The CA is imported"""
        lines = certificates.shared().authority.certificate.read_text().split("\n")
        self.thunderbird.call("accounts", "trust", "".join(line for line in lines if "-----" not in line))

    def probe(self):
        """Account set-up finds out how the servers want to be spoken to"""
        self.thunderbird.call("dialogs", "recordAll")
        found = self.thunderbird.call("probe", "settings", {
            "pop3Port": self.for_thunderbird["pop3"], "smtpPort": self.for_thunderbird["smtp"]})
        for which, protocol in (("incoming", "pop3"), ("outgoing", "smtp")):
            expected = {"type": protocol, "port": self.for_thunderbird[protocol], "plain": self.tls == "clear", "password": True}
            require(found[which] == expected, f"account set-up found {found[which]} instead of {expected}")

    def set_up(self):
        """A POP3 account and an SMTP server are set up and verified"""
        self.thunderbird.call("accounts", "create", {
            "name": "Mary Smith", "address": MARY, "password": PASSWORDS[MARY],
            "pop3Port": self.for_thunderbird["pop3"], "smtpPort": self.for_thunderbird["smtp"], "tls": self.tls})
        require(self.thunderbird.call("accounts", "verify"), "Thunderbird could not log in with these settings")

    def send(self):
        """A message with an attachment is written in a window and sent"""
        sent = self.thunderbird.call("send", "message", {
            "to": [MARY], "subject": SUBJECT, "body": BODY,
            "attachment": {"path": str(self.attachment), "name": ATTACHMENT_NAME}})
        require(sent, "Thunderbird says that the message was not sent")
        stored = self.store.of(MARY)
        self.sent = stored
        require(len(stored) == 1, f"mysmtpd said 250, and its store holds {len(stored)} messages instead of 1")
        require(b"\r\n..\r\n...\r\n" in stored[0], "the stored message has not the lines of dots as they were written")
        kept = self.thunderbird.call("mailbox", "list", "Sent")
        require(len(kept) == 1, f"{len(kept)} messages are in Thunderbird's Sent folder instead of 1")
        require_same("the message in mysmtpd's store", stored[0], without_own_headers(self.source(kept[0], "Sent")))

    def fetch(self):
        """It is fetched; subject, body and attachment are what was sent"""
        message = self.require_inbox(1, "one message was sent")[0]
        seen = self.thunderbird.call("mailbox", "contents", message["key"])
        require_same("the subject", seen["subject"], SUBJECT)
        require_same("the body", seen["body"], BODY)
        names = [attachment["name"] for attachment in seen["attachments"]]
        require(names == [ATTACHMENT_NAME], f"the attachments are {names} instead of {ATTACHMENT_NAME!r} alone")
        require_same("the attachment", base64.b64decode(seen["attachments"][0]["octets"]), ATTACHMENT)
        source = self.source(message)
        require_same("the message in the Inbox", without_own_headers(source), self.sent[0])
        require(self.store.of(MARY) == self.sent, "the message is no longer on the server, where it was to be left")
        noted, uids = re.search(rb"^X-UIDL: (.*?)\r?$", source, re.MULTILINE)[1].decode(), self.uids()
        require(uids == [noted], f"mypopd gives the UIDLs {uids}, Thunderbird noted {noted!r}")

    def fetch_again(self):
        """A second check fetches nothing"""
        self.require_inbox(1, "a second check without new mail")

    def fetch_several(self):
        """Several messages of another user come in their order"""
        self.from_edward = [edwards(n) for n in range(SEVERAL)]
        with wire.Wire(self.ports["smtp"]) as one, wire.Wire(self.ports["smtp"]) as other:
            for client in (one, other):
                client.line()
                client.ehlo()
            for number, message in enumerate(self.from_edward):
                client = one if number % 2 else other   # what counts is the order of the 250s
                client.envelope(MARY, sender=EDWARD)
                client.send(wire.stuffed(message) + b".\r\n")
                require(client.answer().startswith("250"), "mysmtpd did not take a message from another client")
        inbox = self.require_inbox(1 + SEVERAL, f"{SEVERAL} new messages came")
        subjects = [message["subject"] for message in inbox[1:]]
        expected = [f"Nr {number}" for number in range(SEVERAL)]
        require(subjects == expected, f"the messages came in another order: {', '.join(subjects)}")
        for message, sent in zip(inbox[1:], self.from_edward):
            require_same(f"the message {message['subject']!r}", without_own_headers(self.source(message)), sent)

    def leave_on_server(self):
        """All that was fetched is still on the server, unchanged"""
        stored = self.store.of(MARY)
        require(len(stored) == 1 + SEVERAL,
                f"{len(stored)} messages are on the server instead of {1 + SEVERAL}: they were to be left there")
        require(stored == self.sent + self.from_edward, "the messages on the server are not those that were sent")

    def delete_one(self):
        """One deleted in Thunderbird is deleted on the server, and no other"""
        before, inbox = self.store.numbered(MARY), self.inbox()
        self.thunderbird.call("mailbox", "remove", inbox[3]["key"])
        self.require_inbox(SEVERAL, "one message was deleted")
        expected = {number: message for number, message in before.items() if number != 3}
        left = self.store.numbered(MARY)
        require(3 not in left, "the message deleted in Thunderbird is still on the server")
        require(left == expected, f"on the server are the messages {sorted(left)} instead of {sorted(expected)}")

    def wrong_password(self):
        """A wrong password is reported as such"""
        before = self.store.files()
        self.thunderbird.call("accounts", "setPassword", "not the password")
        require(not self.check_for_mail(), "Thunderbird checked for mail with a wrong password, and nobody minded")
        self.thunderbird.call("accounts", "setPassword", PASSWORDS[MARY])
        require(self.store.files() == before, "the store changed when somebody came with a wrong password")
        self.require_inbox(SEVERAL, "the password was right again")
        return [("confirmEx", rf"Login to .*{MARY}.* failed")]

    def do_not_leave_on_server(self):
        """Without leave-on-server what was fetched is deleted, what is new is fetched and deleted"""
        self.thunderbird.call("accounts", "setLeaveOnServer", False)
        new = edwards(SEVERAL)
        with wire.Wire(self.ports["smtp"]) as client:
            client.line()
            client.ehlo()
            client.deliver(wire.stuffed(new), MARY)
        inbox = self.require_inbox(SEVERAL + 1, "one new message came")
        require_same("the new message", without_own_headers(self.source(inbox[-1])), new)
        left = len(self.store.of(MARY))
        require(left == 0, f"{left} messages are still on the server: none was to be left there")
        self.require_inbox(SEVERAL + 1, "the mailbox on the server was empty")

    def unknown_recipient(self):
        """A message to somebody unknown is not sent, and the server's words are shown"""
        sent = self.thunderbird.call("send", "message", {"to": [MARY, NOBODY], "subject": "to nobody", "body": "x"})
        require(not sent, f"Thunderbird says that it sent a message to {NOBODY}")
        require(self.store.of(MARY) == [], "the message was stored, though one of its recipients was refused")
        require(not (self.store.folder / NOBODY).exists(), f"mysmtpd made a mailbox for {NOBODY}")
        return [("alert", rf"Send.* responded:\s+(550 )?(5\.1\.1 )?No such user - {NOBODY}")]


def edwards(number):
    """Edward's message: every seventh is large, and full of lines that begin with dots."""
    lines = [f"From: <{EDWARD}>", f"To: <{MARY}>", f"Subject: Nr {number}", f"Message-ID: <{number}@edward.example>",
             "", ".", "..", f". message {number}", "From here on it looks like an mbox", ">From here too"]
    if number % 7 == 0:
        lines += ["." * (n % 70) + "x" * (n % 900) for n in range(600)]
    return "".join(line + "\r\n" for line in lines).encode()
