"""A private Postfix: its own configuration, queue, mailboxes, log and port, and no way out.

It takes mail for the users of a transcript and for nobody else; every other transport is error:. It
looks up no name. Where it has a choice, it is set as near to mysmtpd as it can be, so that what still
differs says something: brackets and domains are asked for, limits of errors are out of the way, bare
newlines are what the transcript is about, and so are TLS and who may send. A private Dovecot checks the logins.
"""
import re
import shutil
import subprocess
import time

import certificates
import dialogue
import private
from dovecot import Dovecot

PATIENCE_S = 60   # only keeps a hang from lasting for ever
MASTER = "/usr/lib/postfix/sbin/master"   # where Debian has it
DEFAULT_MESSAGE_SIZE = "52428800"
QUEUES = ("maildrop", "incoming", "active", "deferred")   # the way of a message, in order

SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{tls_port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
showq     unix n - n - - showq
error     unix - - n - - error
retry     unix - - n - - error
virtual   unix - n n - - virtual
anvil     unix - - n - 1 anvil
tlsmgr    unix - - n 1000? 1 tlsmgr
postlog   unix-dgram n - n - 1 postlogd
"""

SETTINGS = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
alternate_config_directories =
multi_instance_enable = no
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = h.invalid
mynetworks = 192.0.2.1/32
biff = no
# Nothing leaves.
default_transport = error:5.1.2 stays inside
relay_transport = error:5.1.2 stays inside
local_transport = error:5.1.1 stays inside
relayhost =
relay_domains =
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = reject_unauth_destination
notify_classes =
alias_maps =
alias_database =
# No name is looked up.
disable_dns_lookups = yes
smtpd_peername_lookup = no
# The mailboxes.
mydestination =
local_recipient_maps =
myorigin = {domain}
append_dot_mydomain = no
virtual_mailbox_domains = {domains}
virtual_mailbox_maps = texthash:{folder}/mailboxes
virtual_alias_maps = texthash:{folder}/aliases
virtual_alias_domains =
virtual_mailbox_base = {folder}/mail
virtual_mailbox_limit = 0
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
enable_original_recipient = no
# An address is what it says.
swap_bangpath = no
allow_percent_hack = no
recipient_delimiter =
# As strict as it can be, and as patient as we are.
strict_rfc821_envelopes = yes
smtpd_helo_required = yes
smtpd_soft_error_limit = 100000
smtpd_hard_error_limit = 100000
smtpd_junk_command_limit = 100000
smtpd_error_sleep_time = 0
smtpd_client_connection_count_limit = 0
smtpd_recipient_overshoot_limit = 100000
# BDAT's data are no lines.
smtpd_discard_ehlo_keywords = chunking
in_flow_delay = 0
smtpd_recipient_limit = {recipients}
message_size_limit = {message_size}
smtpd_forbid_bare_newline = {bare_newline}
smtpd_forbid_bare_newline_exclusions =
# No header is changed for a client that is not ours.
local_header_rewrite_clients =
# TLS and logins.
smtpd_tls_security_level = {tls}
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {logins}
smtpd_sasl_security_options = noanonymous
smtpd_tls_auth_only = no
# A sender is refused at MAIL already.
smtpd_delay_reject = no
smtpd_sender_login_maps = texthash:{folder}/owners
smtpd_sender_restrictions = {senders}
disable_vrfy_command = {hide_users}
"""
# Who may send.
SENDERS = {(): "", ("require-login",): "reject_sender_login_mismatch, permit_sasl_authenticated, reject",
           ("any-sender", "require-login"): "permit_sasl_authenticated, reject"}


class Postfix:
    name, protocol, probe = "Postfix", "smtp", None

    @staticmethod
    def why_not():
        return private.why_not("Postfix", "postfix") or Dovecot.why_not()

    def __init__(self):
        self.folder = private.Folder()
        self.maildirs = private.Maildirs(self.folder.path / "mail")
        self.accounts = Dovecot()
        self.settings = None   # those it runs with
        self.port = self.tls_port = 0

    def open(self, transcript):
        """Fresh mailboxes; started anew when the transcript asks for other settings."""
        users = self.maildirs.reset(transcript.users)
        settings = self.settings_for(transcript, users)
        if settings != self.settings:
            self.stop()
            self.accounts.serve(users)
            self.start(settings)
        return self.tls_port if transcript.tls == "started" else self.port

    def settings_for(self, transcript, users):
        domains = list(dict.fromkeys(name.rpartition("@")[2] for name in users))
        uid, gid = private.owner()
        pair = certificates.shared().server
        main = SETTINGS.format(
            folder=self.folder.path, domain=domains[0], domains=" ".join(domains), uid=uid, gid=gid,
            recipients=transcript.options.get("max-recipients", "1000"),
            message_size=transcript.options.get("max-message-size", DEFAULT_MESSAGE_SIZE),
            bare_newline=bare_newline_of(transcript), tls="may" if transcript.tls else "none",
            certificate=pair.certificate, key=pair.key, logins=self.accounts.logins,
            senders=SENDERS[tuple(sorted({"any-sender", "require-login"} & transcript.options.keys()))],
            hide_users="yes" if "hide-users" in transcript.options else "no")
        mailboxes = "".join(f"{quoted(name.lower())} {folder}/\n" for name, (folder, _) in users.items())
        postmaster = transcript.options.get("postmaster", next(iter(users)))
        taken = {name.lower() for name in users}
        aliases = "".join(f"{name} {postmaster}\n" for name in (f"postmaster@{domain.lower()}" for domain in domains)
                          if name not in taken)
        owners = "".join(f"{quoted(name)} {name}\n" for name in sorted(taken))
        owners += "".join(f"{alias.split()[0]} {postmaster.lower()}\n" for alias in aliases.splitlines())
        # The last is none of Postfix's: to forget an account's old password, it must ask the new Dovecot.
        return {"main.cf": main, "mailboxes": mailboxes, "aliases": aliases, "owners": owners,
                "logins": transcript.users}

    def start(self, settings):
        for name in ("queue", "data"):
            (self.folder.path / name).mkdir(exist_ok=True)
        shutil.chown(self.folder.path / "data", "postfix")
        for name, text in settings.items():
            self.folder.write(name, text)
        self.port, self.tls_port = private.free_ports(2)
        self.folder.write("master.cf", SERVICES.format(port=self.port, tls_port=self.tls_port))
        # Either returns when the port is open. The first makes the queue's folders, and takes its time.
        if (self.folder.path / "queue" / "pid").exists():
            run(MASTER, "-c", self.folder.path, "-w")
        else:
            run("postfix", "-c", self.folder.path, "start")
        self.settings = settings

    def stop(self):
        if self.settings is not None:
            self.settings = None
            run("postfix", "-c", self.folder.path, "stop")

    def log(self):
        file = self.folder.path / "log"
        return file.read_text(errors="replace") if file.exists() else ""

    def close(self):
        try:
            self.stop()
        finally:
            self.accounts.close()
            self.folder.remove()

    def mailboxes(self):
        """What was delivered, without what Postfix puts in front. Waits until its queue is empty."""
        self.drain()
        return {user: [stripped(message) for message in messages]
                for user, messages in self.maildirs.mailboxes().items()}

    @staticmethod
    def delivered_form(message):
        """A message as it looks here: an empty line ends our three header fields when it has none of its own."""
        return message if re.match(rb"[!-9;-~]+[ \t]*:|\r?\n|$", message) else b"\n" + message

    def drain(self):
        """A message only ever moves on in the order of QUEUES: not seen on one pass in that order means gone."""
        deadline = time.monotonic() + PATIENCE_S
        while any(file.is_file() for queue in QUEUES for file in (self.folder.path / "queue" / queue).rglob("*")):
            if time.monotonic() > deadline:
                raise RuntimeError(f"Postfix did not deliver: {self.log()}")
            time.sleep(0.005)   # it tells nobody when it is done

    def discipline(self, transcript):
        # "normalize" and "reject" take CRLF.CRLF alone for the end of the data, and LF for a line's end.
        if bare_newline_of(transcript) == "no":
            return dialogue.SMTP_LF
        return dialogue.Discipline(b"\n", dialogue.SMTP_CRLF.data_end)


def run(*command):
    ended = subprocess.run(command, capture_output=True, text=True, env={"PATH": private.PATH, "LC_ALL": "C"},
                           start_new_session=True, timeout=PATIENCE_S)
    if ended.returncode != 0:
        raise RuntimeError(f"{command}: {ended.stdout}{ended.stderr}")


def bare_newline_of(transcript):
    if transcript.options.get("eol") == "lf":
        return "no"
    return "reject" if transcript.options.get("bare-newlines") == "refuse" else "normalize"


def stripped(message):
    """A delivered message without the Return-Path, Delivered-To and Received in front."""
    for name in (b"Return-Path", b"Delivered-To", b"Received"):
        message = re.sub(rb"\A" + name + rb":[^\n]*\n(?:[ \t][^\n]*\n)*", b"", message)
    return message


def quoted(name):
    """A user's name as Postfix looks it up: a quote and a backslash have one before them, between quotes."""
    local, _, domain = name.rpartition("@")
    escaped = re.sub(r'(["\\])', r"\\\1", local)
    return name if escaped == local else f'"{escaped}"@{domain}'
