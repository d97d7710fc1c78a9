"""What the RFCs ask of every reply, asked of every reply in the transcripts: those are what the servers say."""
import dataclasses
import pathlib
import re
import unittest

TRANSCRIPTS = pathlib.Path(__file__).resolve().parents[1] / "transcripts"

# RFC 5321 §4.3.2; RFC 4954 §4 and §6 (AUTH, what answers a challenge, and 530 to who has to log in first);
# RFC 3207 §4 (STARTTLS; 502 where it is not to be had). Besides these, any command may have one of ANY.
LISTED = {
    "connect": {220, 554},
    "EHLO": {250, 504, 550, 502}, "HELO": {250, 504, 550, 502},
    "MAIL": {250, 552, 451, 452, 550, 553, 503, 455, 555, 530},
    "RCPT": {250, 251, 550, 551, 552, 553, 450, 451, 452, 503, 455, 555},
    "DATA": {354, 503, 554}, "data": {250, 552, 554, 451, 452, 450, 550},
    "RSET": {250}, "VRFY": {250, 251, 252, 550, 551, 553, 502, 504}, "EXPN": {250, 252, 550, 500, 502, 504},
    "HELP": {211, 214, 502, 504}, "NOOP": {250}, "QUIT": {221},
    "AUTH": {235, 334, 454, 503, 504, 535, 538}, "response": {235, 334, 454, 535}, "STARTTLS": {220, 454, 502, 503},
}
ANY = {500, 501, 421}
REQUIRED = {"EHLO", "HELO", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "QUIT", "VRFY"}   # RFC 5321 §4.5.1
REGISTERED_EXTENSIONS = {"PIPELINING", "SIZE", "8BITMIME", "ENHANCEDSTATUSCODES", "STARTTLS", "AUTH"}   # of IANA's
MECHANISMS = {"PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"}   # of IANA's
LONGEST_LINE = 12288   # RFC 4954 §4
BASE64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
# RFC 3463, RFC 4954 §6 and RFC 5248, as far as they are sent.
STATUS_CODES = {"2.0.0", "2.1.0", "2.1.5", "4.2.2", "4.3.0", "4.3.1", "4.3.2", "4.4.2", "4.5.3", "4.7.0", "5.1.1", "5.1.3",
                "5.1.7", "5.3.4", "5.5.1", "5.5.2", "5.5.4", "5.6.0",
                "2.7.0", "5.5.6", "5.7.0", "5.7.1", "5.7.8", "5.7.11"}
POP3_CODES = {"IN-USE", "LOGIN-DELAY", "AUTH", "SYS/TEMP", "SYS/PERM"}                # RFC 2449 §8.1, RFC 3206


NO_COMMANDS = ("connect", "data", "response")


@dataclasses.dataclass
class Exchange:
    where: str       # transcript and line
    # The client's line; "connect" at first; "data" for a message; "response" for what answers a challenge; "" where
    # it is several in one write.
    asked: str
    lines: list      # the reply's, or the replies'
    is_fresh: bool   # the server knows nothing of this client: it has connected, or done the handshake

    @property
    def verb(self):
        return self.asked.split(" ")[0].upper() if self.asked not in NO_COMMANDS else self.asked


def expanded(text):
    return re.sub(r"\{(.)\*(\d+)\}", lambda run: run[1] * int(run[2]), text)


def exchanges(server):
    """All of a server's, in order; each transcript begins with a connect."""
    found = []
    for file in sorted((TRANSCRIPTS / server).glob("*.txt")):
        asked, in_data, challenged, is_fresh, last = "connect", False, False, True, ""
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            letter, text = line[:1], expanded(line[3:])
            if letter == "S":
                if last == "S":
                    found[-1].lines.append(text)
                else:
                    found.append(Exchange(f"{server}/{file.stem}:{number}", "data" if in_data else asked, [text], is_fresh))
                    is_fresh = False
                in_data, challenged = text.startswith("354 "), text.startswith(("334 ", "+ "))
            elif letter == "C":
                asked = "response" if challenged else text
            elif letter in "BTDH" and letter:
                asked = ""
            if letter == "H":
                is_fresh = True
            if letter in "CBSTDH" and letter:
                last = letter
    return found


def replies_of(exchange):
    """Its lines, reply by reply: all but a reply's last line have a hyphen."""
    replies = [[]]
    for line in exchange.lines:
        replies[-1].append(line)
        if line[3:4] != "-":
            replies.append([])
    assert replies.pop() == [], exchange.where
    return replies


class SmtpRepliesTest(unittest.TestCase):
    def setUp(self):
        self.exchanges = exchanges("smtp")
        self.assertGreater(len(self.exchanges), 500)

    # Covers: 5321-4.2-2, 5321-4.2-7, 5321-4.2-13, 5321-4.2.1-5, 5321-4.3.2-3
    def test_every_reply_has_the_form_of_the_grammar(self):
        for exchange in self.exchanges:
            for reply in replies_of(exchange):
                with self.subTest(where=exchange.where):
                    self.assertEqual(len({line[:3] for line in reply}), 1)
                    for line in reply:
                        self.assertRegex(line, rf"^334 {BASE64}$" if line[:3] == "334" else
                                         r"^[2-5][0-5][0-9][- ][\t -~]+$")
                        self.assertLessEqual(len(line) + 2, 512)

    # Covers: 5321-4.2-4, 5321-4.3.1-4, 5321-4.3.1-6
    def test_every_command_has_a_reply_that_the_rfc_lists_for_it(self):
        seen = set()
        for exchange in self.exchanges:
            if exchange.asked == "" or len(replies_of(exchange)) != 1:
                continue   # several commands, or a session's end behind the reply
            code = int(exchange.lines[0][:3])
            with self.subTest(where=exchange.where):
                self.assertIn(code, ANY | LISTED.get(exchange.verb, {500, 502}))
            seen.add(exchange.verb)
        self.assertLessEqual(set(LISTED), seen)

    # Covers: 2034-3-2, 2034-4-1, 2034-4-2, 3463-2-1, 3463-2-2, 3463-2-4, 5321-4.3.2-4
    def test_status_codes_agree_with_their_replies(self):
        seen, is_extended = set(), False
        for exchange in self.exchanges:
            if exchange.is_fresh:
                is_extended = False
            for reply in replies_of(exchange):
                code = re.match(r"(\d+)\.(\d+)\.(\d+) \S", reply[-1][4:])
                with self.subTest(where=exchange.where):
                    if exchange.verb in ("HELO", "EHLO") or reply[0][0] == "3" or not is_extended and reply[0] != "250-h":
                        self.assertIsNone(code)
                    elif reply[0] not in ("250-h", "250 h"):
                        self.assertIsNotNone(code)
                        self.assertEqual(code[1], reply[0][0])
                        self.assertIn(code[0][:-2], STATUS_CODES)
                        seen.add(code[0][:-2])
                is_extended = reply[0] == "250-h" or is_extended and reply[0] != "250 h"
        self.assertEqual(seen, STATUS_CODES)

    # Covers: 5321-2.2.2-2, 5321-2.2.2-3, 5321-4.1.1.1-9, 5321-4.2.4-3
    def test_ehlo_offers_registered_extensions_and_no_verb_that_is_refused(self):
        offered, offered_ever, taken = set(), set(), set()
        for exchange in self.exchanges:
            first = exchange.lines[0]
            if exchange.is_fresh:
                offered = set()
            if first == "250-h":
                offered = {line[4:].split(" ")[0] for line in replies_of(exchange)[0][1:]}
                offered_ever |= offered
            if exchange.asked in ("", *NO_COMMANDS) or first[:3] == "421" or len(exchange.asked) + 2 > LONGEST_LINE:
                continue
            if first[:3] not in ("500", "502"):
                taken.add(exchange.verb)
            else:
                with self.subTest(where=exchange.where):
                    self.assertNotIn(exchange.verb, offered)
        self.assertEqual(offered_ever, REGISTERED_EXTENSIONS)
        self.assertEqual(taken, REQUIRED | {"STARTTLS", "AUTH"})

    def test_the_mechanisms_offered_are_registered(self):
        offered = set()
        for exchange in self.exchanges:
            offered.update(*(line[9:].split(" ") for line in exchange.lines if line[4:].startswith("AUTH ")))
        self.assertEqual(offered, MECHANISMS)


class Pop3RepliesTest(unittest.TestCase):
    def setUp(self):
        # A command at a time: of a reply's lines only the first is a status line then.
        self.exchanges = [exchange for exchange in exchanges("pop3") if exchange.asked != ""]
        self.assertGreater(len(self.exchanges), 300)

    # Covers: 1939-3-8, 1939-3-9, 1939-4-1, 2449-3-1, 2449-4-3
    def test_every_reply_begins_with_ok_or_err_and_is_short(self):
        for exchange in self.exchanges:
            with self.subTest(where=exchange.where):
                if exchange.verb in ("AUTH", "response") and exchange.lines[0].startswith("+ "):   # RFC 5034 §4
                    self.assertRegex(exchange.lines[0], rf"^\+ {BASE64}$")
                else:
                    self.assertRegex(exchange.lines[0], r"^(\+OK|-ERR)( [ -~]+)?$")
                self.assertLessEqual(len(exchange.lines[0]) + 2, 512)
                if exchange.asked == "connect":
                    self.assertRegex(exchange.lines[0], r"^\+OK [^<>]+$")

    # Covers: 2449-3-1, 2449-6.4-1
    def test_brackets_at_the_front_are_codes_that_are_registered(self):
        seen = set()
        for exchange in self.exchanges:
            bracket = re.match(r"(?:\+OK|-ERR) \[(.*?)(\]|$)", exchange.lines[0])
            if bracket:
                with self.subTest(where=exchange.where):
                    self.assertIn((bracket[1], bracket[2]), {(code, "]") for code in POP3_CODES})
                seen.add(bracket[1])
        self.assertEqual(seen, {"IN-USE", "AUTH", "SYS/TEMP"})

    def test_the_mechanisms_offered_are_registered(self):
        offered = set()
        for exchange in self.exchanges:
            offered.update(*(line[5:].split(" ") for line in exchange.lines if line.startswith("SASL ")))
        self.assertEqual(offered, MECHANISMS)


if __name__ == "__main__":
    unittest.main()
