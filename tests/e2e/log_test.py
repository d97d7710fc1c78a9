"""What the servers log: the events and fields of docs/logging.md, as text and as JSON."""
import json
import re

import servers
from servers import JOHN, MARY, PASSWORDS, ServerCase

TABLE = servers.ROOT / "docs/logging.md"
# An event's name is the first literal of a call that logs.
LOGS = re.compile(r'(?:logging::(?:debug|info|warning|error)|log_failure|format_event)\(\s*(?:form_,\s*)?"([a-z0-9-]+)"'
                  r'|logging::log\([^"]*?"([a-z0-9-]+)"', re.DOTALL)


def events_in_sources():
    found = set()
    for top in ("common", "smtpd", "pop3d"):
        for file in (servers.ROOT / top).rglob("*.cc"):
            found |= {a or b for a, b in LOGS.findall(file.read_text())}
    return found


def table():
    """Event → its row's cells: event, level, of which server, fields, meaning."""
    found = {}
    for row in TABLE.read_text().splitlines():
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if row.startswith("| `") and len(cells) == 5:
            found[cells[0].strip("`")] = cells[1:]
    return found


class TableTest(ServerCase):
    def test_every_event_is_in_the_table_and_the_other_way_round(self):
        self.assertGreater(len(events_in_sources()), 20)
        self.assertEqual(events_in_sources(), set(table()))


class SessionTest(ServerCase):
    def lines(self, server):
        """Its whole log, when it has ended."""
        server.terminate()
        server.process.wait(60)
        return server.stderr().splitlines()

    def events(self, server, *names):
        """As dictionaries, from JSON; of these names only."""
        events = [json.loads(line) for line in self.lines(server)]
        for event in events:
            level, fields = table()[event["event"]][0], table()[event["event"]][2]
            self.assertIn(event["level"], level)
            for name in event.keys() - {"time", "level", "event"}:
                self.assertIn(f"`{name}`", fields, event)
        return [event for event in events if event["event"] in names]

    def talk(self, smtp):
        with smtp.connect() as client:
            client.ehlo()
            client.must("MAIL FROM:<a@b>", "250")
            client.must("RCPT TO:<nobody@example.com>", "550")
            client.must(f"RCPT TO:<{JOHN}>", "250")
            client.must(f"RCPT TO:<{MARY}>", "250")
            client.must("DATA", "354")
            client.send(b"one\r\ntwo\r\n.\r\n")
            self.id = client.answer().partition("id=")[2]
            client.must("QUIT", "221")
            client.rest()

    def test_a_delivery(self):
        smtp = self.start_smtp("--log-format", "json")
        self.talk(smtp)
        connected, refused, stored, over = self.events(
            smtp, "connected", "refused", "message-stored", "session-over")
        self.assertRegex(connected["peer"], r"^127\.0\.0\.1:\d+$")
        self.assertEqual(refused["reply"], "550 5.1.1 No such user - nobody@example.com")
        self.assertEqual((stored["id"], stored["octets"], stored["recipients"]), (self.id, 10, 2))
        self.assertGreaterEqual(stored["milliseconds"], 0)
        self.assertEqual({key: over[key] for key in ("why", "mail", "rcpt", "commands", "octets")},
                         {"why": "quit", "mail": 1, "rcpt": "2/3", "commands": 7, "octets": 10})
        self.assertEqual({event["session"] for event in (connected, refused, stored, over)}, {1})

    def test_text_has_the_same_fields(self):
        smtp = self.start_smtp()
        self.talk(smtp)
        log = "\n".join(self.lines(smtp))
        for line in (r"info connected session=1 peer=127\.0\.0\.1:\d+",
                     r'info refused session=1 reply="550 5\.1\.1 No such user - nobody@example\.com"',
                     rf"info message-stored session=1 id={self.id} octets=10 recipients=2 milliseconds=\d+",
                     r"info session-over session=1 why=quit mail=1 rcpt=2/3 commands=7 octets=10"):
            self.assertRegex(log, rf"(?m)^\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z {line}$")

    def test_a_maildrop(self):
        for n in range(3):
            self.store.put(JOHN, n, b"x\r\n")
        pop3 = self.start_pop3("--log-format", "json")
        with pop3.connect() as client:
            client.must(f"USER {JOHN}", "+OK")
            client.must("PASS a-wrong-password", "-ERR")
            client.log_in(JOHN, PASSWORDS[JOHN])
            client.message(1)
            client.must("DELE 1", "+OK")
            client.must("QUIT", "+OK")
            client.rest()
        wrong, login, over = self.events(pop3, "login-refused", "login", "session-over")
        text = pop3.stderr()
        self.assertEqual((wrong["user"], login["user"], login["messages"]), (JOHN, JOHN, 3))
        self.assertEqual({key: over[key] for key in ("why", "retr", "dele", "left", "commands")},
                         {"why": "quit", "retr": 1, "dele": 1, "left": 2, "commands": 7})
        for password in ("a-wrong-password", PASSWORDS[JOHN]):
            self.assertNotIn(password, text)

    def test_why_sessions_end(self):
        smtp = self.start_smtp("--log-format", "json")
        pop3 = self.start_pop3("--log-format", "json")
        for server in (smtp, pop3):
            with server.connect() as client:
                client.must("QUIT", ("221", "+OK"))
                client.rest()
            with server.connect() as client:
                client.half_close()
                client.rest()
            with server.connect() as client:
                client.must("GET / HTTP/1.1", ("421", "-ERR"))
                client.rest()
            with server.connect() as client:
                client.send(b"FROB\r\n" * 101)
                client.rest()
            with server.connect() as client:
                client.vanish()
            idle = server.connect()
            self.addCleanup(idle.close)
            events = self.events(server, "session-over", "refused")
            over = {event["session"]: event["why"] for event in events if event["event"] == "session-over"}
            self.assertEqual(over, {1: "quit", 2: "end-of-input", 3: "no-mail-client",
                                    4: "too-many-errors", 5: "read-failed", 6: "shut-down"})
            # Of a hundred refusals at once some are told in full and the others counted.
            refused = [event for event in events if event["event"] == "refused"]
            self.assertEqual(sum(1 + event.get("more", 0) for event in refused), 100)

    def test_what_clients_send_is_escaped(self):
        pop3 = self.start_pop3("--log-format", "json")
        self.site.users_file.write_bytes("j\xf6hn\\\"@example.com x\n".encode("latin-1"))
        with pop3.connect() as client:
            client.must("USER j\xf6hn\\\"@example.com", "+OK")
            client.must("PASS y", "-ERR")
        refused, = self.events(pop3, "login-refused")
        self.assertEqual(refused["user"], "j\\xf6hn\\\\\"@example.com")
