#include "tests/fuzz/smtp_standing.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "tests/fuzz/check.h"

namespace fuzz {
namespace {

std::string in_upper_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::string_view without_blanks_behind(std::string_view text) {
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

bool is_one_of(int code, std::initializer_list<int> codes) {
  return std::ranges::count(codes, code) > 0;
}

// Whether EHLO's answer has a line that begins with this word.
bool offers(const SmtpReply& reply, std::string_view word) {
  return std::ranges::any_of(
      reply.lines, [&](std::string_view line) { return line.substr(0, line.find(' ')) == word; });
}

bool offers_mechanism(const SmtpReply& reply, std::string_view mechanism) {
  return std::ranges::any_of(reply.lines, [&](std::string_view line) {
    return line.starts_with("AUTH ") &&
           (std::string(line) + ' ').contains(' ' + std::string(mechanism) + ' ');
  });
}

}  // namespace

SmtpStanding::SmtpStanding(const SmtpCase& given, const SmtpOutcome& outcome)
    : given_(given), outcome_(outcome), encrypted_(given.channel.encrypted) {}

// With TLS to be had, no password of another machine's comes in the clear.
bool SmtpStanding::may_log_in() const {
  const auto& policy = given_.settings.logins;
  if (!policy.tls || encrypted_) return true;
  return given_.channel.loopback || policy.plaintext_logins;
}

void SmtpStanding::answered(std::string_view line, const SmtpReply& reply) {
  if (in_login_) return answered_in_login(reply);
  line = without_blanks_behind(line);
  const std::string verb = in_upper_case(line.substr(0, line.find(' ')));
  if (reply.code == 503) FUZZ_CHECK(is_out_of_order(verb));
  if (verb == "HELO" || verb == "EHLO") return answered_greeting(line, verb == "EHLO", reply);
  if (verb == "MAIL") return answered_mail(line, reply.code);
  if (verb == "STARTTLS") return answered_starttls(line.size() == verb.size(), reply.code);
  if (verb == "AUTH") return answered_auth(reply);
  if (verb == "RCPT" && reply.code == 250) {
    FUZZ_CHECK(transaction_);
    ++recipients_;
  } else if (verb == "DATA" && reply.code == 354) {
    FUZZ_CHECK(recipients_ > 0);
  } else if (verb == "RSET" && reply.code == 250) {
    end_transaction();
  } else if (verb == "VRFY") {
    // Of nobody it is said whether he is here.
    if (given_.settings.hide_users) FUZZ_CHECK(!is_one_of(reply.code, {250, 550}));
    if (!given_.settings.hide_users) FUZZ_CHECK(reply.code != 252);
  } else if (reply.code < 400) {
    FUZZ_CHECK((verb == "NOOP" && reply.code == 250) || (verb == "QUIT" && reply.code == 221));
  }
}

// RFC 5321 §4.1.4, RFC 4954 §4.
bool SmtpStanding::is_out_of_order(std::string_view verb) const {
  if (verb == "MAIL") return !greeted_ || transaction_;
  if (verb == "RCPT") return !transaction_;
  if (verb == "DATA") return recipients_ == 0;
  if (verb == "AUTH") return !extended_ || transaction_ || !user_.empty();
  return verb == "STARTTLS" && encrypted_;
}

void SmtpStanding::answered_greeting(std::string_view line, bool extended, const SmtpReply& reply) {
  if (reply.code != 250) return;
  greeted_ = true;
  extended_ = extended;
  greeting_ = line;
  end_transaction();
  FUZZ_CHECK(extended || reply.lines.size() == 1);
  if (!extended) return;
  FUZZ_CHECK(offers(reply, "STARTTLS") == (given_.settings.logins.tls && !encrypted_));
  FUZZ_CHECK(offers(reply, "AUTH") == may_log_in());
  FUZZ_CHECK(offers_mechanism(reply, "PLAIN") == may_log_in());
  FUZZ_CHECK(offers_mechanism(reply, "SCRAM-SHA-256") == may_log_in());
  FUZZ_CHECK(offers_mechanism(reply, "SCRAM-SHA-256-PLUS") == encrypted_);
}

void SmtpStanding::answered_mail(std::string_view line, int code) {
  const auto& settings = given_.settings;
  const bool of_anybody = !settings.require_login || settings.any_sender;
  if (code == 530) FUZZ_CHECK(settings.require_login && user_.empty());
  if (code == 553) FUZZ_CHECK(!of_anybody && !user_.empty() && !is_own(line));
  if (code != 250) return;
  FUZZ_CHECK(greeted_ && !transaction_);
  if (settings.require_login) FUZZ_CHECK(!user_.empty());
  if (!of_anybody) FUZZ_CHECK(is_own(line));
  transaction_ = true;
  mail_ = line;
}

void SmtpStanding::answered_starttls(bool bare, int code) const {
  const bool offered = given_.settings.logins.tls && !encrypted_;
  if (code == 220 || (bare && offered)) FUZZ_CHECK(code == 220 && bare && offered);
  if (code == 502) FUZZ_CHECK(!given_.settings.logins.tls);
}

void SmtpStanding::answered_auth(const SmtpReply& reply) {
  if (reply.code == 538) FUZZ_CHECK(!may_log_in());
  const bool gone_into = is_one_of(reply.code, {235, 334, 454, 504, 535});
  if (gone_into) FUZZ_CHECK(may_log_in() && extended_ && !transaction_ && user_.empty());
  answered_in_login(reply);
}

void SmtpStanding::answered_in_login(const SmtpReply& reply) {
  FUZZ_CHECK(!is_one_of(reply.code, {220, 221, 250, 354}));
  in_login_ = reply.code == 334;
  if (reply.code != 235) return;
  FUZZ_CHECK(logins_ < outcome_.logins.size());
  user_ = outcome_.logins[logins_++];
}

void SmtpStanding::check_origin(const StoredMail& mail) const {
  FUZZ_CHECK(!mail.mailboxes.empty() && mail.mailboxes.size() <= recipients_);
  FUZZ_CHECK(mail_.contains(mail.reverse_path + '>'));
  FUZZ_CHECK(greeting_.ends_with(' ' + mail.client_name));
  FUZZ_CHECK(mail.extended == extended_);
  FUZZ_CHECK(mail.encrypted == encrypted_);
  FUZZ_CHECK(mail.logged_in == !user_.empty());
}

void SmtpStanding::end_transaction() {
  transaction_ = false;
  mail_.clear();
  recipients_ = 0;
}

void SmtpStanding::started_tls() {
  FUZZ_CHECK(!encrypted_);
  end_transaction();
  encrypted_ = true;
  greeted_ = false;
  extended_ = false;
  greeting_.clear();
  user_.clear();
}

// Nobody's, or the user's own, or the postmaster's where that is the user.
bool SmtpStanding::is_own(std::string_view line) const {
  const size_t begin = line.find('<');
  if (begin == std::string_view::npos) return false;
  std::string path;
  for (const char c : line.substr(begin + 1, line.find('>', begin) - begin - 1)) {
    if (c != '"' && c != '\\') path += c;
  }
  if (path.empty()) return true;
  if (path.starts_with('@')) path = path.substr(path.rfind(':') + 1);  // a source route
  path = in_upper_case(path);
  constexpr std::array<std::string_view, 3> kPostmasters{"POSTMASTER", "POSTMASTER@EXAMPLE.COM",
                                                         "POSTMASTER@B"};
  const auto& named = given_.settings.postmaster;
  const std::string postmaster = named.empty() ? "john.doe@example.com" : named;
  return path == in_upper_case(user_) ||
         (user_ == postmaster && std::ranges::count(kPostmasters, path) > 0);
}

}  // namespace fuzz
