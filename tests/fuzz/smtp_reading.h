// Reads a dialogue as a client would, with no code of the server's: what was sent and what was
// answered must fit together.
#pragma once

#include <string>
#include <string_view>

#include "tests/fuzz/smtp_case.h"
#include "tests/fuzz/smtp_play.h"

namespace fuzz {

// RFC 5321 §4.2 and §4.5.3.1.5: every line is three digits, a blank or hyphen, and printable ASCII,
// ends in CRLF, and has at most 512 octets. RFC 2920 §3.2 and the line ending rule: one reply for
// each command and each message, no more; what is stored is just what stood between DATA and the
// final dot, dot-stuffing undone; a refusal names what is wrong with the message.
void check_dialogue(const SmtpCase& given, const SmtpOutcome& outcome);

// The replies with the refusals of messages made one: when an append fails, it depends on the split
// which of two reasons the session knows first.
std::string without_reasons(std::string_view replies);

}  // namespace fuzz
