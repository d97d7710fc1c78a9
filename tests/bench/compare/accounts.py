"""The users of a measurement, in the form that each server wants."""

DOMAIN = "bench.example"
# Whose files the mail of the peers is: no account of the machine's.
MAIL_UID = 20000


class Accounts:
    """`count` users: user0@bench.example and so on."""

    def __init__(self, count, prefix="user"):
        self.names = [f"{prefix}{number}" for number in range(count)]

    def addresses(self):
        return [f"{name}@{DOMAIN}" for name in self.names]

    def write_users(self, file):
        """As users.txt has them, which mailbench reads too."""
        file.write_text("".join(f"{address} secret-of-{name}\n" for address, name in zip(self.addresses(), self.names)))
        return file

    def write_passwd(self, file):
        """As Dovecot's passwd-file has them."""
        file.write_text("".join(f"{address}:{{PLAIN}}secret-of-{name}\n"
                                for address, name in zip(self.addresses(), self.names)))
        return file

    def write_virtual_mailboxes(self, file):
        """As Postfix's virtual_mailbox_maps has them: a Maildir each."""
        file.write_text("".join(f"{address} {address}/\n" for address in self.addresses()))
        return file

    def and_also(self, other):
        both = Accounts(0)
        both.names = self.names + other.names
        return both
