"""netcat: a whole dialogue in one write, as lines from a file."""
from client_case import ClientCase
from letters import DOTS, LETTERS, SENDER, series, with_lf
from servers import JOHN, MARY, PASSWORDS
from wire import stuffed

REPLIES_BEFORE = ["220 h Service ready", "250 h"]
REPLIES_FOR_ONE = ["250 Requested mail action ok, completed"] * 2 + [
    "354 Waiting for data, finish with <CR><LF>.<CR><LF>", "250 Requested mail action ok, completed"]
REPLIES_AFTER = ["221 Service closing transmission channel"]


class NetcatTest(ClientCase):
    NEEDS = {"nc": "netcat-openbsd"}

    def talk(self, server, dialogue, *options):
        """What netcat printed, as lines; every line must have come with CRLF."""
        said = self.run_client("nc", *options, "127.0.0.1", server.port, input=dialogue)
        self.assertEqual(said.count(b"\n"), said.count(b"\r\n"))
        return said.split(b"\r\n")[:-1]

    def send(self, messages, *options):
        """Sends all in one session. `messages` and the file that netcat reads have LF; -C makes CRLF of it."""
        dialogue = b"HELO me\n"
        for message in messages:
            lines = stuffed(message.replace(b"\n", b"\r\n")).replace(b"\r\n", b"\n")
            dialogue += f"MAIL FROM:<{SENDER}>\nRCPT TO:<{JOHN}>\nDATA\n".encode() + lines + b".\n"
        replies = self.talk(self.smtp, dialogue + b"QUIT\n", *options)
        expected = REPLIES_BEFORE + REPLIES_FOR_ONE * len(messages) + REPLIES_AFTER
        self.assertEqual([reply.decode() for reply in replies], expected)

    def check_sending(self, *options, stored):
        messages = [*LETTERS, *series(3)]
        self.send([with_lf(message) for message in messages], *options)
        self.assert_same(self.store.of(JOHN), [stored(message) for message in messages])

    def test_lines_with_lf_are_stored_so(self):
        self.check_sending(stored=with_lf)

    def test_lines_with_lf_are_stored_so_when_its_input_ends_at_once(self):
        self.check_sending("-N", stored=with_lf)

    def test_lines_with_crlf_are_stored_so(self):
        self.check_sending("-C", stored=lambda message: message)

    def test_lines_with_crlf_are_stored_so_when_its_input_ends_at_once(self):
        self.check_sending("-C", "-N", stored=lambda message: message)

    def check_fetching(self, *options):
        messages = [*LETTERS, *series(3)]
        self.given(*messages)
        reading = (f"RETR {n + 1}" for n in range(len(messages)))
        commands = [f"USER {JOHN}", f"PASS {PASSWORDS[JOHN]}", *reading, "DELE 1", "QUIT"]
        replies = self.talk(self.pop3, "".join(f"{command}\n" for command in commands).encode(), *options)
        at = 3   # behind the greeting and the login
        for message in messages:
            expected = [b"+OK Message follows", *stuffed(message).split(b"\r\n")[:-1], b"."]
            self.assertEqual(replies[at:at + len(expected)], expected)
            at += len(expected)
        self.assertEqual(replies[at:], [b"+OK Message deleted", b"+OK Service closing transmission channel"])
        self.assert_same(self.store.of(JOHN), messages[1:])

    def test_it_fetches_byte_for_byte_in_order_and_deletes_with_lf(self):
        self.check_fetching()

    def test_it_fetches_byte_for_byte_in_order_and_deletes_with_lf_when_its_input_ends_at_once(self):
        self.check_fetching("-N")

    def test_it_fetches_byte_for_byte_in_order_and_deletes_with_crlf_when_its_input_ends_at_once(self):
        self.check_fetching("-C", "-N")

    def test_without_quit_what_was_sent_is_stored_and_nothing_is_deleted(self):
        dialogue = f"HELO me\nMAIL FROM:<{SENDER}>\nRCPT TO:<{MARY}>\nDATA\n".encode() + stuffed(DOTS) + b".\n"
        self.talk(self.smtp, dialogue, "-N")
        self.assert_same(self.store.of(MARY), [DOTS])   # lines ended by CRLF in a session of LF: kept
        self.talk(self.pop3, f"USER {MARY}\nPASS {PASSWORDS[MARY]}\nDELE 1\n".encode(), "-N")
        self.assert_same(self.store.of(MARY), [DOTS])
