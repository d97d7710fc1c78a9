#include "smtpd/session.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <span>
#include <utility>

#include "common/protocol/command_table.h"
#include "common/protocol/http_verb.h"
#include "common/text/ascii.h"
#include "smtpd/command.h"
#include "smtpd/recipient.h"

namespace smtp {
namespace {

using protocol::Argument;
using protocol::Closed;
using protocol::Refusal;
using protocol::StoreOutcome;

// The facts that the command table compares.
enum Fact : unsigned {
  kGreeted = 1U << 0U,    // HELO or EHLO was accepted
  kMail = 1U << 1U,       // a transaction is open
  kRecipient = 1U << 2U,  // and has a recipient
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

// What stands between them, unless that is nothing.
std::string_view without_brackets(std::string_view address) {
  const bool has_both = address.starts_with('<') && address.ends_with('>');
  return has_both && address.size() > 2 ? address.substr(1, address.size() - 2) : address;
}

Reply reply_to(StoreOutcome failure) {
  return failure == StoreOutcome::kFull ? store_full() : store_failed();
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
      {"EXPN"},
      {"HELP"},
      {"TURN"},
      {"ETRN"},
      {"ATRN"},
      {"AUTH"},
      {"BDAT"},
      {"BURL"},
      {"SEND"},
      {"SOML"},
      {"SAML"},
      {"STARTTLS"},
      {"VERB"},
      {"ONEX"},
  }};
};

Session::Session(const Settings& settings, users::UserSource& users)
    : settings_(settings),
      users_(users),
      reader_(text::LineReader::Rule::kFirstLineDecides, Limits::kMailLine) {
  say(service_ready(settings_.host_name));
}

void Session::receive(std::string_view bytes) { reader_.append(bytes); }

void Session::end_of_input() { input_ended_ = true; }

void Session::end(protocol::Ending why) {
  close_with(why == protocol::Ending::kTimeOut ? closing_idle(settings_.host_name)
                                               : closing_down(settings_.host_name),
             Closed::kEnded);
}

std::string Session::take_output() { return std::exchange(output_, {}); }

Action Session::next() {
  for (;;) {
    if (output_.size() >= kOutputLimit) return protocol::Flush{};
    if (std::holds_alternative<Closing>(phase_)) return protocol::Close{};
    if (auto* receiving = std::get_if<Receiving>(&phase_)) {
      if (auto action = next_of_message(*receiving)) return *std::move(action);
      continue;
    }
    const auto line = reader_.next();
    if (line) {
      run(*line);
    } else if (input_ended_) {
      phase_ = Closing{Closed::kEndOfInput};
    } else {
      return protocol::Read{};
    }
  }
}

// ---- Commands ----

void Session::run(const text::Line& line) {
  ++tally_.commands;
  const auto command = protocol::split_command(text::without_trailing_blanks(line.text));
  if (std::holds_alternative<Fresh>(phase_)) {
    if (protocol::is_http_verb(command.verb)) {
      return close_with(closing_no_mail_client(settings_.host_name), Closed::kNoMailClient);
    }
    phase_ = Idle{};
  }
  const bool is_mail = text::equal_ignoring_case(command.verb, "MAIL");
  if (line.too_long || (line.octets > Limits::kCommandLine && !is_mail)) {
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
  if (const auto* transaction = std::get_if<Transaction>(&phase_)) {
    facts |= kMail;
    if (!transaction->mailboxes.empty()) facts |= kRecipient;
  }
  return facts;
}

void Session::hello(std::string_view argument) {
  if (!is_client_name(argument)) return say(bad_client_name());
  greeting_ = Greeting::kHelo;
  client_name_ = text::without_leading_blanks(argument);
  phase_ = Idle{};
  say(smtp::hello(settings_.host_name));
}

void Session::extended_hello(std::string_view argument) {
  if (!is_client_name(argument)) return say(bad_client_name());
  greeting_ = Greeting::kEhlo;
  client_name_ = text::without_leading_blanks(argument);
  phase_ = Idle{};
  say(extensions(settings_.host_name, settings_.limits));
}

void Session::mail(std::string_view argument) {
  const auto command = parse_mail(argument, greeting_, settings_.limits);
  if (!command) return say(command.error());
  phase_ = Transaction{command->from.text, {}};
  say(sender_ok());
}

void Session::rcpt(std::string_view argument) {
  ++tally_.asked;
  const auto command = parse_rcpt(argument, greeting_);
  if (!command) return say(command.error());
  const auto users = users_.current();
  const users::User* user = find_recipient(*users, command->to, settings_.postmaster);
  if (user == nullptr) return say(no_such_user(command->to.text));

  auto& mailboxes = std::get<Transaction>(phase_).mailboxes;
  if (std::ranges::find(mailboxes, user->name) == mailboxes.end()) {
    if (mailboxes.size() >= settings_.limits.recipients) return say(too_many_recipients());
    mailboxes.push_back(user->name);
  }
  ++tally_.recipients;
  say(recipient_ok());
}

void Session::data(std::string_view) {
  say(start_data());
  phase_ = Receiving{std::move(std::get<Transaction>(phase_)), text::DotDecoder(reader_.ends())};
}

void Session::rset(std::string_view) {
  phase_ = Idle{};
  say(reset());
}

void Session::vrfy(std::string_view argument) {
  const std::string_view typed = text::without_leading_blanks(argument);
  const auto mailbox = parse_mailbox(typed);
  if (!mailbox || mailbox->domain.empty()) return say(no_such_user(without_brackets(typed)));
  const auto users = users_.current();
  const users::User* user = find_recipient(*users, *mailbox, settings_.postmaster);
  say(user == nullptr ? no_such_user(mailbox->text) : is_user(user->name));
}

void Session::noop(std::string_view) { say(smtp::noop()); }

void Session::quit(std::string_view) { close_with(goodbye(), Closed::kQuit); }

// ---- The message ----

std::optional<Action> Session::next_of_message(Receiving& receiving) {
  using Step = Receiving::Step;
  if (receiving.step == Step::kOpen) {
    return OpenMessage{{std::move(receiving.envelope.reverse_path), client_name_,
                        greeting_ == Greeting::kEhlo, reader_.ends() == text::LineEnds::kLf}};
  }
  if (receiving.step == Step::kCommit) {
    return CommitMessage{std::move(receiving.envelope.mailboxes), receiving.decoder.octets(),
                         receiving.decoder.first_bare_newline()};
  }
  if (receiving.refusal && std::exchange(receiving.open, false)) return DiscardMessage{};
  if (receiving.decoder.ended()) {
    if (receiving.refusal) {
      const Reply refusal = *std::move(receiving.refusal);
      phase_ = Idle{};
      say(refusal);
    } else {
      receiving.step = Step::kCommit;
    }
    return std::nullopt;
  }
  // The decoder may give back two octets more than it is given.
  const std::string_view bytes = reader_.buffered().substr(0, kAppendOctets - 2);
  if (bytes.empty()) {
    if (!input_ended_) return protocol::Read{};
    // A message that came to no end is nobody's; the driver drops it.
    phase_ = Closing{Closed::kEndOfInput};
    return std::nullopt;
  }
  reader_.consume(receiving.decoder.decode(bytes, receiving.chunk));
  judge(receiving);
  // The buffer goes too: the rest of a message that is refused may be long in coming.
  if (receiving.refusal) std::string().swap(receiving.chunk);
  if (receiving.chunk.empty()) return std::nullopt;
  return AppendMessage{receiving.chunk};
}

// Finds the reason to refuse the message, if what has come of it gives one. Of several it is the
// one that shows first, so that the reply does not depend on how the message was cut on its way.
void Session::judge(Receiving& receiving) const {
  if (receiving.refusal) return;
  constexpr uint64_t kNowhere = std::numeric_limits<uint64_t>::max();
  const auto& decoder = receiving.decoder;
  const uint64_t limit = settings_.limits.message_octets;
  const auto nul = decoder.first_nul();
  const auto bare = settings_.bare_newlines == BareNewlines::kRefuse ? decoder.first_bare_newline()
                                                                     : std::nullopt;
  // The octet that shows it: of a bare CR the one after it.
  const uint64_t nul_shows = nul.value_or(kNowhere);
  const uint64_t bare_shows = bare ? bare->octet + (bare->which == '\r' ? 1 : 0) : kNowhere;
  const uint64_t size_shows = decoder.octets() > limit ? limit + 1 : kNowhere;
  const uint64_t first = std::min({nul_shows, bare_shows, size_shows});
  if (first == kNowhere) return;
  if (first == nul_shows) {
    receiving.refusal = message_refused("NUL", *nul, {});
  } else if (first == bare_shows) {
    receiving.refusal = message_refused(bare->which == '\n' ? "bare LF" : "bare CR", bare->octet,
                                        "send CRLF (curl --crlf; smtplib: send_message)");
  } else {
    receiving.refusal = message_too_large();
  }
}

void Session::message_opened(StoreOutcome outcome) {
  auto& receiving = std::get<Receiving>(phase_);
  receiving.step = Receiving::Step::kRead;
  receiving.open = outcome == StoreOutcome::kDone;
  if (!receiving.open) receiving.refusal = reply_to(outcome);
}

void Session::message_appended(StoreOutcome outcome) {
  auto& receiving = std::get<Receiving>(phase_);
  std::string().swap(receiving.chunk);  // a client that stalls now costs no buffer
  if (outcome != StoreOutcome::kDone) receiving.refusal = reply_to(outcome);
}

void Session::message_committed(std::string_view id) {
  ++tally_.messages;
  tally_.octets += std::get<Receiving>(phase_).decoder.octets();
  phase_ = Idle{};
  errors_ = 0;
  say(message_stored(id));
}

void Session::message_not_committed(StoreOutcome failure) {
  phase_ = Idle{};
  say(reply_to(failure));
}

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
