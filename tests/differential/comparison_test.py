"""That the comparison sees what it is there to see: against peers of our own making, which say what they are told."""
import contextlib
import socket
import threading
import unittest

import e2e_path  # noqa: F401  (makes the next ones findable)
import answers
import compare_with_peers
import dialogue
import differences
import explanations
import transcript_form

LF_LINES = dialogue.Discipline(b"\n", dialogue.SMTP_CRLF.data_end)


class Peer:
    """Answers each line by `answer_to(line)`, octets; None closes. Connections one after the other."""

    def __init__(self, greeting, answer_to):
        self.greeting, self.answer_to = greeting, answer_to
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        with contextlib.suppress(OSError):   # the listener is shut down
            while True:
                connection = self.listener.accept()[0]
                with connection, connection.makefile("rb") as lines, contextlib.suppress(ConnectionError):
                    connection.sendall(self.greeting)
                    for line in lines:
                        answer = self.answer_to(line.rstrip(b"\r\n"))
                        if answer is None:
                            break
                        connection.sendall(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()


def transcript(name, *lines):
    made = transcript_form.Transcript(name)
    for number, line in enumerate((*lines, "X: "), 1):
        transcript_form.take(made, line[0], line[3:], number, "")
    return made


def smtp(answer_to, *lines, reference=None, discipline=LF_LINES):
    with Peer(b"220 x\r\n", answer_to) as peer:
        return dialogue.Dialogue(transcript("smtp/made", *lines), peer.port, discipline, reference=reference).play()


def pop3(answer_to, *lines, probe=b"CAPA"):
    with Peer(b"+OK\r\n", answer_to) as peer:
        return dialogue.Dialogue(transcript("pop3/made", *lines), peer.port, dialogue.POP3, probe=probe).play()


def said(asked):
    return [one.answer for one in asked.values()]


def fixed(table, otherwise=b"250 2.0.0 ok\r\n"):
    return lambda line: table.get(line, otherwise)


class DialogueTest(unittest.TestCase):
    def test_lines_of_a_message_have_no_answer_and_its_end_has_one(self):
        def answer_to(line):
            return {b"DATA": b"354 go\r\n", b".": b"250 2.0.0 ok\r\n", b"QUIT": None}.get(line, b"")
        asked = smtp(answer_to, "C: DATA", "C: QUIET", "C: .", "C: QUIT")
        self.assertEqual(said(asked), ["220", "354", "250 2.0.0", "ends"])

    def test_two_lines_for_one_server_are_one_for_another(self):
        theirs = smtp(fixed({b"QUIT": None}), r"B: NOOP\nQUIT\r\n")
        ours = smtp(fixed({b"QUIT": None}, b""), r"B: NOOP\nQUIT\r\n", discipline=dialogue.SMTP_CRLF)
        self.assertEqual([asked.command for asked in theirs.values()], [b"", b"NOOP", b"QUIT"])
        self.assertEqual([asked.command for asked in ours.values()], [b"", b"NOOP\nQUIT"])
        self.assertEqual(set(ours) - set(theirs), set())

    def test_who_takes_what_ours_refuses_is_brought_back(self):
        lines = ("C: HELO x", "C: MAIL FROM: <a@b>", "C: MAIL FROM:<a@b>")
        ours = smtp(fixed({b"MAIL FROM: <a@b>": b"501 no\r\n", b"NOOP": None}), *lines)
        state = {"in mail": False}

        def takes_all(line):
            if line[:4] == b"HELO":
                state["in mail"] = False
            if line[:4] != b"MAIL":
                return b"250 ok\r\n" if line != b"NOOP" else None
            was, state["in mail"] = state["in mail"], True
            return b"503 again\r\n" if was else b"250 ok\r\n"
        self.assertEqual(said(smtp(takes_all, *lines, reference=ours)), ["220", "250", "250", "250", "ends"])

    def test_who_ends_where_ours_goes_on_is_asked_the_rest(self):
        lines = ("C: HELO x", "C: QUIT now", "C: NOOP")
        ours = smtp(fixed({b"QUIT now": b"501 no\r\n"}), *lines)
        theirs = smtp(fixed({b"QUIT now": None}, b"250 ok\r\n"), *lines, reference=ours)
        self.assertEqual(said(theirs), ["220", "250", "ends", "250", "stays open"])

    def test_what_answers_a_challenge_is_no_command(self):
        def answer_to(line):
            return {b"AUTH PLAIN": b"+ \r\n", b"STAT": b"+OK in\r\n", b"AUTH X": b"-ERR\r\n"}.get(
                line, b"+OK 2 55\r\n")
        asked = pop3(answer_to, "C: AUTH PLAIN", "C: STAT", "C: STAT ", probe=None)
        self.assertEqual(said(asked)[1:4], ["+", "+OK", "+OK 2 55"])
        self.assertEqual([one.in_login for one in asked.values()][1:4], [False, True, False])

    def test_who_refuses_a_challenge_that_ours_makes_is_brought_back_to_it(self):
        lines = ("C: EHLO x", "C: AUTH PLAIN", "C: AA==", "C: QUIT")
        table = {b"AUTH PLAIN": b"334 \r\n", b"AA==": b"235 2.7.0 in\r\n", b"QUIT": None}
        ours = smtp(fixed(table), *lines)
        refusals = [b"504 5.5.4 no\r\n"]

        def refuses_once(line):
            return refusals.pop() if line == b"AUTH PLAIN" and refusals else fixed(table)(line)
        self.assertEqual(said(smtp(refuses_once, *lines, reference=ours)),
                         ["220", "250 2.0.0", "504 5.5.4", "235 2.7.0", "ends"])

    def test_what_made_the_state_is_the_login_and_what_came_after_the_last_greeting(self):
        def state(*asked):
            return dialogue.what_made_the_state([dialogue.Asked(1, *one) for one in asked])
        hello, login, mail = (b"EHLO x", "250", True), (b"AUTH PLAIN AA==", "235", True), (b"MAIL FROM:<>", "250", True)
        challenge, response = (b"AUTH PLAIN", "334", True, True), (b"AA==", "235", True, False, True)
        starts_tls, handshake = (b"STARTTLS", "220", True), (dialogue.HANDSHAKE, "done", True)
        self.assertEqual(state(hello, mail, hello), [b"EHLO x"])
        self.assertEqual(state(hello, login, mail, hello), [b"EHLO x", b"AUTH PLAIN AA==", b"EHLO x"])
        self.assertEqual(state(hello, challenge, response, mail), [b"EHLO x", b"AUTH PLAIN", b"AA==", b"MAIL FROM:<>"])
        self.assertEqual(state(hello, challenge), [b"EHLO x", b"AUTH PLAIN"])
        self.assertEqual(state(hello, challenge, (b"*", "501", False, False, True)), [b"EHLO x"])
        self.assertEqual(state(hello, login, starts_tls, handshake, hello), [b"STARTTLS", b"the handshake", b"EHLO x"])

    def test_after_the_handshake_the_first_line_decides_again(self):
        made = transcript_form.Transcript("smtp/made", {"tls": "offered"})
        for number, line in enumerate(("C: STARTTLS", "H: ", r"B: NOOP\n", "X: "), 1):
            transcript_form.take(made, line[0], line[3:], number, "")
        self.assertEqual(compare_with_peers.disciplines_of(made), [dialogue.SMTP_CRLF, dialogue.SMTP_LF])

    def test_an_answer_to_nothing_is_seen(self):
        asked = smtp(fixed({b"HELO x": b"250 ok\r\n250 ok\r\n", b"QUIT": b"221 bye\r\n"}), "C: HELO x", "C: QUIT")
        self.assertEqual(said(asked)[-1], "stays open")
        asked = pop3(lambda line: b"+OK\r\nA\r\n.\r\n" + b".\r\n" * (line != b"CAPA"), "C: RETR 1")
        self.assertEqual(said(asked)[1], r"+OK: A\n, and then: .\r\n")

    def test_a_farewell_says_whether_it_closes(self):
        self.assertEqual(said(smtp(fixed({b"QUIT": b"221 bye\r\n221 bye\r\n"}), "C: QUIT")),
                         ["220", r"221, and then: 221 bye\r\n", "stays open"])


class AnswersTest(unittest.TestCase):
    def test_offers_have_no_order_and_lines_of_a_reply_one_code(self):
        for reply, answer in ((b"250-h\r\n250-B\r\n250 A\r\n", "250 A, B"), (b"250 h\r\n", "250 ")):
            self.assertEqual(said(smtp(fixed({b"EHLO x": reply}), "C: EHLO x"))[1], answer)
        self.assertTrue(said(smtp(fixed({b"EHLO x": b"250-h\r\n550 A\r\n"}), "C: EHLO x"))[1].startswith("malformed"))
        self.assertEqual(said(smtp(fixed({b"EHLO x": b"250-h\r\n250 AUTH B A\r\n"}), "C: EHLO x"))[1], "250 AUTH A B")

    def test_a_dot_that_is_not_doubled_is_seen(self):
        def with_body(body):
            return said(pop3(lambda line: b"+OK\r\n" + body * (line == b"TOP 1 0") + b".\r\n", "C: TOP 1 0"))[1]
        self.assertEqual(with_body(b"..a\r\n"), r"+OK: .a\n")
        self.assertEqual(with_body(b".a\r\n"), r"+OK: <.>a\n")
        self.assertTrue(with_body(b"a\n").startswith("malformed"))

    def test_words_are_not_compared_and_numbers_and_codes_are(self):
        def status(reply, command="STAT"):
            return said(pop3(fixed({command.encode(): reply}, b"+OK\r\n.\r\n"), f"C: {command}"))[1]
        self.assertEqual(status(b"+OK 2 55 octets\r\n"), "+OK 2 55")
        self.assertEqual(status(b"-ERR [AUTH] no\r\n"), "-ERR [AUTH]")
        self.assertEqual(status(b"+OK 1 xyz\r\n", "UIDL 1"), "+OK 1 uid")
        self.assertEqual(status(b"+OK 1 x z\r\n", "UIDL 1"), "+OK 1 x z")

    def test_runs_are_short_and_other_octets_are_written_as_in_transcripts(self):
        self.assertEqual(answers.shown(b"\r\n\t\\\xff" + b"x" * 40), r"\r\n\t\\\xff{x*40}")


class DifferencesTest(unittest.TestCase):
    @staticmethod
    def between(ours, theirs):
        def asked(replies):
            return {place: dialogue.Asked(place, command, answer, answer[0] == "2")
                    for place, (command, answer) in enumerate(replies)}
        return [(found.client, found.ours, found.theirs)
                for found in differences.of_dialogues("P", "smtp/made", asked(ours), asked(theirs))]

    def test_status_codes_count_after_ehlo_and_are_one_difference_before(self):
        helo = [(b"HELO x", "250"), (b"NOOP", "250"), (b"RSET", "250")]
        theirs = [(b"HELO x", "250"), (b"NOOP", "250 2.0.0"), (b"RSET", "501 5.5.4")]
        self.assertEqual(self.between(helo, theirs), [
            ("RSET", "250", "501"), ("replies of a session without EHLO", "no status code", "a status code")])
        ehlo = [(b"EHLO x", "250 A"), (b"NOOP", "250 2.0.0")]
        self.assertEqual(self.between(ehlo, [(b"EHLO x", "250 A"), (b"NOOP", "250 2.1.0")]),
                         [("NOOP", "250 2.0.0", "250 2.1.0")])

    def test_of_offers_only_the_different_ones_are_named(self):
        self.assertEqual(self.between([(b"EHLO x", "250 A, B")], [(b"EHLO x", "250 B, C, D")]),
                         [("EHLO x", "250 … A", "250 … C, D")])

    def test_what_is_said_where_the_other_says_nothing_is_a_difference(self):
        self.assertEqual(self.between([(b"NOOP", "250")], [(b"NOOP", "250"), (b"A", "500")]), [("A", "-", "500")])

    def test_mailboxes_are_compared_message_by_message_and_line_ends_are_alike(self):
        def between(ours, theirs):
            return [(found.client, found.ours, found.theirs)
                    for found in differences.of_mailboxes("P", "smtp/made", {"j": ours}, {"j": theirs})]
        self.assertEqual(between([b"a\r\n"], [b"a\n"]), [])
        self.assertEqual(between([b"a\n", b"b\n"], [b"a\n"]), [("message 1 of j", r"b\n", "no message")])
        self.assertEqual(between([b"a\rb"], [b"a b"]), [("message 0 of j", r"a\rb", "a b")])
        long = b"".join(b"%d\n" % number for number in range(500))
        self.assertEqual(between([b"a" + long], [b"b" + long]), [("message 0 of j", "a…", "b…")])

    def test_status_codes_are_unasked_again_after_the_handshake(self):
        hello, starts_tls, handshake = (b"EHLO x", "250 A"), (b"STARTTLS", "220 2.0.0"), (dialogue.HANDSHAKE, "done")
        self.assertEqual(self.between([hello, starts_tls, handshake, (b"NOOP", "250")],
                                      [hello, starts_tls, handshake, (b"NOOP", "250 2.0.0")]),
                         [("replies of a session without EHLO", "no status code", "a status code")])


class ExplanationsTest(unittest.TestCase):
    CASE = explanations.Case(("smtp/a", "smtp/b*"), ("RSET x", "re:NOOP [ab]"), "501", "250")
    ALONE = explanations.Explanation("P", "policy", "", "", (CASE,))

    def covers(self, peer="P", name="smtp/a", client="RSET x", ours="501", theirs="250"):
        return self.ALONE.covers(differences.Difference(peer, name, 3, client, ours, theirs))

    def test_a_case_covers_what_it_names(self):
        self.assertTrue(self.covers())
        self.assertTrue(self.covers(name="smtp/bb", client="NOOP b"))

    def test_another_peer_place_command_or_answer_is_not_covered(self):
        self.assertFalse(self.covers(peer="Q"))
        self.assertFalse(self.covers(name="smtp/aa"))
        self.assertFalse(self.covers(client="RSET xx"))
        self.assertFalse(self.covers(client="NOOP ab"))
        self.assertFalse(self.covers(ours="500"))
        self.assertFalse(self.covers(theirs="250 2.0.0"))

    def test_an_explanation_without_its_difference_is_found(self):
        found = [differences.Difference("P", "smtp/a", 3, "RSET x", "501", "250")]
        idle = [text.split(" (")[0] for text in explanations.without_difference([self.ALONE], found)]
        self.assertEqual(idle, ["smtp/b*", "re:NOOP [ab]"])

    def test_no_answer_has_two_explanations(self):
        seen = {}
        for explanation in explanations.read():
            for case in explanation.cases:
                for name in case.names:
                    for client in case.clients:
                        key = (explanation.peer, name, client, case.ours, case.theirs)
                        self.assertNotIn(key, seen, f"{explanation.what}; {seen.get(key)}")
                        seen[key] = explanation.what


if __name__ == "__main__":
    unittest.main()
