// Reads a POP3 dialogue as a client would, with no code of the server's: what was sent, what is in
// the maildrop and what was answered must fit together.
#pragma once

#include "tests/fuzz/pop3_case.h"
#include "tests/fuzz/pop3_play.h"

namespace fuzz {

// RFC 1939 §3: each line is answered by one reply, which begins with +OK or -ERR; every line of a
// reply ends in CRLF and has, a message's lines excepted, at most 512 octets; a multi-line one ends
// with a dot alone. RETR's is the message, line ends as CRLF; TOP's its header and so many lines;
// STAT, LIST and UIDL say what is not marked as deleted; QUIT removes just what is.
void check_dialogue(const Pop3Case& given, const Pop3Outcome& outcome);

}  // namespace fuzz
