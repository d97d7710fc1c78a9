"""A Postfix of the measurement's own, from Debian's package: virtual mailboxes as Maildirs, its queue on the disk that
is measured. It looks up no name and relays nothing. Settings are Postfix's defaults, but for limits that 100 sessions
from one address would meet, and for the pause that it makes when mail comes in faster than it is delivered.

Its 250 means: the message is in the queue, on stable storage (cleanup fsyncs it). Delivery comes after that."""
import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import time

from accounts import DOMAIN, MAIL_UID
from process import HANG_S, Process

DAEMONS = "/usr/lib/postfix/sbin"

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = {daemons}
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
alias_maps =
alias_database =
myhostname = {domain}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4

# Mail stays inside.
smtpd_relay_restrictions = reject_unauth_destination
default_transport = error:nothing is relayed
relay_transport = error:nothing is relayed
notify_classes =
disable_dns_lookups = yes
smtpd_peername_lookup = no

virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = texthash:{config}/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{uid}

# What would stand in the way of 100 sessions of one client.
default_process_limit = 200
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_message_rate_limit = 0
smtpd_client_recipient_rate_limit = 0
in_flow_delay = 0
"""

# tlsmgr keeps what OpenSSL's sessions are resumed with. Nothing of it is logged, as nothing is.
TLS = """
smtpd_tls_security_level = may
smtpd_tls_chain_files = {key}, {chain}
"""

MASTER = """
{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
tlsmgr unix - - n 1000? 1 tlsmgr
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Postfix:
    name = "theirs"

    def __init__(self, folder, accounts, log, certificate=None):
        self.folder = folder / "postfix"
        self.config = self.folder / "config"
        self.port = free_port()
        self.config.mkdir(parents=True)
        for name in ("queue", "data", "mail"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        os.chown(self.folder / "mail", MAIL_UID, MAIL_UID)
        values = {"folder": self.folder, "config": self.config, "domain": DOMAIN, "daemons": DAEMONS, "uid": MAIL_UID,
                  "port": f"127.0.0.1:{self.port}"}
        tls = TLS.format(key=certificate.key, chain=certificate.chain) if certificate else ""
        (self.config / "main.cf").write_text(MAIN.format(**values) + tls)
        (self.config / "master.cf").write_text(MASTER.format(**values))
        accounts.write_virtual_mailboxes(self.config / "mailboxes")
        self._log = log
        self.process = None

    def start(self):
        checked = subprocess.run(["/usr/sbin/postfix", "-c", str(self.config), "check"], capture_output=True, text=True)
        if checked.returncode != 0:
            raise RuntimeError(f"postfix check: {checked.stderr}")
        self.process = Process("postfix", [f"{DAEMONS}/master", "-c", str(self.config), "-d"], self._log)
        wait_for(self.port, self.process)

    def stop(self):
        if self.process:
            process, self.process = self.process, None
            process.end()

    def prepare(self):
        """Empty mailboxes. The server runs on, with the processes that it has."""
        if not self.process:
            self.start()
        for mailbox in (self.folder / "mail").iterdir():
            shutil.rmtree(mailbox)

    def settle(self, messages):
        """Waits until the queue is delivered."""
        deadline = time.monotonic() + HANG_S + messages / 50
        while self._queued():
            if time.monotonic() > deadline:
                raise RuntimeError("Postfix does not deliver its queue")
            time.sleep(0.02)

    def _queued(self):
        for name in ("incoming", "active", "deferred"):
            for _, _, files in os.walk(self.folder / "queue" / name):
                if files:
                    return True
        return False

    def delivered(self):
        return sum(len(os.listdir(mailbox / "new")) for mailbox in pathlib.Path(self.folder / "mail").iterdir())


def wait_for(port, process):
    """Until somebody listens."""
    deadline = time.monotonic() + HANG_S
    while time.monotonic() < deadline and not process.ended():
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), HANG_S) as probe:
            if probe.recv(1):
                return
        time.sleep(0.05)
    process.end()
    raise RuntimeError(f"{process.name} did not start: {process.last_words()}")
