#include "common/users/login.h"

#include <string_view>
#include <utility>
#include <variant>

namespace users {

using protocol::AuthOutcome;
using protocol::Credentials;
using protocol::SaslCancelled;
using protocol::SaslMessage;
using protocol::SaslStart;

AuthOutcome Login::step(const protocol::Authenticate& action, const ChannelBinding& binding) {
  return step(action, binding, users_.current());
}

std::optional<AuthOutcome> Login::quick_step(const protocol::Authenticate& action,
                                             const ChannelBinding& binding) {
  auto users = users_.current();
  if (!is_quick(action, *users)) return std::nullopt;
  return step(action, binding, std::move(users));
}

bool Login::is_quick(const protocol::Authenticate& action, const UserDb& users) const {
  if (std::holds_alternative<SaslMessage>(action.step)) {
    return !exchange_ || exchange_->is_quick();  // with the users that it began with
  }
  if (const auto* start = std::get_if<SaslStart>(&action.step)) {
    return start->mechanism == "PLAIN" && !users.has_hashed();
  }
  return std::holds_alternative<SaslCancelled>(action.step) || !users.has_hashed();
}

AuthOutcome Login::step(const protocol::Authenticate& action, const ChannelBinding& binding,
                        Users users) {
  name_.clear();
  wrong_password_.reset();
  if (const auto* credentials = std::get_if<Credentials>(&action.step)) {
    return check(*credentials, *users);
  }
  if (const auto* message = std::get_if<SaslMessage>(&action.step)) return go_on(message->message);
  if (std::holds_alternative<SaslCancelled>(action.step)) {
    exchange_.reset();
    return protocol::Refused{};
  }
  const auto& start = std::get<SaslStart>(action.step);
  exchange_ = SaslExchange::begin(start.mechanism, std::move(users), binding, hash_);
  return go_on(start.message ? std::optional<std::string_view>(*start.message) : std::nullopt);
}

std::string Login::account_of(std::string_view name) const {
  const auto users = users_.current();
  const User* user = users->find_login(name);
  return user == nullptr ? std::string(name) : user->name;
}

AuthOutcome Login::check(const Credentials& credentials, const UserDb& users) {
  name_ = credentials.user;
  const User* user = check_password(users, credentials.user, credentials.password, hash_);
  if (user != nullptr) return protocol::Accepted{user->name};
  wrong_password_ = credentials.password;
  return protocol::Refused{};
}

AuthOutcome Login::go_on(std::optional<std::string_view> message) {
  if (!exchange_) return protocol::Refused{};
  auto outcome = exchange_->step(message);
  name_ = exchange_->name();
  wrong_password_ = exchange_->wrong_password();
  if (!std::holds_alternative<protocol::Challenge>(outcome)) exchange_.reset();
  return outcome;
}

}  // namespace users
