"""Postfix's smtp-source: many messages, in several sessions at once."""
import re

from client_case import ClientCase
from letters import LETTERS, SENDER, with_lf
from servers import JOHN, PASSWORDS

# What it writes itself: headers, then lines of X to the length that is asked for.
HEADERS = ["From", "To", "Date", "Message-Id"]


class SmtpSourceTest(ClientCase):
    NEEDS = {"smtp-source": "postfix"}

    def send(self, *options, recipient=JOHN, status=0):
        return self.run_client("smtp-source", *map(str, options), "-M", "localhost", "-f", SENDER, "-t", recipient,
                               f"127.0.0.1:{self.smtp.port}", status=status)

    def assert_all_there(self, messages, count):
        """`count` of its messages, each another one, whole."""
        self.assertEqual(len(messages), count)
        ids = set()
        for message in messages:
            headers, _, body = message.partition(b"\r\n\r\n")
            self.assertEqual([line.split(":")[0] for line in headers.decode().split("\r\n")], HEADERS)
            ids.add(re.search(rb"Message-Id: (\S+)", headers)[1])
            self.assertRegex(body, rb"\A(?:\d?X*\r\n)+\Z")
            self.assertEqual(body[1:].count(b"X"), messages[0].partition(b"\r\n\r\n")[2][1:].count(b"X"))
        self.assertEqual(len(ids), count)

    def served(self, user=JOHN):
        with self.pop3.connect() as client:
            client.log_in(user, PASSWORDS.get(user, "password"))
            return [client.message(n + 1) for n in range(len(client.uids()))]

    def test_the_page_s_example_stores_a_hundred(self):
        self.run_example("smtp-source")
        self.assert_all_there(self.store.of(JOHN), 100)
        self.assert_same(self.served(), self.store.of(JOHN))

    def test_many_messages_a_session(self):
        self.send("-d", "-s", 4, "-m", 300, "-l", 500)   # -d: goes on in the same connection
        self.assert_all_there(self.store.of(JOHN), 300)
        self.assert_same(self.served(), self.store.of(JOHN))

    def test_large_messages_in_several_sessions(self):
        self.send("-s", 4, "-m", 12, "-l", 1_000_000)
        stored = self.store.of(JOHN)
        self.assert_all_there(stored, 12)
        self.assertGreater(min(map(len, stored)), 1_000_000)
        self.assert_same(self.served(), stored)

    def test_every_recipient_gets_every_message(self):
        users = [JOHN, *(f"{n}{JOHN}" for n in range(2, 11))]   # as smtp-source makes them
        with self.site.users_file.open("a") as file:
            file.writelines(f"{user} password\n" for user in users[1:])
        self.send("-r", len(users), "-s", 3, "-m", 30, "-l", 100)
        self.assertEqual(self.store.folders(), sorted(users))
        for user in users:
            self.assert_all_there(self.store.of(user), 30)
            self.assert_same(self.store.of(user), self.store.of(users[0]))
        self.assert_same(self.served(users[-1]), self.store.of(users[0]))

    def test_files_arrive_byte_for_byte_with_a_blank_line_behind(self):
        for message in LETTERS:
            self.send("-F", self.put_file("letter.txt", with_lf(message)))
        self.assert_same(self.store.of(JOHN), [message + b"\r\n" for message in LETTERS])

    def test_without_helo_it_is_refused(self):
        self.assertIn(b"sender rejected: 503", self.send("-o", status=1))
        self.assertEqual(self.store.files(), {})

    def test_an_unknown_recipient_stops_it(self):
        self.assertIn(b"550", self.send(recipient="nobody@example.com", status=1))
        self.assertEqual(self.store.files(), {})
