#!/usr/bin/env python3
"""The architecture test: who may include what (docs/architecture.md), read off the sources.

    check_includes.py ROOT          0 and silent, or 1 and a line for each arrow that points the wrong way
    check_includes.py --self-test   checks that the rules refuse what they must
"""
import pathlib
import re
import sys

# Headers that bring in what a pure room must not know: files, clocks, threads, sockets, logs.
WORLD = re.compile(
    r"^(asio|openssl/|spdlog/|fmt/|CLI/|sys/|netinet/|arpa/|unistd\.h|fcntl\.h|poll\.h|signal\.h|time\.h|ctime$|chrono$|"
    r"thread$|mutex$|shared_mutex$|condition_variable$|atomic$|future$|fstream$|iostream$|filesystem$|cstdio$|stdio\.h)")
ASIO = re.compile(r"^(asio|openssl/)")

PURE_COMMON = ["common/text/", "common/protocol/"]
# What a session may see of users and of the store: look-ups and values, nothing that touches a file.
FOR_SESSIONS = PURE_COMMON + ["common/users/user_db.h", "common/users/password.h", "common/store/message_list.h"]

# (files, project headers that they may include, system headers that they may not). The first row
# that fits a file counts.
RULES = [
    (r"common/text/", ["common/text/"], WORLD),
    (r"common/protocol/", PURE_COMMON, WORLD),
    (r"common/users/user_file\.", ["common/users/", "common/text/", "common/log.h"], ASIO),
    (r"common/users/guess_limit\.", ["common/users/", "common/text/"], ASIO),
    (r"common/users/keyed_hash\.cc", ["common/users/"], re.compile("asio")),   # OpenSSL's HMAC
    (r"common/users/(login|sasl_exchange)\.", ["common/users/", "common/text/", "common/protocol/action.h"], WORLD),
    (r"common/users/", ["common/users/", "common/text/"], WORLD),
    (r"common/store/message_list\.h", [], WORLD),
    (r"common/store/", ["common/store/", "common/text/", "common/log.h"], ASIO),
    (r"common/net/", ["common/"], None),
    (r"common/log\.", ["common/log.h", "common/log_field.h", "common/log_form.h", "common/text/"], ASIO),
    (r"common/log_(field|form)\.", ["common/log_field.h", "common/log_form.h", "common/text/"], WORLD),
    (r"common/(options|limit_options|command_line|config_form)\.", ["common/options.h", "common/limit_options.h", "common/command_line.h", "common/config_form.h", "common/text/", "common/version.h"], ASIO),
    (r"common/sandbox/", ["common/sandbox/"], ASIO),
    (r"common/(service|password_prompt|confinement)\.", ["common/"], ASIO),
    (r"common/version\.", [], WORLD),
    (r"smtpd/(main|driver)\.", ["common/", "smtpd/"], None),
    (r"smtpd/message_room\.", ["common/store/incoming_message.h", "smtpd/"], ASIO),
    (r"smtpd/trace\.cc", FOR_SESSIONS + ["smtpd/"], ASIO),   # <chrono> as a calendar: it reads no clock
    (r"smtpd/session", FOR_SESSIONS + ["smtpd/"], WORLD),
    (r"smtpd/", FOR_SESSIONS + ["smtpd/"], WORLD),
    (r"pop3d/(main|driver)\.", ["common/", "pop3d/"], None),
    (r"pop3d/session", FOR_SESSIONS + ["pop3d/"], WORLD),
    (r"pop3d/", FOR_SESSIONS + ["pop3d/"], WORLD),
]
# Within a server the arrows go main → driver → session → the rest.
ABOVE = re.compile(r"^(smtpd|pop3d)/(main|driver|session)\.h$")
MAY_SEE_ABOVE = {"driver": ["session", "driver"], "main": ["session", "driver", "main"], "session": ["session"]}

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)


def faults_in(path, text):
    """The wrong arrows of one file, as sentences."""
    for pattern, allowed, forbidden in RULES:
        if re.match(pattern, path):
            break
    else:
        yield f"{path}: no rule says what this file may include"
        return
    for bracket, header in INCLUDE.findall(text):
        if bracket == '"' and not any(header == a or (a.endswith("/") and header.startswith(a)) for a in allowed):
            yield f"{path}: may not include {header}"
        elif bracket == "<" and forbidden and forbidden.match(header):
            yield f"{path}: may not include <{header}>"
        elif bracket == '"' and ABOVE.match(header):
            room = pathlib.PurePath(path).stem
            seen = pathlib.PurePath(header).stem
            if seen not in MAY_SEE_ABOVE.get(room.split("_")[0], []):
                yield f"{path}: may not include {header}: it is above it"


def check(root):
    found = []
    for top in ("common", "smtpd", "pop3d"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix in (".h", ".cc"):
                found += faults_in(str(file.relative_to(root)), file.read_text())
    return found


def self_test():
    wrong = [
        ("common/text/x.h", "#include <fcntl.h>"),
        ("common/text/x.h", '#include "common/users/user_db.h"'),
        ("common/users/user_db.cc", "#include <fstream>"),
        ("common/store/x.cc", "#include <asio.hpp>"),
        ("common/net/x.cc", '#include "smtpd/session.h"'),
        ("common/sandbox/x.cc", '#include "common/log.h"'),
        ("smtpd/session.cc", "#include <chrono>"),
        ("smtpd/session.cc", '#include "common/log.h"'),
        ("smtpd/session.cc", '#include "common/store/mail_store.h"'),
        ("smtpd/session.cc", '#include "common/users/user_file.h"'),
        ("smtpd/session.cc", '#include "pop3d/session.h"'),
        ("smtpd/driver.cc", '#include "pop3d/session.h"'),
        ("smtpd/reply.cc", '#include "smtpd/session.h"'),
        ("smtpd/session.cc", '#include "smtpd/driver.h"'),
        ("pop3d/listing.h", "#include <thread>"),
        ("pop3d/driver.cc", '#include "pop3d/main.h"'),
        ("elsewhere/x.cc", ""),
    ]
    right = [
        ("smtpd/session.cc", '#include "smtpd/session.h"\n#include <string>\n#include "common/text/line_reader.h"'),
        ("smtpd/driver.cc", '#include <asio.hpp>\n#include "smtpd/session.h"\n#include "common/store/mail_store.h"'),
        ("smtpd/main.cc", '#include "smtpd/driver.h"'),
        ("common/store/x.cc", "#include <fcntl.h>"),
    ]
    bad = [f"not refused: {c}" for c in wrong if not list(faults_in(*c))]
    bad += [f"refused: {c}" for c in right if list(faults_in(*c))]
    return bad


if __name__ == "__main__":
    faults = self_test() if sys.argv[1] == "--self-test" else check(pathlib.Path(sys.argv[1]))
    print("\n".join(faults), end="\n" if faults else "")
    sys.exit(1 if faults else 0)
