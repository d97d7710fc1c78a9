// The users of the server under test, from a file like users.txt.
#pragma once

#include <expected>
#include <string>
#include <vector>

namespace bench {

struct Account {
  std::string name;
  std::string password;
};

// At least one, or why not.
std::expected<std::vector<Account>, std::string> read_accounts(const std::string& file);

}  // namespace bench
