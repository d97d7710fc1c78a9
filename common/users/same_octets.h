// Comparing secrets. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace users {

// Exactly, in time that depends on the length of `attempt` alone.
inline bool same_octets(std::string_view attempt, std::string_view secret) {
  unsigned difference = attempt.size() == secret.size() ? 0U : 1U;
  for (size_t i = 0; i < attempt.size(); ++i) {
    const char expected = i < secret.size() ? secret[i] : '\0';
    difference |= static_cast<unsigned char>(attempt[i] ^ expected);
  }
  return difference == 0;
}

}  // namespace users
