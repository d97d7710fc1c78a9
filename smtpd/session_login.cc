// The part of the session that is about who the client is: STARTTLS (RFC 3207), AUTH (RFC 4954),
// and whose address MAIL may name.
#include <memory>
#include <utility>
#include <variant>

#include "common/protocol/channel.h"
#include "smtpd/recipient.h"
#include "smtpd/session.h"

namespace smtp {

using protocol::LoginDialogue;
using protocol::SaslDialogue;

namespace {

Reply reply_to(LoginDialogue::Fault fault) {
  switch (fault) {
    case LoginDialogue::Fault::kUnknownMechanism:
      return unknown_mechanism();
    case LoginDialogue::Fault::kMalformed:
      return not_base64();
    case LoginDialogue::Fault::kTooLong:
      return response_too_long();
    case LoginDialogue::Fault::kCancelled:
      break;
  }
  return login_cancelled();
}

}  // namespace

void Session::starttls(std::string_view) {
  if (!settings_.logins.tls) return say(not_implemented());
  if (channel_.encrypted) return say(bad_sequence());
  abandon_message(StartingTls{});
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
  phase_ = LoggingIn{std::make_unique<LoginDialogue>(argument, offered())};
}

std::optional<Action> Session::next_of(LoginDialogue& login) {
  auto step = login.next(login.needs_line() ? next_line() : std::nullopt);
  if (auto* authenticate = std::get_if<protocol::Authenticate>(&step)) {
    return std::move(*authenticate);
  }
  if (const auto* prompt = std::get_if<LoginDialogue::Prompt>(&step)) {
    send(challenge(SaslDialogue::encoded(*prompt)));
  } else if (const auto* fault = std::get_if<LoginDialogue::Fault>(&step)) {
    phase_ = Idle{};
    say(reply_to(*fault));
  } else if (!input_ended_) {
    return protocol::Read{};
  } else {
    phase_ = Closing{protocol::Closed::kEndOfInput};
  }
  return std::nullopt;
}

void Session::authenticated(const protocol::AuthOutcome& outcome) {
  if (std::get<LoggingIn>(phase_).dialogue->goes_on(outcome)) return;
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
