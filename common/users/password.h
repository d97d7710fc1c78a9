// The second field of a line of users.txt: a password, or what is kept of one.
//
//   the password itself     or `{PLAIN}` and the password, for those that begin like a scheme
//   `{CRYPT}` hash          libxcrypt's: yescrypt, sha512crypt, bcrypt … (crypt(5))
//   `{SCRAM-SHA-256}` …     see scram_secrets.h
//
// A value that never changes; any thread. Checking a hashed one takes up to some tens of
// milliseconds of CPU by design (is_hashed()): not on an I/O thread.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "common/users/scram_secrets.h"

namespace users {

class Password {
 public:
  // An unknown scheme and a malformed hash are errors; their text says so, and holds no password.
  static std::expected<Password, std::string> parse(std::string_view field);

  // Compares exactly. For a plain password in time that depends on the length of `attempt` alone.
  bool matches(std::string_view attempt) const;

  bool is_hashed() const { return !std::holds_alternative<Plain>(kept_); }

  // Whether its user can log in by SCRAM: not with {CRYPT}, of which no key can be derived, nor
  // with a plain one that SCRAM has no form for. Quick.
  bool knows_scram() const;
  // What SCRAM needs, or nothing. For a plain password derived now, with this salt: as slow as
  // checking a hash.
  std::optional<ScramSecrets> scram_secrets(std::string salt) const;

 private:
  struct Plain {
    std::string password;
  };
  struct Crypt {
    std::string hash;
  };
  using Kept = std::variant<Plain, Crypt, ScramSecrets>;

  explicit Password(Kept kept) : kept_(std::move(kept)) {}

  Kept kept_;
};

// How a password can be hashed for users.txt.
enum class HashScheme { kCrypt, kScramSha256 };

// The field to write, with a fresh salt. The error says why there is none. Slow as above.
std::expected<std::string, std::string> hash_password(std::string_view password, HashScheme scheme);

}  // namespace users
