"""What the tests of this folder share: a store that may lie on a disk of its own, with its ledger."""
import unittest

import e2e_path  # noqa: F401
import disks
import rounds
from servers import PASSWORDS


class CrashCase(unittest.TestCase):
    """Servers on a store, and a ledger of what they promise. What is sent is small unless said otherwise."""

    def on_store(self, folder=None):
        """Where the store is: by default in a fresh folder."""
        self.run_ = rounds.Rounds(folder, self.id())
        self.store = self.run_.site.store
        self.addCleanup(self.close_servers)

    @property
    def ledger(self):
        return self.run_.ledger

    def close_servers(self):
        faults = self.run_.close()
        self.assertEqual(faults, [], "\n".join(faults))

    def start(self, which, *arguments, **options):
        return self.run_.site.start(which, *arguments, **{"prefix": disks.TIED, **options})

    def end(self, server):
        self.assertIsNone(self.run_.site.end(server))

    def send(self, client, *mailboxes, octets=1):
        """A message by a greeted client; the ledger knows how it went. Returns the reply."""
        key, text = self.ledger.write(octets, mailboxes)
        answer = client.deliver(text, *mailboxes)
        if answer.startswith("250"):
            self.ledger.acknowledge(key)
        else:
            self.ledger.refuse(key)
        return answer

    def settle(self, remove=0.0):
        """Everything that was acknowledged is there, whole, and nothing else; a part is then removed."""
        self.run_.settle(remove=remove)
        self.assertEqual(self.ledger.faults, [])

    def greeted(self, smtp):
        """A client of mysmtpd after EHLO, closed at the end of the test."""
        client = smtp.connect()
        self.addCleanup(client.close)
        client.ehlo()
        return client

    def log_in(self, pop3, user):
        """What PASS is answered, and the client."""
        client = pop3.connect()
        self.addCleanup(client.close)
        client.must(f"USER {user}", "+OK")
        return client.ask(f"PASS {PASSWORDS[user]}"), client


class DiskCase(CrashCase):
    """The same, where disks can be mounted."""

    def setUp(self):
        if reason := disks.why_not():
            self.skipTest(reason)
        self.disks = disks.Disks()
        # Registered first, and so done last: the servers have ended by then.
        self.addCleanup(self.disks.close)

    def mounted(self, disk):
        disk.mount()
        self.on_store(disk.folder / "mail.store")
        return disk
