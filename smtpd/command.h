// MAIL's and RCPT's arguments: RFC 5321 §4.1.1.2 and §4.1.1.3, and the parameters that EHLO offers.
// Pure. A parser returns the command, or the reply that refuses it.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "smtpd/address.h"
#include "smtpd/limits.h"
#include "smtpd/reply.h"

namespace smtp {

struct MailCommand {
  Path from;
  uint64_t octets = 0;  // as SIZE= declares; 0: it does not
};

struct RcptCommand {
  Path to;
};

// `argument`: what follows `MAIL ` or `RCPT `. Without EHLO any parameter is one too many (501);
// after it one that was not offered is 555. SIZE past the limit is refused here (RFC 1870 §6.1).
// AUTH= is taken where AUTH is offered, and ignored: there is nobody to pass it on to (RFC 4954
// §5).
std::expected<MailCommand, Reply> parse_mail(std::string_view argument, Greeting greeting,
                                             const Limits& limits, bool offers_auth);
std::expected<RcptCommand, Reply> parse_rcpt(std::string_view argument, Greeting greeting);

// HELO's and EHLO's argument: one token without blanks and controls, whatever it is (RFC 5321
// §4.1.4 forbids to refuse a client for its name).
bool is_client_name(std::string_view argument);

}  // namespace smtp
