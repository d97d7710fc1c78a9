"""A Dovecot of the measurement's own, from Debian's package: POP3 only, Maildirs, plain passwords in a file, without
TLS. Login processes serve many clients each (its "high-performance mode"), flags are not updated by reading."""
import os

from accounts import MAIL_UID
from postfix import free_port, wait_for
from process import Process

CONFIG = """
protocols = pop3
listen = 127.0.0.1
base_dir = {run}
state_dir = {run}
log_path = {log}
info_log_path = /dev/null
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain
default_process_limit = 200
first_valid_uid = {uid}
mail_location = maildir:{mail}/%u
pop3_no_flag_updates = yes
passdb {{
  driver = passwd-file
  args = username_format=%u {passwd}
}}
userdb {{
  driver = static
  args = uid={uid} gid={uid} home={mail}/%u
}}
service pop3-login {{
  service_count = 0
  process_min_avail = 2
  client_limit = 1000
  inet_listener pop3 {{
    port = {port}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
service pop3 {{
  process_min_avail = 10
  process_limit = 200
  service_count = {pop3_service_count}
}}
"""

# Logins that one process serves, one after the other, where processes are reused. Dovecot's default is 1.
LOGINS_A_PROCESS = 1000


class Dovecot:
    """`folder`: on the disk that is measured. Several may serve the same mail, in turn, under different names."""

    name = "theirs"

    def __init__(self, folder, accounts, log, name, logins_a_process):
        own = folder / name
        own.mkdir()
        self.mail = folder / "maildirs"
        self.mail.mkdir(exist_ok=True)
        os.chown(self.mail, MAIL_UID, MAIL_UID)
        self.port = free_port()
        self._config = own / "dovecot.conf"
        accounts.write_passwd(own / "passwd")
        self._config.write_text(CONFIG.format(
            run=own / "run", log=log, uid=MAIL_UID, mail=self.mail, passwd=own / "passwd", port=self.port,
            pop3_service_count=logins_a_process))
        self._name, self._log = name, log
        self.process = None

    def start(self):
        self.process = Process(self._name, ["/usr/sbin/dovecot", "-F", "-c", str(self._config)], self._log)
        wait_for(self.port, self.process)

    def stop(self):
        if self.process:
            process, self.process = self.process, None
            process.end()

    def fill(self, address, message, count):
        """A Maildir with `count` copies, as Postfix would have delivered them: new, lines ended by LF."""
        text = message.replace(b"\r\n", b"\n")
        folder = self.mail / address
        for name in ("", "cur", "new", "tmp"):
            (folder / name).mkdir(exist_ok=True)
            os.chown(folder / name, MAIL_UID, MAIL_UID)
        for number in range(count):
            name = folder / "new" / f"1700000000.V1I{number:x}M{number:06}.bench"
            descriptor = os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            os.write(descriptor, text)
            os.fchown(descriptor, MAIL_UID, MAIL_UID)
            os.close(descriptor)
