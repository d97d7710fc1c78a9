#include "pop3d/session.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/protocol/command_table.h"
#include "common/protocol/http_verb.h"
#include "common/protocol/tls_hello.h"
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
      {"AUTH", &Session::auth, kAuthorizing, 0, Argument::kRequired},
      {"STLS", &Session::stls, kAuthorizing, 0, Argument::kNone},
      {"APOP"},
      {"UTF8"},
      {"LANG"},
  }};
};

Session::Session(const Settings& settings, users::UserSource& users, protocol::Channel channel)
    : Dialogue(text::LineReader::Rule::kEither, Limits::kAuthLine),
      settings_(settings),
      users_(users),
      channel_(channel) {
  say(ready(settings_.host_name));
}

// A time-out and a client that is too slow are told nothing: it is in the middle of a message, or
// RFC 1939 §3 says so.
void Session::end(protocol::Ending why) {
  if (why == protocol::Ending::kShutDown) send(closing_down());
  phase_ = Closing{Closed::kEnded};
}

Action Session::next() {
  for (;;) {
    if (turn_is_over(Limits::kTogetherOctets)) return protocol::Flush{};
    if (auto action = next_of_phase()) return *std::move(action);
  }
}

std::optional<Action> Session::next_of_phase() {
  if (std::holds_alternative<Closing>(phase_)) return protocol::Close{};
  if (std::holds_alternative<StartingTls>(phase_)) return protocol::StartTls{};
  if (auto* login = std::get_if<LoggingIn>(&phase_)) return next_of(*login->dialogue);
  if (const auto* opening = std::get_if<Opening>(&phase_)) return OpenMaildrop{opening->mailbox};
  if (auto* transaction = std::get_if<Transaction>(&phase_)) return next_of(*transaction);
  if (auto* update = std::get_if<Update>(&phase_)) {
    return RemoveMessages{std::move(update->deleted)};
  }
  return next_command();
}

std::optional<Action> Session::next_of(Transaction& transaction) {
  if (auto* writer = std::get_if<ListingWriter>(&transaction.reply)) {
    if (turn_is_over()) return protocol::Flush{};
    if (writer->write(transaction.listing, output_, kOutputLimit)) {
      transaction.reply = std::monostate{};
    }
    return std::nullopt;
  }
  if (const auto* writer = std::get_if<MessageWriter>(&transaction.reply)) {
    if (turn_is_over() && !fits(*writer)) return protocol::Flush{};
    return ReadMessage{writer->index(), writer->offset(), Limits::kReadOctets};
  }
  return next_command();
}

// Whether the next piece leaves together with what waits to be said.
bool Session::fits(const MessageWriter& writer) {
  const uint64_t octets = listing().messages().octets_of(writer.index());
  const uint64_t left = octets - std::min(octets, writer.offset());
  return output_.size() + std::min<uint64_t>(left, Limits::kReadOctets) <= Limits::kTogetherOctets;
}

std::optional<Action> Session::next_command() {
  if (std::holds_alternative<Fresh>(phase_) && protocol::is_tls_hello(reader_.begun())) {
    close_with(closing_no_mail_client(), Closed::kNoMailClient);
    return std::nullopt;
  }
  if (const auto line = next_line()) {
    run(*line);
    return std::nullopt;
  }
  if (!input_ended_) {
    return protocol::Read{is_logged_in() ? protocol::Awaited::kCommand : protocol::Awaited::kLogin};
  }
  phase_ = Closing{Closed::kEndOfInput};  // without QUIT nothing is removed (RFC 1939 §6)
  return std::nullopt;
}

// ---- Commands ----

void Session::run(const text::Line& line) {
  ++tally_.commands;
  if (settings_.limits.commands != 0 && tally_.commands > settings_.limits.commands) {
    return close_with(closing_too_many_commands(), Closed::kTooManyCommands);
  }
  const auto command = protocol::split_command(line.text);
  const auto verb = text::without_trailing_blanks(command.verb);
  if (std::holds_alternative<Fresh>(phase_)) {
    if (protocol::is_http_verb(verb))
      return close_with(closing_no_mail_client(), Closed::kNoMailClient);
    phase_ = Authorization{};
  }
  // Other control characters may stand in a password.
  constexpr std::string_view kNeverInALine("\0\r", 2);
  const size_t limit =
      text::equal_ignoring_case(verb, "AUTH") ? Limits::kAuthLine : Limits::kCommandLine;
  if (line.too_long || line.octets > limit ||
      line.text.find_first_of(kNeverInALine) != std::string_view::npos) {
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

void Session::stat(std::string_view) { say(totals(listing().count(), listing().octets())); }

void Session::list(std::string_view argument) {
  if (const auto number = text::without_blanks(argument); !number.empty()) {
    const auto index = listing().find(number);
    if (!index) return say(index.error());
    return say(message_octets(*index + 1, listing().messages().octets_of(*index)));
  }
  say(listing_follows(listing().count(), listing().octets()));
  answer(ListingWriter(ListingWriter::What::kOctets));
}

void Session::uidl(std::string_view argument) {
  if (const auto number = text::without_blanks(argument); !number.empty()) {
    const auto index = listing().find(number);
    if (!index) return say(index.error());
    return say(message_uid(*index + 1, listing().messages().uid_of(*index)));
  }
  say(uids_follow());
  answer(ListingWriter(ListingWriter::What::kUids));
}

void Session::retr(std::string_view argument) {
  const auto index = listing().find(text::without_blanks(argument));
  if (!index) return say(index.error());
  answer(MessageWriter(*index, std::nullopt));
}

void Session::top(std::string_view argument) {
  const auto number = text::take_word(argument);
  const auto lines = parse_number(text::without_blanks(argument));
  if (!lines) return say(bad_argument());
  const auto index = listing().find(number);
  if (!index) return say(index.error());
  answer(MessageWriter(*index, TopFilter(*lines)));
}

void Session::dele(std::string_view argument) {
  const auto index = listing().find(text::without_blanks(argument));
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
