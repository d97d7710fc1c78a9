"""Plays a transcript's client against a server, whatever that answers, and notes the answers.

A transcript knows how many replies come, and when; a peer may say more, or less. So the reader follows
the dialogue by itself: every line that is a command for this server has an answer, and is waited for,
and so has every line of a login; the lines of a message have none, but its last. What ends a line, and
what a message, is the server's rule: a Discipline. A wrong one does not go unseen: it shows as `silence`,
or as `one more`.

An answer is noted under the place in the client's octets where its command ended. So what two servers
said can be laid side by side even where one of them saw two lines and the other one.
"""
import contextlib
import dataclasses
import re

import answers
import wire

# What changes how later commands are answered.
STATEFUL = re.compile(rb"(HELO|EHLO|MAIL|RCPT|DATA|RSET|PASS|DELE|AUTH|STARTTLS|STLS)\b", re.IGNORECASE)
HANDSHAKE = b"the handshake"   # stands for a command
GREETING, END = -1, 1 << 60   # places before and behind all commands


@dataclasses.dataclass
class Discipline:
    """What ends a command, and what the data. `data_end` is looked for in "\\r\\n" and the message."""
    line_end: bytes
    data_end: re.Pattern | None   # None: POP3


POP3 = Discipline(b"\n", None)
SMTP_CRLF = Discipline(b"\r\n", re.compile(rb"\r\n\.\r\n"))
SMTP_LF = Discipline(b"\n", re.compile(rb"\n\.\r?\n"))


@dataclasses.dataclass
class Asked:
    """A command as the server saw it."""
    line: int        # of the transcript; 0: the greeting or the end
    command: bytes   # without its line end
    answer: str
    accepted: bool = False   # and the session goes on
    asks_more: bool = False  # a login's challenge
    in_login: bool = False   # what was asked answers a challenge


class Dialogue:
    """One play. `said` holds place → Asked afterwards."""

    def __init__(self, transcript, port, discipline, over_tls=None, reference=None, probe=None):
        """`over_tls`: the discipline after the transcript's handshake. `reference`: what our server said; a
        peer is then kept in the state that ours is in. `probe`: a command
        that changes nothing, sent after refusals and messages: see probe_it()."""
        self.transcript = transcript
        self.reader = answers.Smtp if transcript.name.startswith("smtp/") else answers.Pop3
        self.port = port
        self.discipline, self.over_tls = discipline, over_tls
        self.reference = reference
        self.probe = probe
        self.said = {}
        self.sent = b""       # all of it
        self.done = 0         # so much of it has been seen as commands and messages
        self.in_data = False
        self.in_login = False
        self.over = False
        self.connection = None

    def play(self):
        self.connect()
        try:
            self.note(GREETING, 0, b"")
            for step in self.transcript.steps:
                if step.letter in "CB" and not self.over:
                    self.send(step)
                elif step.letter == "H" and not self.over:
                    self.connection.start_tls()
                    self.discipline = self.over_tls
                    # Half a place behind the command that asked for it.
                    self.said[len(self.sent) + 0.5] = Asked(step.line, HANDSHAKE, "done", True)
                elif step.letter == "E":
                    with contextlib.suppress(OSError):
                        self.connection.half_close()
            self.note_the_end({step.letter for step in self.transcript.steps})
        finally:
            self.connection.close()
        return self.said

    def connect(self):
        self.connection = wire.Wire(self.port)
        self.connection.socket.settimeout(answers.SILENCE_S)
        if self.transcript.tls == "started":
            self.connection.start_tls()

    def send(self, step):
        with contextlib.suppress(ConnectionError):   # what it said before it closed is still read
            self.connection.send(step.octets)
        self.sent += step.octets
        asked_before = len(self.said)
        self.read_answers(step.line)
        new = list(self.said.items())[asked_before:]
        if self.probe and not self.over and new:
            self.probe_it(new[-1][1])
        if self.reference is not None and self.ours_goes_on() and (
                self.over or any(self.strayed(*asked) for asked in new)):
            self.start_again()

    def read_answers(self, line):
        """Waits for what the server owes by now."""
        while not self.over:
            ended = self.end_of_data() if self.in_data else self.end_of_command()
            if ended is None:
                return
            command = b"." if self.in_data else self.sent[self.done:ended].removesuffix(b"\n").removesuffix(b"\r")
            self.done = ended
            answer = self.note(ended, line, command)
            self.in_data = not self.in_data and self.discipline.data_end is not None and answer[:3] == "354"

    def end_of_command(self):
        end = self.sent.find(self.discipline.line_end, self.done)
        return None if end < 0 else end + len(self.discipline.line_end)

    def end_of_data(self):
        found = self.discipline.data_end.search(b"\r\n" + self.sent[self.done:])
        return found and self.done + found.end() - 2

    def note(self, place, line, command):
        # What answers a challenge is no command, whatever it looks like.
        answer = self.reader.read(self.connection, b"" if self.in_login else command)
        self.over = answers.is_over(answer)
        asks_more = self.reader.asks_more(answer)
        self.said[place] = Asked(
            line, command, answer, not self.over and self.reader.accepted(answer), asks_more, self.in_login)
        self.in_login = asks_more
        return answer

    def note_the_end(self, letters):
        """Whether it closes by itself where the transcript says so, and what it still says."""
        if self.over:
            return
        closes = True
        if "X" in letters and "E" not in letters and not self.in_data:
            # Who answers once more has not closed.
            with contextlib.suppress(ConnectionError):
                self.connection.send(b"NOOP\r\n")
            closes = self.reader.read(self.connection, b"NOOP") == answers.ENDS
        with contextlib.suppress(OSError):
            self.connection.half_close()
        rest = self.reader.read(self.connection, b"")
        if rest != answers.ENDS:
            rest = f"and then: {rest}"
        self.said[END] = Asked(0, b"", rest if closes else "stays open")

    # ---- Keeping a peer where our server is ----

    def strayed(self, place, asked):
        """It took a command that makes state and that ours refused, or refused one that ours took."""
        if place not in self.reference:
            return False
        ours = self.reference[place]
        return bool(STATEFUL.match(asked.command) or ours.in_login or asked.in_login) and (
            (ours.accepted, ours.asks_more) != (asked.accepted, asked.asks_more))

    def ours_goes_on(self):
        return any(len(self.sent) < place < END for place in self.reference) and not any(
            answers.is_over(asked.answer) for place, asked in self.reference.items() if place <= len(self.sent))

    def start_again(self):
        """A new connection, on which those commands are repeated that made the state that ours is in."""
        self.connection.close()
        self.connect()
        self.over, self.in_data, self.in_login, self.done = False, False, False, len(self.sent)
        self.reader.read(self.connection, b"")
        before = [asked for place, asked in self.reference.items() if place <= len(self.sent)]
        for command in what_made_the_state(before):
            if not self.over:
                self.aside(command)

    def aside(self, command):
        """Something that the transcript does not have. Its answer is not noted."""
        if command == HANDSHAKE:
            self.connection.start_tls()
            return
        with contextlib.suppress(ConnectionError):
            self.connection.send(command + b"\r\n")
        answer = self.reader.read(self.connection, b"" if self.in_login else command)
        self.in_login = self.reader.asks_more(answer)
        if answers.is_over(answer):
            self.over = True
            self.said.setdefault(END, Asked(0, b"", answer))

    def probe_it(self, asked):
        """Asks the probe after a refusal, because a server may end a session after some in a row; and after a
        message, because only so what it says too much is seen."""
        is_message = not asked.in_login and asked.command[:4].upper() in answers.MESSAGES
        if asked.accepted and not is_message:
            return
        with contextlib.suppress(ConnectionError):
            self.connection.send(self.probe + b"\r\n")
        more = []
        while not (line := answers.one_line(self.connection))[:3] == b"+OK" and not isinstance(line, str):
            more.append(line)
        extra = [f"and then: {answers.shown(b''.join(more))}"] if more else []
        if isinstance(line, str):   # it had closed
            self.over, asked.accepted = True, False
            extra.append(line)
        else:
            self.reader.read_lines(self.connection, self.probe)
        asked.answer = ", ".join([asked.answer, *extra])


def what_made_the_state(asked_before):
    """Of what a server was asked, the lines that brought it where it is."""
    made, login, name = [], [], b""
    kept = 0   # so many lines of `made` count on when it is greeted again: a handshake's, a login's
    for asked in asked_before:
        verb = asked.command[:4].upper()
        if asked.in_login or verb == b"AUTH":
            login = [*login, asked.command] if asked.accepted else []
            if login and not asked.asks_more:
                made, login = made + login, []
                kept = len(made)
            continue
        if not asked.accepted:
            continue
        if verb in (b"HELO", b"EHLO"):
            made = made[:kept]
        if verb in (b"STAR", b"STLS"):
            made = [asked.command]
        elif asked.command == HANDSHAKE:
            made.append(asked.command)
            kept = len(made)
        elif verb in (b"RSET", b"DATA"):
            made = [command for command in made if command[:4].upper() not in (b"MAIL", b"RCPT", b"DELE")]
        elif verb == b"PASS":
            made += [name, asked.command]   # every blank of it counts
        elif verb == b"USER":
            name = asked.command.rstrip()
        elif STATEFUL.match(asked.command):
            made.append(asked.command)
    return made + login
