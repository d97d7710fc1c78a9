#include "tests/bench/mailbench/accounts.h"

#include <fstream>

namespace bench {

std::expected<std::vector<Account>, std::string> read_accounts(const std::string& file) {
  std::ifstream text(file);
  if (!text) return std::unexpected(file + " cannot be read");
  std::vector<Account> accounts;
  for (std::string line; std::getline(text, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t blank = line.find_first_of(" \t");
    const size_t password = line.find_first_not_of(" \t", blank);
    if (password == std::string::npos)
      return std::unexpected(file + " has a line without password");
    accounts.push_back({line.substr(0, blank), line.substr(password)});
  }
  if (accounts.empty()) return std::unexpected(file + " has no users");
  return accounts;
}

}  // namespace bench
