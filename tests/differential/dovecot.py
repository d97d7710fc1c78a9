"""A private Dovecot: POP3 only, its own configuration, run folder, mailboxes, users and ports.

It is set as near to mypopd as it can be: passwords in the clear are allowed, nobody waits after a wrong
one, and a name without a domain is given one, the first user's. It ends a session after 10 or 20 refusals
in a row; a probe after each keeps it from that. The private Postfix has its logins checked by one, too.
"""
import subprocess
import threading

import certificates
import dialogue
import private

PATIENCE_S = 60

SETTINGS = """\
protocols = pop3
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = /dev/stderr
ssl = {ssl}
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login scram-sha-256
auth_default_realm = {domain}
auth_failure_delay = 0
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:~:INDEX=MEMORY
mail_fsync = never
pop3_uidl_format = %08Xu%08Xv
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {port}
  }}
  inet_listener pop3s {{
    port = {tls_port}
    ssl = {ssl}
  }}
}}
service auth {{
  unix_listener {logins} {{
    mode = 0666
  }}
}}
service anvil {{
  chroot =
  # No penalty in time for wrong passwords.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = passwd-file
  args = {folder}/users
}}
"""


class Dovecot:
    name, protocol, probe = "Dovecot", "pop3", b"CAPA"

    @staticmethod
    def why_not():
        return private.why_not("Dovecot", "dovecot")

    def __init__(self):
        self.folder = private.Folder()
        self.maildirs = private.Maildirs(self.folder.path / "mail")
        self.logins = self.folder.path / "logins"   # the socket where it checks them for others
        self.process = None
        self.settings = None   # those it runs with
        self.port = self.tls_port = 0

    def open(self, transcript):
        """Fresh mailboxes, with what is given; started anew when the users are others, or TLS is."""
        users = self.maildirs.reset(transcript.users)
        for number, (user, message) in enumerate(transcript.given):
            self.maildirs.put(user, number, message)
        self.serve(users, transcript.tls is not None)
        return self.tls_port if transcript.tls == "started" else self.port

    def serve(self, users, tls=False):
        """Runs for these users, as Maildirs.reset() returns them, with TLS or without."""
        if (users, tls) != self.settings or self.process is None:
            self.stop()
            self.start(users, tls)
            self.settings = (users, tls)

    def start(self, users, tls):
        uid, gid = private.owner()
        self.folder.write("users", "".join(
            f"{name.lower()}:{password}:{uid}:{gid}::{self.maildirs.folder}/{home}\n"
            for name, (home, password) in users.items()))
        self.port, tls_port = private.free_ports(2)
        self.tls_port = tls_port if tls else 0   # 0: none
        pair = certificates.shared().server
        configuration = self.folder.write("dovecot.conf", SETTINGS.format(
            folder=self.folder.path, port=self.port, tls_port=self.tls_port, logins=self.logins,
            ssl="yes" if tls else "no", certificate=pair.certificate, key=pair.key,
            domain=next(iter(users)).rpartition("@")[2]))
        self.process = subprocess.Popen(
            ["dovecot", "-F", "-c", configuration], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env={"PATH": private.PATH, "LC_ALL": "C"}, start_new_session=True)
        said = b""
        while b"starting up" not in said:   # its ports are open by then
            line = self.process.stderr.readline()
            said += line
            if not line:
                self.process.wait(PATIENCE_S)
                self.process = None
                raise RuntimeError(f"dovecot did not start: {said.decode()}")
        # Its log must go on being read, or it would wait for us.
        self.log_reader = threading.Thread(target=self.process.stderr.read)
        self.log_reader.start()

    def stop(self):
        if self.process is not None:
            process, self.process = self.process, None
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise RuntimeError("dovecot did not end after SIGTERM") from None
            finally:
                self.log_reader.join()
                process.stderr.close()

    def close(self):
        self.stop()
        self.folder.remove()

    def mailboxes(self):
        return self.maildirs.mailboxes()

    @staticmethod
    def delivered_form(message):
        return message

    def discipline(self, _):
        return dialogue.POP3
