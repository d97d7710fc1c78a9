"""After EHLO the 250 for a message names its id: with it the message is found at once."""
import concurrent.futures

from servers import ServerCase, Site

SENDERS = 64
ROUNDS = 3


class IdTest(ServerCase):
    def setUp(self):
        self.users = [f"user{n}@example.com" for n in range(SENDERS)]
        self.site = Site("".join(f"{user} x\n" for user in self.users))
        self.store = self.site.store
        self.addCleanup(self.close_site)

    def test_whoever_logs_in_after_the_250_finds_the_id(self):
        smtp, pop3 = self.start_smtp(), self.start_pop3()

        def send(user):
            ids = []
            with smtp.connect() as sender:
                sender.ehlo()
                for n in range(ROUNDS):
                    answer = sender.deliver(b"%s %d\r\n" % (user.encode(), n), user)
                    ok, _, stamp = answer.partition("; id=")
                    self.assertEqual(ok, "250 2.0.0 Requested mail action ok, completed")
                    ids.append(stamp)
                    with pop3.connect() as reader:
                        reader.log_in(user, "x")
                        uids = reader.uids()
                        self.assertEqual([uid.split("-")[0] for uid in uids], ids)
                        self.assertEqual(reader.message(n + 1), b"%s %d\r\n" % (user.encode(), n))
                        reader.must("QUIT", "+OK")
            return ids

        with concurrent.futures.ThreadPoolExecutor(SENDERS) as pool:
            ids = [stamp for stamps in pool.map(send, self.users) for stamp in stamps]
        self.assertEqual(len(set(ids)), SENDERS * ROUNDS)

    def test_the_id_is_the_same_in_every_mailbox(self):
        smtp, pop3 = self.start_smtp(), self.start_pop3()
        with smtp.connect() as sender:
            sender.ehlo()
            stamp = sender.deliver(b"x\r\n", *self.users[:3]).partition("; id=")[2]
        for user in self.users[:3]:
            with pop3.connect() as reader:
                reader.log_in(user, "x")
                self.assertEqual([uid.split("-")[0] for uid in reader.uids()], [stamp])

    def test_after_helo_there_is_none(self):
        smtp = self.start_smtp()
        with smtp.connect() as sender:
            sender.must("HELO localhost", "250")
            self.assertEqual(sender.deliver(b"x\r\n", self.users[0]),
                             "250 Requested mail action ok, completed")
