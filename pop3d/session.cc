#include "pop3d/session.h"

#include <array>
#include <utility>

#include "common/protocol/command_table.h"
#include "common/protocol/http_verb.h"
#include "common/text/ascii.h"

namespace pop3 {
namespace {

using protocol::Argument;
using protocol::Closed;
using protocol::Refusal;

// The facts that the command table compares.
enum Fact : unsigned {
  kAuthorizing = 1U << 0U,  // RFC 1939 §4: not logged in
  kUserNamed = 1U << 1U,    // and USER was accepted
  kLoggedIn = 1U << 2U,     // RFC 1939 §5: the TRANSACTION state
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

// The next word of an argument, blanks around it dropped.
std::string_view take_word(std::string_view& argument) {
  argument = text::without_leading_blanks(argument);
  const std::string_view word = argument.substr(0, argument.find(' '));
  argument.remove_prefix(word.size());
  return word;
}

std::string_view trimmed(std::string_view argument) {
  return text::without_trailing_blanks(text::without_leading_blanks(argument));
}

}  // namespace

// All of POP3 on one screen. A registered verb without a handler is not supported.
struct Session::CommandTable {
  using Row = protocol::CommandRow<Session>;
  static constexpr std::array<Row, 17> kRows{{
      {"USER", &Session::user, kAuthorizing, 0, Argument::kRequired},
      {"PASS", &Session::pass, kUserNamed, 0, Argument::kRequired},
      {"CAPA", &Session::capa, 0, 0, Argument::kNone},
      {"STAT", &Session::stat, kLoggedIn, 0, Argument::kNone},
      {"LIST", &Session::list, kLoggedIn, 0, Argument::kOptional},
      {"UIDL", &Session::uidl, kLoggedIn, 0, Argument::kOptional},
      {"RETR", &Session::retr, kLoggedIn, 0, Argument::kRequired},
      {"TOP", &Session::top, kLoggedIn, 0, Argument::kRequired},
      {"DELE", &Session::dele, kLoggedIn, 0, Argument::kRequired},
      {"RSET", &Session::rset, kLoggedIn, 0, Argument::kNone},
      {"NOOP", &Session::noop, kLoggedIn, 0, Argument::kNone},
      {"QUIT", &Session::quit, 0, 0, Argument::kNone},
      {"APOP"},
      {"AUTH"},
      {"STLS"},
      {"UTF8"},
      {"LANG"},
  }};
};

Session::Session(const Settings& settings, users::UserSource& users)
    : settings_(settings),
      users_(users),
      reader_(text::LineReader::Rule::kEither, Limits::kCommandLine) {
  say(ready(settings_.host_name));
}

void Session::receive(std::string_view bytes) { reader_.append(bytes); }

void Session::end_of_input() { input_ended_ = true; }

void Session::end(protocol::Ending why) {
  if (why == protocol::Ending::kShutDown) send(closing_down());
  phase_ = Closing{Closed::kEnded};
}

std::string Session::take_output() { return std::exchange(output_, {}); }

Action Session::next() {
  for (;;) {
    if (output_.size() >= kOutputLimit) return protocol::Flush{};
    std::optional<Action> action;
    if (std::holds_alternative<Closing>(phase_)) {
      action = protocol::Close{};
    } else if (auto* update = std::get_if<Update>(&phase_)) {
      action = RemoveMessages{std::move(update->deleted)};
    } else if (auto* transaction = std::get_if<Transaction>(&phase_)) {
      action = next_of(*transaction);
    } else if (auto* authorization = std::get_if<Authorization>(&phase_)) {
      action = next_of(*authorization);
    } else {
      action = next_command();
    }
    if (action) return *std::move(action);
  }
}

std::optional<Action> Session::next_of(Authorization& authorization) {
  switch (authorization.step) {
    case Authorization::Step::kAuthenticate:
      return protocol::Authenticate{authorization.user, std::move(authorization.password)};
    case Authorization::Step::kOpen:
      return OpenMaildrop{authorization.user};
    case Authorization::Step::kCommand:
      break;
  }
  return next_command();
}

std::optional<Action> Session::next_of(Transaction& transaction) {
  if (auto* writer = std::get_if<ListingWriter>(&transaction.reply)) {
    if (writer->write(transaction.listing, output_, kOutputLimit)) {
      transaction.reply = std::monostate{};
    }
    return std::nullopt;
  }
  if (const auto* writer = std::get_if<MessageWriter>(&transaction.reply)) {
    return ReadMessage{writer->index(), writer->offset(), Limits::kReadOctets};
  }
  return next_command();
}

std::optional<Action> Session::next_command() {
  if (const auto line = reader_.next()) {
    run(*line);
    return std::nullopt;
  }
  if (!input_ended_) return protocol::Read{};
  phase_ = Closing{Closed::kEndOfInput};  // without QUIT nothing is removed (RFC 1939 §6)
  return std::nullopt;
}

// ---- Commands ----

void Session::run(const text::Line& line) {
  ++tally_.commands;
  const auto command = protocol::split_command(line.text);
  const auto verb = text::without_trailing_blanks(command.verb);
  if (std::holds_alternative<Fresh>(phase_)) {
    if (protocol::is_http_verb(verb))
      return close_with(closing_no_mail_client(), Closed::kNoMailClient);
    phase_ = Authorization{};
  }
  // Other control characters may stand in a password.
  constexpr std::string_view kNeverInALine("\0\r", 2);
  if (line.too_long || line.text.find_first_of(kNeverInALine) != std::string_view::npos) {
    return say(unknown_command());
  }
  const auto* row = protocol::find_command<Session>(CommandTable::kRows, verb);
  if (const auto refusal = protocol::refusal(row, facts(), command.argument)) {
    return say(reply_to(*refusal));
  }
  (this->*row->handler)(command.argument);
}

unsigned Session::facts() const {
  if (const auto* authorization = std::get_if<Authorization>(&phase_)) {
    return kAuthorizing | (authorization->user.empty() ? 0U : kUserNamed);
  }
  return kLoggedIn;
}

void Session::user(std::string_view argument) {
  const std::string_view name = trimmed(argument);
  auto& authorization = std::get<Authorization>(phase_);
  authorization.user.clear();
  if (users_.current()->find(name) == nullptr) return say(no_such_user());
  authorization.user = name;
  say(user_is_valid());
}

// The rest of the line, blanks and all, is the password (RFC 1939 §7).
void Session::pass(std::string_view argument) {
  auto& authorization = std::get<Authorization>(phase_);
  authorization.password = argument;
  authorization.step = Authorization::Step::kAuthenticate;
}

void Session::capa(std::string_view) { output_ += capabilities(settings_.version); }

void Session::stat(std::string_view) { say(totals(listing().count(), listing().octets())); }

void Session::list(std::string_view argument) {
  if (const auto number = trimmed(argument); !number.empty()) {
    const auto index = listing().find(number);
    if (!index) return say(index.error());
    return say(message_octets(*index + 1, listing().messages().octets_of(*index)));
  }
  say(listing_follows(listing().count(), listing().octets()));
  answer(ListingWriter(ListingWriter::What::kOctets));
}

void Session::uidl(std::string_view argument) {
  if (const auto number = trimmed(argument); !number.empty()) {
    const auto index = listing().find(number);
    if (!index) return say(index.error());
    return say(message_uid(*index + 1, listing().messages().uid_of(*index)));
  }
  say(uids_follow());
  answer(ListingWriter(ListingWriter::What::kUids));
}

void Session::retr(std::string_view argument) {
  const auto index = listing().find(trimmed(argument));
  if (!index) return say(index.error());
  answer(MessageWriter(*index, std::nullopt));
}

void Session::top(std::string_view argument) {
  const auto number = take_word(argument);
  const auto lines = parse_number(trimmed(argument));
  if (!lines) return say(bad_argument());
  const auto index = listing().find(number);
  if (!index) return say(index.error());
  answer(MessageWriter(*index, TopFilter(*lines)));
}

void Session::dele(std::string_view argument) {
  const auto index = listing().find(trimmed(argument));
  if (!index) return say(index.error());
  listing().mark_deleted(*index);
  say(message_deleted());
}

void Session::rset(std::string_view) { say(messages_restored(listing().restore())); }

void Session::noop(std::string_view) { say(pop3::noop()); }

void Session::quit(std::string_view) {
  if (std::holds_alternative<Transaction>(phase_)) {
    auto deleted = listing().deleted();
    tally_.deleted = deleted.size();
    tally_.left = listing().count();
    phase_ = Update{std::move(deleted)};
  } else {
    close_with(goodbye(), Closed::kQuit);
  }
}

// ---- Outcomes ----

void Session::authenticated(const protocol::AuthOutcome& outcome) {
  auto& authorization = std::get<Authorization>(phase_);
  if (const auto* accepted = std::get_if<protocol::Accepted>(&outcome)) {
    authorization.user = accepted->user;
    authorization.step = Authorization::Step::kOpen;
    return;
  }
  authorization = Authorization{};  // PASS again needs USER again (RFC 1939 §7)
  const bool refused = std::holds_alternative<protocol::Refused>(outcome);
  say(refused ? wrong_password() : login_unavailable());
}

void Session::maildrop_opened(const store::MessageList& messages) {
  phase_ = Transaction{Listing(messages)};
  tally_.left = messages.size();
  say(maildrop_loaded());
}

void Session::maildrop_refused(MaildropRefusal why) {
  phase_ = Authorization{};
  say(why == MaildropRefusal::kInUse ? maildrop_in_use() : store_unavailable());
}

void Session::message_read(std::string_view text) {
  auto& writer = std::get<MessageWriter>(std::get<Transaction>(phase_).reply);
  if (!writer.begun()) say(message_follows());
  if (!writer.write(text, output_)) return;
  if (writer.is_whole()) ++tally_.retrieved;
  answer(std::monostate{});
}

void Session::message_unreadable() {
  if (std::get<MessageWriter>(std::get<Transaction>(phase_).reply).begun()) {
    // Without the final dot: the client knows that it has not got it all.
    phase_ = Closing{Closed::kUnreadable};
    return;
  }
  answer(std::monostate{});
  say(message_unavailable());
}

void Session::messages_removed(bool all) {
  close_with(all ? goodbye() : some_not_removed(), Closed::kQuit);
}

// ---- Replies ----

void Session::answer(Transaction::Reply reply) { std::get<Transaction>(phase_).reply = reply; }

void Session::say(const Reply& reply) {
  if (reply.is_client_error && ++errors_ > settings_.limits.errors) {
    return close_with(closing_too_many_errors(), Closed::kTooManyErrors);
  }
  if (!reply.ok) refusals_.add(text::without_line_end(render(reply)));
  send(reply);
}

void Session::send(const Reply& reply) { output_ += render(reply); }

void Session::close_with(const Reply& reply, Closed why) {
  send(reply);
  phase_ = Closing{why};
}

}  // namespace pop3
