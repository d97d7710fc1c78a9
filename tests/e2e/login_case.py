"""What the tests of logins share: ways to log in, and what the servers say to it."""
import base64

import wire
from servers import ServerCase

MECHANISMS = ("PLAIN", "LOGIN")
INVALID = {"smtpd": "535 5.7.8 Authentication credentials invalid", "pop3d": "-ERR [AUTH] Invalid password"}
WELCOME = {"smtpd": "235 2.7.0 Authentication successful", "pop3d": "+OK Password is valid, mail loaded"}


def in_base64(text):
    return base64.b64encode(text.encode()).decode()


def auth(client, mechanism, user, password):
    """Logs in by AUTH, without an initial response; returns the answer."""
    said = client.ask(f"AUTH {mechanism}")
    if mechanism == "PLAIN":
        answers = [f"\0{user}\0{password}"]
    else:
        answers = [user, password]
    for answer in answers:
        assert said.startswith(("334 ", "+ ")), said
        said = client.ask(in_base64(answer))
    return said


class LoginCase(ServerCase):
    def greeted(self, server):
        client = server.connect()
        self.addCleanup(client.close)
        if server.which == "smtpd":
            client.ehlo()
        return client

    def auth_once(self, server, user, password, mechanism="PLAIN"):
        client = self.greeted(server)
        said = auth(client, mechanism, user, password)
        client.send(b"QUIT\r\n")
        client.rest()   # the maildrop is free again
        return said

    def user_and_pass(self, server, user, password):
        with server.connect() as client:
            client.must(f"USER {user}", "+OK")
            said = client.ask(f"PASS {password}")
            client.send(b"QUIT\r\n")
            client.rest()
            return said

    def log_of(self, server):
        server.terminate()
        server.process.wait(wire.HANG_S)
        return server.stderr()
