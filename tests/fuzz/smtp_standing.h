// What an SMTP client has come to by the replies that it got, told with no code of the server's:
// whether it has greeted, is in a transaction, has logged in, is encrypted. Each reply is checked
// against it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/smtp_case.h"
#include "tests/fuzz/smtp_play.h"

namespace fuzz {

struct SmtpReply {
  int code = 0;
  std::vector<std::string_view> lines;  // without the code and what parts it from the text
};

class SmtpStanding {
 public:
  // Both outlive this.
  SmtpStanding(const SmtpCase& given, const SmtpOutcome& outcome);

  // `line`: a command, or in a login's dialogue what answers a challenge; without its line end.
  // RFC 5321 §4.1.4 and 4.3.2: what must come before what; RFC 3207 §4: STARTTLS; RFC 4954 §4:
  // AUTH, and where it is offered and taken; --require-login, --any-sender, --hide-users.
  void answered(std::string_view line, const SmtpReply& reply);

  // A message was taken: it says where it comes from. Then, and when it was refused, its
  // transaction is over.
  void check_origin(const StoredMail& mail) const;
  void end_transaction();

  // The handshake: all is forgotten (RFC 3207 §4.2).
  void started_tls();

  // All who were let in were told so.
  bool all_logins_are_told() const { return logins_ == outcome_.logins.size(); }

 private:
  bool may_log_in() const;
  bool is_out_of_order(std::string_view verb) const;
  void answered_in_login(const SmtpReply& reply);
  void answered_greeting(std::string_view line, bool extended, const SmtpReply& reply);
  void answered_mail(std::string_view line, int code);
  void answered_starttls(bool bare, int code) const;
  void answered_auth(const SmtpReply& reply);
  bool is_own(std::string_view line) const;

  const SmtpCase& given_;
  const SmtpOutcome& outcome_;
  bool encrypted_;
  bool greeted_ = false;
  bool extended_ = false;     // by EHLO
  std::string greeting_;      // its line
  bool in_login_ = false;     // a challenge was the last reply
  std::string user_;          // who has logged in
  bool transaction_ = false;  // MAIL was taken
  std::string mail_;          // its line
  size_t recipients_ = 0;     // RCPTs that were taken
  size_t logins_ = 0;         // that were told
};

}  // namespace fuzz
