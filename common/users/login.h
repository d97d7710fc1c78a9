// One connection's logins, step by step: what protocol::Authenticate asks for. It holds the SASL
// exchange between two steps of it, and nothing else.
//
// step() may take some tens of milliseconds of CPU (sasl_exchange.h): not on an I/O thread. One
// thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/protocol/action.h"
#include "common/users/keyed_hash.h"
#include "common/users/sasl_exchange.h"
#include "common/users/user_db.h"

namespace users {

class Login {
 public:
  // Both outlive it.
  Login(UserSource& users, const KeyedHash& hash) : users_(users), hash_(hash) {}

  // The binding counts for exchanges that begin here. A message without an exchange is refused.
  protocol::AuthOutcome step(const protocol::Authenticate& action, const ChannelBinding& binding);

  // The same if it hashes nothing: on any thread. Nothing was done, if it may.
  std::optional<protocol::AuthOutcome> quick_step(const protocol::Authenticate& action,
                                                  const ChannelBinding& binding);

  // Of the last step. The name as the client gave it; the wrong password, if it was seen.
  const std::string& name() const { return name_; }
  // Whose login that was: however the name was spelled, the same for the same user.
  std::string account() const { return account_of(name_); }
  std::string account_of(std::string_view name) const;  // whose a login by this name would be
  const std::optional<std::string>& wrong_password() const { return wrong_password_; }

 private:
  // One look-up a step: users.txt may change between two.
  using Users = std::shared_ptr<const UserDb>;
  bool is_quick(const protocol::Authenticate& action, const UserDb& users) const;
  protocol::AuthOutcome step(const protocol::Authenticate& action, const ChannelBinding& binding,
                             Users users);
  protocol::AuthOutcome check(const protocol::Credentials& credentials, const UserDb& users);
  protocol::AuthOutcome go_on(std::optional<std::string_view> message);

  UserSource& users_;
  const KeyedHash& hash_;
  std::unique_ptr<SaslExchange> exchange_;
  std::string name_;
  std::optional<std::string> wrong_password_;
};

}  // namespace users
