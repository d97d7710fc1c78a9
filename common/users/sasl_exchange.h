// One login by a SASL mechanism, from AUTH to its outcome: PLAIN (RFC 4616), SCRAM-SHA-256 and
// SCRAM-SHA-256-PLUS (RFC 5802, 7677), carried out by GNU SASL. Messages are octets, not base64:
// that is the session's business, as are LOGIN's prompts.
//
// step() may take some tens of milliseconds of CPU, as checking a hash does: not on an I/O thread.
// One thread at a time. A name that nobody has goes the same way as a wrong password, at the same
// cost, and ends as Refused.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/protocol/action.h"
#include "common/users/keyed_hash.h"
#include "common/users/user_db.h"

namespace users {

// What binds a login to its TLS connection (RFC 5929, 9266), as octets; empty: there is none.
struct ChannelBinding {
  std::string tls_unique;    // TLS 1.2, if it has an extended master secret (RFC 7627)
  std::string tls_exporter;  // TLS 1.3
};

class SaslExchange {
 public:
  // Null: no such mechanism. `hash` outlives it.
  static std::unique_ptr<SaslExchange> begin(std::string_view mechanism,
                                             std::shared_ptr<const UserDb> users,
                                             ChannelBinding binding, const KeyedHash& hash);
  SaslExchange(const SaslExchange&) = delete;
  SaslExchange& operator=(const SaslExchange&) = delete;
  virtual ~SaslExchange() = default;

  // The client's next message: nothing if it sent none with AUTH. After anything but a Challenge
  // the exchange is over. Refused also means that the client did not keep to the mechanism.
  virtual protocol::AuthOutcome step(std::optional<std::string_view> message) = 0;

  // Whether no step of it hashes: PLAIN, with users none of whose passwords is hashed.
  bool is_quick() const { return is_quick_; }

  // For the log and for GuessLimit. The name as the client gave it, once it has; the password, if
  // it was one that failed.
  const std::string& name() const { return name_; }
  const std::optional<std::string>& wrong_password() const { return wrong_password_; }

 protected:
  explicit SaslExchange(bool is_quick) : is_quick_(is_quick) {}

  std::string name_;
  std::optional<std::string> wrong_password_;

 private:
  const bool is_quick_;
};

// Checks a name and a password that came in the clear; the user, or null. As slow as above.
const User* check_password(const UserDb& users, std::string_view name, std::string_view password,
                           const KeyedHash& hash);

}  // namespace users
