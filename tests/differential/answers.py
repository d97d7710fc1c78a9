"""What a server answered, by meaning: codes, numbers, lists and messages, not words.

An answer is a short text that can be compared:

    SMTP   250 2.1.5                      the code, and the status code if there is one
           250 PIPELINING, SIZE 1000      EHLO's: what is offered, in no order
    POP3   +OK or -ERR [AUTH]             with the response code, if there is one
           +OK 2 55                       STAT's, LIST n's and UIDL n's numbers; a UIDL is "uid"
           +OK: 1 23, 2 32                LIST's and UIDL's lines
           +OK: TOP, UIDL                 CAPA's, in no order; and AUTH's, where it lists mechanisms
           +OK: Subject: one\\n\\nfirst\\n  RETR's and TOP's message
    both   334 VXNlcm5hbWU6, + VXNl…      AUTH's challenge
           221, ends                      behind a farewell: the server closed the connection
           ends                           it closed without a word
           silence                        nothing came for SILENCE_S
           … and then: ...                more than one answer
"""
import re

SILENCE_S = 30
ENDS, SILENCE = "ends", "silence"
FAREWELLS = ("221", "421", "521")   # RFC 5321 §3.8, RFC 7504 §4

# The words that follow these names of CAPA are the server's own.
OWN_WORDS = {"IMPLEMENTATION"}
MECHANISMS = {"AUTH", "SASL"}   # what follows these has no order
MESSAGES, LISTS = {b"RETR", b"TOP"}, {b"LIST", b"UIDL"}
SMTP_LINE = re.compile(rb"(\d{3})([ -]?)(?:([245]\.\d{1,3}\.\d{1,3}) )?(.*)\r\n", re.DOTALL)


def shown(octets):
    """Octets as transcripts write them, on one line: runs as {x*70}."""
    text = "".join(chr(octet) if 31 < octet < 127 and octet != 92 else
                   {9: "\\t", 10: "\\n", 13: "\\r", 92: "\\\\"}.get(octet, f"\\x{octet:02x}") for octet in octets)
    return re.sub(r"([^\\])\1{15,}", lambda run: f"{{{run[1]}*{len(run[0])}}}", text)


def one_line(connection):
    """The next line, or one of ENDS and SILENCE."""
    try:
        return connection.line() or ENDS
    except TimeoutError:
        return SILENCE
    except ConnectionError:
        return ENDS


def offer(line):
    """A line of EHLO's answer or CAPA's; by its name alone where what follows are the server's own words."""
    name, *words = line.split(" ")
    if name in MECHANISMS:
        words.sort()
    return name if name in OWN_WORDS else " ".join([name, *words])


def with_the_end(connection, answer):
    """A farewell, and whether the connection is closed behind it."""
    line = one_line(connection)
    return f"{answer}, {line}" if line in (ENDS, SILENCE) else f"{answer}, and then: {shown(line)}"


def is_over(answer):
    """Whether the server has closed, or hangs."""
    return answer.endswith((ENDS, SILENCE))


class Smtp:
    """Reads the answers of an SMTP server."""

    @staticmethod
    def read(connection, command):
        answer = Smtp.read_reply(connection, command)
        return with_the_end(connection, answer) if answer[:3] in FAREWELLS else answer

    @staticmethod
    def read_reply(connection, command):
        lines = []
        while True:
            line = one_line(connection)
            if isinstance(line, str):
                return line
            parts = SMTP_LINE.fullmatch(line)
            if not parts:
                return f"malformed: {shown(line)}"
            lines.append((parts[1].decode(), (parts[3] or b"").decode(), parts[4].decode("latin-1")))
            if parts[2] != b"-":
                break
        if len({(code, status) for code, status, _ in lines}) > 1:
            return f"malformed: {lines}"
        answer = " ".join(filter(None, lines[0][:2]))
        if command[:4].upper() == b"EHLO" and answer == "250":
            return f"{answer} {', '.join(sorted(offer(text) for _, _, text in lines[1:]))}"
        if answer == "334":
            return f"{answer} {lines[0][2]}".rstrip()
        return f"{answer}, {len(lines)} lines" if len(lines) > 1 else answer

    @staticmethod
    def accepted(answer):
        return answer[0] in "23"

    @staticmethod
    def asks_more(answer):
        """Whether it is AUTH's challenge."""
        return answer[:3] == "334"


class Pop3:
    """Reads the answers of a POP3 server."""

    @staticmethod
    def read(connection, command):
        answer = Pop3.read_reply(connection, command)
        # A session may end at any refusal; that shows at the next command.
        return with_the_end(connection, answer) if answer == "+OK" and command[:4].upper() == b"QUIT" else answer

    @staticmethod
    def read_reply(connection, command):
        line = one_line(connection)
        if isinstance(line, str):
            return line
        if line.startswith(b"+ ") and line.endswith(b"\r\n"):
            return shown(line).removesuffix("\\r\\n").rstrip()
        status = re.fullmatch(rb"(\+OK|-ERR)(?: (\[[A-Z/-]+\]))?(?: ?(.*))?\r\n", line, re.DOTALL)
        if not status:
            return f"malformed: {shown(line)}"
        answer = b" ".join(filter(None, status.groups()[:2])).decode()
        verb, *arguments = command.upper().split() or [b""]
        if answer != "+OK":
            return answer
        if verb == b"STAT" or verb in LISTS and arguments:
            return f"{answer} {Pop3.listed(verb, status[3])}"
        if verb in MESSAGES | LISTS | {b"CAPA"} or verb == b"AUTH" and not arguments:
            return Pop3.read_lines(connection, verb)
        return answer

    @staticmethod
    def read_lines(connection, verb):
        lines = []
        while (line := one_line(connection)) != b".\r\n":
            if isinstance(line, str) or not line.endswith(b"\r\n"):
                return f"malformed: {shown(b''.join(lines))} and then {line!r}"
            lines.append(line[:-2])
        # Dot-stuffing is undone; a line that begins with one dot is wrong, and shows as <.>
        lines = [line[1:] if line.startswith(b"..") else line.replace(b".", b"<.>", 1) if line.startswith(b".")
                 else line for line in lines]
        if verb in MESSAGES:
            return "+OK: " + shown(b"".join(line + b"\n" for line in lines))
        if verb in LISTS:
            return "+OK: " + ", ".join(Pop3.listed(verb, line) for line in lines)
        return "+OK: " + ", ".join(sorted(offer(line.decode("latin-1")) for line in lines))

    @staticmethod
    def listed(verb, line):
        """A line of a listing. What follows STAT's and LIST's numbers is words (RFC 1939 §5)."""
        words = line.decode("latin-1").split(" ")
        if verb == b"UIDL":
            return f"{words[0]} uid" if len(words) == 2 and re.fullmatch(r"[!-~]{1,70}", words[1]) else shown(line)
        return " ".join(words[:2])

    @staticmethod
    def accepted(answer):
        return answer.startswith("+")

    @staticmethod
    def asks_more(answer):
        """Whether it is AUTH's challenge."""
        return answer == "+" or answer.startswith("+ ")
