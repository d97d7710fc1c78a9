// What a server keeps of a password for SCRAM-SHA-256 (RFC 5802 §3, RFC 7677): enough to check it,
// not enough to log in with. In users.txt it is `iterations,salt,StoredKey,ServerKey`, the last
// three in base64.
//
// Deriving takes some milliseconds of CPU (kIterations hashes): not on an I/O thread. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace users {

struct ScramSecrets {
  static constexpr uint32_t kIterations = 4096;  // RFC 7677 §4: at least
  // More would let one login keep a thread for many seconds.
  static constexpr uint32_t kMostIterations = 10'000'000;
  static constexpr size_t kSaltOctets = 16;

  uint32_t iterations = 0;
  std::string salt;
  std::string stored_key;
  std::string server_key;

  // The error says what is wrong with the text.
  static std::expected<ScramSecrets, std::string> parse(std::string_view text);
  std::string text() const;

  // Whether SCRAM has a form for this password: it can be prepared by SASLprep (RFC 4013), so it is
  // UTF-8, neither empty nor with control characters in it. Quick.
  static bool can_derive(std::string_view password);
  // Nothing if it has none.
  static std::optional<ScramSecrets> derive(std::string_view password, std::string salt,
                                            uint32_t iterations);

  // Whether they are this password's.
  bool match(std::string_view password) const;
};

}  // namespace users
