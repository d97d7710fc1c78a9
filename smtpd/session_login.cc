// The part of the session that is about who the client is: STARTTLS (RFC 3207), AUTH (RFC 4954),
// and whose address MAIL may name.
#include <utility>
#include <variant>

#include "common/protocol/channel.h"
#include "common/text/ascii.h"
#include "smtpd/recipient.h"
#include "smtpd/session.h"

namespace smtp {

using protocol::SaslDialogue;

void Session::starttls(std::string_view) {
  if (!settings_.logins.tls) return say(not_implemented());
  if (channel_.encrypted) return say(bad_sequence());
  phase_ = StartingTls{};
  say(ready_for_tls());
}

// All that was learned in the clear is forgotten, what the client sent behind STARTTLS too.
void Session::tls_started() {
  forget_input();
  channel_.encrypted = true;
  greeting_ = Greeting::kNone;
  client_name_.clear();
  user_.clear();
  phase_ = Fresh{};
}

protocol::SaslOffer Session::offered() const {
  const bool scram = users_.current()->all_know_scram();
  return {.scram = scram, .scram_plus = scram && channel_.encrypted};
}

void Session::auth(std::string_view argument) {
  if (!may_log_in()) return say(tls_needed());
  SaslDialogue dialogue;
  auto step = dialogue.begin(argument, offered());
  phase_ = LoggingIn{std::move(dialogue)};
  go_on(std::get<LoggingIn>(phase_), std::move(step));
}

std::optional<Action> Session::next_of(LoggingIn& login) {
  if (login.step) {
    Action action = *std::move(login.step);
    login.step.reset();
    return action;
  }
  const auto line = next_line();
  if (!line && !input_ended_) return protocol::Read{};
  if (!line) {
    phase_ = Closing{protocol::Closed::kEndOfInput};
  } else if (line->too_long) {
    phase_ = Idle{};
    say(response_too_long());
  } else {
    go_on(login, login.dialogue.receive(text::without_trailing_blanks(line->text)));
  }
  return std::nullopt;
}

void Session::go_on(LoggingIn& login, SaslDialogue::Step step) {
  if (const auto* prompt = std::get_if<SaslDialogue::Prompt>(&step)) {
    return send(challenge(SaslDialogue::encoded(*prompt)));
  }
  if (auto* authenticate = std::get_if<protocol::Authenticate>(&step)) {
    login.step = std::move(*authenticate);
    return;
  }
  phase_ = Idle{};
  switch (std::get<SaslDialogue::Fault>(step)) {
    case SaslDialogue::Fault::kUnknownMechanism:
      return say(unknown_mechanism());
    case SaslDialogue::Fault::kMalformed:
      return say(not_base64());
    case SaslDialogue::Fault::kCancelled:
      return say(login_cancelled());
  }
}

void Session::authenticated(const protocol::AuthOutcome& outcome) {
  if (const auto* more = std::get_if<protocol::Challenge>(&outcome)) {
    return send(challenge(SaslDialogue::encoded({more->text})));
  }
  phase_ = Idle{};
  if (const auto* accepted = std::get_if<protocol::Accepted>(&outcome)) {
    user_ = accepted->user;
    return say(logged_in());
  }
  const bool refused = std::holds_alternative<protocol::Refused>(outcome);
  say(refused ? wrong_credentials() : login_unavailable());
}

// The null reverse-path is everybody's: it is what a notification has.
bool Session::is_own(const Path& reverse_path) const {
  if (reverse_path.is_null()) return true;
  const auto users = users_.current();
  const users::User* user = find_recipient(*users, reverse_path, settings_.postmaster);
  return user != nullptr && user->name == user_;
}

}  // namespace smtp
