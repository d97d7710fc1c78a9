// The AUTHORIZATION state (RFC 1939 §4): USER and PASS, AUTH (RFC 5034), STLS (RFC 2595), and CAPA,
// which says what of it is to be had.
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "common/text/ascii.h"
#include "pop3d/session.h"

namespace pop3 {

using protocol::LoginDialogue;
using protocol::SaslDialogue;

namespace {

Reply reply_to(LoginDialogue::Fault fault) {
  switch (fault) {
    case LoginDialogue::Fault::kUnknownMechanism:
      return unknown_mechanism();
    case LoginDialogue::Fault::kMalformed:
    case LoginDialogue::Fault::kTooLong:
      return not_base64();
    case LoginDialogue::Fault::kCancelled:
      break;
  }
  return login_cancelled();
}

}  // namespace

void Session::capa(std::string_view) {
  output_ += capabilities(settings_.version, may_log_in() ? offered().names() : std::string(),
                          !is_logged_in() && protocol::may_start_tls(channel_, settings_.logins),
                          settings_.expiry_days);
}

void Session::stls(std::string_view) {
  if (!settings_.logins.tls) return say(not_implemented());
  if (channel_.encrypted) return say(bad_sequence());
  phase_ = StartingTls{};
  say(ready_for_tls());
}

// All that was learned in the clear is forgotten, what the client sent behind STLS too.
void Session::tls_started() {
  forget_input();
  channel_.encrypted = true;
  phase_ = Fresh{};
}

void Session::user(std::string_view argument) {
  auto& authorization = std::get<Authorization>(phase_);
  authorization.user.clear();
  if (!may_log_in()) return say(tls_needed());
  const std::string_view name = text::without_blanks(argument);
  if (!settings_.hide_users && users_.current()->find_login(name) == nullptr) {
    return say(no_such_user());
  }
  authorization.user = name;
  say(user_is_valid());
}

// The rest of the line, blanks and all, is the password (RFC 1939 §7).
void Session::pass(std::string_view argument) {
  std::string user = std::move(std::get<Authorization>(phase_).user);
  protocol::Credentials credentials{std::move(user), std::string(argument)};
  phase_ = LoggingIn{std::make_unique<LoginDialogue>(std::move(credentials))};
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
    output_ += challenge(SaslDialogue::encoded(*prompt));
  } else if (const auto* fault = std::get_if<LoginDialogue::Fault>(&step)) {
    phase_ = Authorization{};
    say(reply_to(*fault));
  } else if (!input_ended_) {
    return protocol::Read{protocol::Awaited::kLogin};
  } else {
    phase_ = Closing{protocol::Closed::kEndOfInput};
  }
  return std::nullopt;
}

void Session::authenticated(const protocol::AuthOutcome& outcome) {
  if (std::get<LoggingIn>(phase_).dialogue->goes_on(outcome)) return;
  if (const auto* accepted = std::get_if<protocol::Accepted>(&outcome)) {
    phase_ = Opening{accepted->user};
    return;
  }
  phase_ = Authorization{};  // PASS again needs USER again (RFC 1939 §7)
  const bool refused = std::holds_alternative<protocol::Refused>(outcome);
  say(refused ? wrong_password() : login_unavailable());
}

}  // namespace pop3
