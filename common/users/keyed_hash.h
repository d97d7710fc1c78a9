// A hash with a key that is drawn when it is made and never leaves the process: what it gives says
// nothing to anybody else, and nothing after a restart. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace users {

class KeyedHash {
 public:
  KeyedHash();

  // Of the parts in their order, each told apart from the next: 32 octets (HMAC-SHA-256).
  std::string of(std::initializer_list<std::string_view> parts) const;
  // The same, in short.
  uint64_t number_of(std::initializer_list<std::string_view> parts) const;

 private:
  std::array<unsigned char, 32> key_{};
};

}  // namespace users
