"""Reads a transcript; tests/transcripts/README.md says what it is. Whatever is not of that form is an error."""
import dataclasses
import re

from servers import SAMPLE_USERS

VALUED = {"max-message-size", "max-recipients", "max-errors", "max-commands", "bare-newlines", "postmaster", "quota",
          "message-expiry"}   # the servers' options
FLAGS = {"require-login", "any-sender", "hide-users", "allow-plaintext-logins"}
OTHERS = {"eol": ("lf", "crlf"), "tls": ("offered", "started"), "peer": ("elsewhere",)}
OPTIONS = VALUED | FLAGS | OTHERS.keys() | {"session-only"}
NEED_THE_SESSION = "TDF"   # these letters have no meaning over sockets
RUN = re.compile(r"\{(.)\*(\d+)\}")
ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.|$)", re.DOTALL)
SINGLE = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}
UID = r"[!-~]{1,70}"
ID = r"[0-9a-f]{1,16}"


class FormError(Exception):
    pass


@dataclasses.dataclass
class Step:
    letter: str     # C, B, E, H, S or X
    octets: bytes   # C: with its line end
    pattern: re.Pattern | None
    line: int


@dataclasses.dataclass
class Transcript:
    name: str
    options: dict = dataclasses.field(default_factory=dict)
    users: str = ""
    given: list = dataclasses.field(default_factory=list)    # (mailbox, message)
    steps: list = dataclasses.field(default_factory=list)
    stored: list = dataclasses.field(default_factory=list)   # (mailbox, message)

    def arguments(self):
        """What the server is started with."""
        words = ["--hostname", "h"]
        for name, value in self.options.items():
            if name in VALUED:
                words += [f"--{name}", value]
            elif name in FLAGS:
                words.append(f"--{name}")
        return words

    @property
    def tls(self):
        """offered, started, or None."""
        return self.options.get("tls")


def unescape(text):
    def octet(match):
        escape = match[1]
        if escape[:1] == "x" and len(escape) == 3:
            return chr(int(escape[1:], 16))
        if escape not in SINGLE:
            raise FormError(f"unknown escape \\{escape}")
        return SINGLE[escape]

    text = RUN.sub(lambda match: match[1] * int(match[2]), text)
    return ESCAPE.sub(octet, text).encode("latin-1")


def pattern_of(text, version):
    """What the server's line must match: as written, but for {uid}, {id} and {version}."""
    pattern = re.escape(unescape(text)).replace(rb"\{uid\}", UID.encode())
    pattern = pattern.replace(rb"\{id\}", ID.encode())
    return re.compile(pattern.replace(rb"\{version\}", re.escape(version.encode())) + rb"\r\n", re.DOTALL)


def mail(text):
    mailbox, _, message = text.partition(" ")
    return mailbox, unescape(message)


def take(transcript, letter, text, number, version):
    letters = [step.letter for step in transcript.steps]
    if letter in "OUG" and transcript.steps:
        raise FormError(f"{letter}: stands before all steps")
    if letter == "O":
        name, equals, value = text.partition("=")
        if not equals or name not in OPTIONS or name in transcript.options:
            raise FormError(f"no such option, or twice: {text}")
        allowed = OTHERS.get(name, ("yes",) if name in FLAGS else None)
        if allowed and value not in allowed:
            raise FormError(f"{name} is {' or '.join(allowed)}, not {value}")
        transcript.options[name] = value
    elif letter == "U":
        transcript.users += text + "\n"
    elif letter == "G":
        transcript.given.append(mail(text))
    elif letter == "M":
        transcript.stored.append(mail(text))
    elif letter in "CBEHSX" or letter in NEED_THE_SESSION and "session-only" in transcript.options:
        if "X" in letters or letter in "CBH" and "E" in letters:
            raise FormError(f"{letter}: comes too late")
        if letter == "H" and (transcript.tls != "offered" or "H" in letters):
            raise FormError("H: needs tls=offered, and comes once")
        line_end = b"\n" if transcript.options.get("eol") == "lf" else b"\r\n"
        octets = unescape(text) + (line_end if letter == "C" else b"")
        pattern = pattern_of(text, version) if letter == "S" else None
        transcript.steps.append(Step(letter, octets, pattern, number))
    else:
        raise FormError(f"the letter {letter} means nothing here")


def read(file, name, version):
    """The transcript in `file`. `version` is the server's."""
    transcript = Transcript(name)
    # Octets above 126 may stand as they are; each is one character here.
    for number, line in enumerate(file.read_bytes().decode("latin-1").split("\n"), 1):
        if line.strip() == "" or line.startswith("#"):
            continue
        try:
            letter, colon, text = line[0], line[1:2], line[2:]
            if colon != ":" or text and not text.startswith(" "):
                raise FormError("a line is a letter, a colon, a blank, and a text")
            take(transcript, letter, text[1:], number, version)
        except FormError as error:
            raise FormError(f"{file}:{number}: {error}") from None
    if not transcript.steps:
        raise FormError(f"{file}: no steps")
    if "peer" in transcript.options and "session-only" not in transcript.options:
        raise FormError(f"{file}: over sockets all clients are on this machine: peer needs session-only")
    transcript.users = transcript.users or SAMPLE_USERS
    return transcript
