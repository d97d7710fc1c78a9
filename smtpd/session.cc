#include "smtpd/session.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/protocol/command_table.h"
#include "common/protocol/http_verb.h"
#include "common/protocol/tls_hello.h"
#include "common/text/ascii.h"
#include "smtpd/command.h"
#include "smtpd/recipient.h"

namespace smtp {
namespace {

using protocol::Argument;
using protocol::Closed;
using protocol::Refusal;

// The facts that the command table compares.
enum Fact : unsigned {
  kGreeted = 1U << 0U,    // HELO or EHLO was accepted
  kMail = 1U << 1U,       // a transaction is open
  kRecipient = 1U << 2U,  // and has a recipient
  kExtended = 1U << 3U,   // the greeting was EHLO
  kLoggedIn = 1U << 4U,
};

Reply reply_to(Refusal refusal) {
  switch (refusal) {
    case Refusal::kUnknown:
      return unknown_command();
    case Refusal::kNotImplemented:
      return not_implemented();
    case Refusal::kBadSequence:
      return bad_sequence();
    case Refusal::kBadArgument:
      break;
  }
  return bad_argument();
}

Reply reply_to(protocol::Ending why, std::string_view host) {
  switch (why) {
    case protocol::Ending::kTimeOut:
      return closing_idle(host);
    case protocol::Ending::kTooSlow:
      return closing_too_slow(host);
    case protocol::Ending::kShutDown:
      break;
  }
  return closing_down(host);
}

// What stands between them, unless that is nothing.
std::string_view without_brackets(std::string_view address) {
  const bool has_both = address.starts_with('<') && address.ends_with('>');
  return has_both && address.size() > 2 ? address.substr(1, address.size() - 2) : address;
}

}  // namespace

// All of SMTP on one screen. A registered verb without a handler is not supported.
struct Session::CommandTable {
  using Row = protocol::CommandRow<Session>;
  static constexpr std::array<Row, 23> kRows{{
      // That these two have an argument their handlers see to: see bad_client_name().
      {"HELO", &Session::hello, 0, 0, Argument::kOptional},
      {"EHLO", &Session::extended_hello, 0, 0, Argument::kOptional},
      {"MAIL", &Session::mail, kGreeted, kMail, Argument::kRequired},
      {"RCPT", &Session::rcpt, kGreeted | kMail, 0, Argument::kRequired},
      {"DATA", &Session::data, kGreeted | kMail | kRecipient, 0, Argument::kNone},
      {"RSET", &Session::rset, 0, 0, Argument::kNone},
      {"VRFY", &Session::vrfy, 0, 0, Argument::kRequired},
      {"NOOP", &Session::noop, 0, 0, Argument::kOptional},
      {"QUIT", &Session::quit, 0, 0, Argument::kNone},
      {"STARTTLS", &Session::starttls, 0, 0, Argument::kNone},
      {"AUTH", &Session::auth, kExtended, kMail | kLoggedIn, Argument::kRequired},
      {"EXPN"},
      {"HELP"},
      {"TURN"},
      {"ETRN"},
      {"ATRN"},
      {"BDAT"},
      {"BURL"},
      {"SEND"},
      {"SOML"},
      {"SAML"},
      {"VERB"},
      {"ONEX"},
  }};
};

Session::Session(const Settings& settings, users::UserSource& users, protocol::Channel channel)
    : Dialogue(text::LineReader::Rule::kFirstLineDecides, Limits::kAuthLine),
      settings_(settings),
      users_(users),
      channel_(channel) {
  say(service_ready(settings_.host_name));
}

void Session::end(protocol::Ending why) {
  close_with(reply_to(why, settings_.host_name), Closed::kEnded);
}

Action Session::next() {
  for (;;) {
    if (turn_is_over()) return protocol::Flush{};
    if (auto action = next_of_phase()) return *std::move(action);
  }
}

std::optional<Action> Session::next_of_phase() {
  if (std::holds_alternative<Closing>(phase_)) return protocol::Close{};
  if (auto* receiving = std::get_if<Receiving>(&phase_)) return next_of(*receiving->reception);
  if (const auto* admitting = std::get_if<Admitting>(&phase_)) {
    return AdmitMessage{admitting->octets};
  }
  if (auto* login = std::get_if<LoggingIn>(&phase_)) return next_of(*login->dialogue);
  if (std::holds_alternative<StartingTls>(phase_)) return protocol::StartTls{};
  if (const auto* waiting = std::get_if<AwaitingRoom>(&phase_)) {
    return ClaimRoom{waiting->candidate->mailbox, waiting->envelope->octets};
  }
  if (const auto* releasing = std::get_if<ReleasingRoom>(&phase_)) return next_of(*releasing);
  return next_command();
}

std::optional<Action> Session::next_command() {
  if (std::holds_alternative<Fresh>(phase_) && protocol::is_tls_hello(reader_.begun())) {
    close_with(closing_no_mail_client(settings_.host_name), Closed::kNoMailClient);
  } else if (const auto line = next_line()) {
    run(*line);
  } else if (!input_ended_) {
    return protocol::Read{};
  } else {
    phase_ = Closing{Closed::kEndOfInput};
  }
  return std::nullopt;
}

// ---- Commands ----

bool Session::is_too_long(const text::Line& line, std::string_view verb) {
  size_t limit = Limits::kCommandLine;
  if (text::equal_ignoring_case(verb, "MAIL")) limit = Limits::kMailLine;
  if (text::equal_ignoring_case(verb, "AUTH")) limit = Limits::kAuthLine;
  return line.too_long || line.octets > limit;
}

void Session::run(const text::Line& line) {
  ++tally_.commands;
  if (settings_.limits.commands != 0 && ++commands_ > settings_.limits.commands) {
    return close_with(closing_too_many_commands(settings_.host_name), Closed::kTooManyCommands);
  }
  const auto command = protocol::split_command(text::without_trailing_blanks(line.text));
  if (std::holds_alternative<Fresh>(phase_)) {
    if (protocol::is_http_verb(command.verb)) {
      return close_with(closing_no_mail_client(settings_.host_name), Closed::kNoMailClient);
    }
    phase_ = Idle{};
  }
  if (is_too_long(line, command.verb)) {
    return say(malformed_line("line too long (RFC 5321 section 4.5.3.1.4)"));
  }
  // A bare CR or LF and a NUL are among them (RFC 5321 §2.3.8).
  if (std::ranges::any_of(text::without_trailing_blanks(line.text), text::is_control)) {
    return say(malformed_line("control character in the command"));
  }
  const auto* row = protocol::find_command<Session>(CommandTable::kRows, command.verb);
  if (const auto refusal = protocol::refusal(row, facts(), command.argument)) {
    return say(reply_to(*refusal));
  }
  (this->*row->handler)(command.argument);
}

unsigned Session::facts() const {
  unsigned facts = greeting_ == Greeting::kNone ? 0U : kGreeted;
  if (greeting_ == Greeting::kEhlo) facts |= kExtended;
  if (!user_.empty()) facts |= kLoggedIn;
  if (const auto* transaction = std::get_if<Transaction>(&phase_)) {
    facts |= kMail;
    if (!transaction->envelope->mailboxes.empty()) facts |= kRecipient;
  }
  return facts;
}

void Session::hello(std::string_view argument) {
  if (!is_client_name(argument)) return say(bad_client_name());
  greeting_ = Greeting::kHelo;
  client_name_ = text::without_leading_blanks(argument);
  abandon_message(Idle{});
  say(smtp::hello(settings_.host_name));
}

void Session::extended_hello(std::string_view argument) {
  if (!is_client_name(argument)) return say(bad_client_name());
  greeting_ = Greeting::kEhlo;
  client_name_ = text::without_leading_blanks(argument);
  abandon_message(Idle{});
  say(extensions(settings_.host_name, settings_.limits,
                 may_log_in() ? offered().names() : std::string(),
                 protocol::may_start_tls(channel_, settings_.logins)));
}

void Session::rset(std::string_view) {
  abandon_message(Idle{});
  say(reset());
}

void Session::vrfy(std::string_view argument) {
  if (settings_.hide_users) return say(cannot_verify());
  const std::string_view typed = text::without_leading_blanks(argument);
  const auto mailbox = parse_mailbox(typed);
  if (!mailbox || mailbox->domain.empty()) return say(no_such_user(without_brackets(typed)));
  const auto users = users_.current();
  const users::User* user = find_recipient(*users, *mailbox, settings_.postmaster);
  if (user == nullptr) return say(no_such_user(mailbox->text));
  // An address that RCPT takes (RFC 5321 §3.5.2).
  say(is_user(spell_mailbox(user->name).value_or(mailbox->text)));
}

void Session::noop(std::string_view) { say(smtp::noop()); }

void Session::quit(std::string_view) { close_with(goodbye(), Closed::kQuit); }

// ---- Replies ----

void Session::say(const Reply& reply) {
  if (reply.is_client_error() && ++errors_ > settings_.limits.errors) {
    return close_with(closing_too_many_errors(settings_.host_name), Closed::kTooManyErrors);
  }
  if (reply.code >= 400) refusals_.add(text::without_line_end(render(reply, greeting_)));
  send(reply);
}

void Session::send(const Reply& reply) { output_ += render(reply, greeting_); }

void Session::close_with(const Reply& reply, Closed why) {
  send(reply);
  phase_ = Closing{why};
}

}  // namespace smtp
