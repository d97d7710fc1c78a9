// The second field of a line of users.txt.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace users {

class Password {
 public:
  // `field`: the password itself, or `{PLAIN}` and the password, for those that begin like a
  // scheme. Any other `{SCHEME}` is an error; its text says so.
  static std::expected<Password, std::string> parse(std::string_view field);

  // Compares exactly, in time that depends on the length of `attempt` alone.
  bool matches(std::string_view attempt) const;

 private:
  explicit Password(std::string plain) : plain_(std::move(plain)) {}

  std::string plain_;
};

}  // namespace users
