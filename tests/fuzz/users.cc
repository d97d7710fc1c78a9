// users.txt. It is taken, or refused with the line, just as a naive reading of user_db.h's form
// says; then every user is found by name in any case, with just that password, and none may name
// anything but a folder of its own. CRLF line ends and a comment at the end change nothing.
#include <cstddef>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "common/users/password.h"
#include "common/users/user_db.h"
#include "tests/fuzz/check.h"

namespace {

struct Account {
  std::string name, password;
  bool hashed = false;  // the password is not known
};

struct Expected {
  std::vector<Account> accounts;
  size_t bad_line = 0;  // 0: none
};

std::string to_lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

bool is_name(const std::string& name) {
  const size_t at = name.rfind('@');
  if (at == std::string::npos || at == 0 || at == name.size() - 1) return false;
  if (name[0] == '.' || name.size() > 254) return false;
  for (const char c : name) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 32 || octet == 127 || octet == '/') return false;
  }
  return true;
}

// The password that a field stands for; false: it has an unknown scheme, or nothing after one. What
// a hash has to look like only password.h can say.
bool take_password(std::string& field, bool& hashed) {
  const size_t close = field.find('}');
  if (field[0] != '{' || close == std::string::npos || close == 1) return true;
  constexpr std::string_view kSchemeCharacters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
  const std::string scheme = field.substr(1, close - 1);
  if (scheme.find_first_not_of(kSchemeCharacters) != std::string::npos) return true;
  hashed = to_lower(scheme) == "crypt" || to_lower(scheme) == "scram-sha-256";
  if (hashed) return users::Password::parse(field).has_value();
  field.erase(0, close + 1);
  return to_lower(scheme) == "plain" && !field.empty();
}

Expected naive(const std::string& text) {
  Expected expected;
  std::map<std::string, bool> seen;
  std::istringstream lines(text);
  std::string line;
  for (size_t number = 1; std::getline(lines, line); ++number) {
    line.erase(line.find_last_not_of(" \t\r") + 1);
    if (line.empty() || line[0] == '#') continue;
    const size_t blank = line.find_first_of(" \t");
    const std::string name = line.substr(0, blank);
    std::string password;
    bool hashed = false;
    if (blank != std::string::npos) password = line.substr(line.find_first_not_of(" \t", blank));
    if (!is_name(name) || password.empty() || !take_password(password, hashed) ||
        std::exchange(seen[to_lower(name)], true)) {
      expected.bad_line = number;
      return expected;
    }
    expected.accounts.push_back({name, password, hashed});
  }
  return expected;
}

void check(const std::string& text, const Expected& expected) {
  const auto db = users::UserDb::parse(text);
  FUZZ_CHECK(db.has_value() == (expected.bad_line == 0));
  if (!db) {
    FUZZ_CHECK(db.error().line == expected.bad_line && !db.error().reason.empty());
    return;
  }
  FUZZ_CHECK(db->all().size() == expected.accounts.size());
  for (size_t i = 0; i < expected.accounts.size(); ++i) {
    const auto& [name, password, hashed] = expected.accounts[i];
    const users::User& user = db->all()[i];
    FUZZ_CHECK(user.name == name);
    FUZZ_CHECK(db->find(name) == &user && db->find(to_lower(name)) == &user);
    FUZZ_CHECK(db->has_domain(name.substr(name.rfind('@') + 1)));
    FUZZ_CHECK(user.password.is_hashed() == hashed);
    if (hashed) continue;  // checking takes long
    FUZZ_CHECK(user.password.matches(password) && !user.password.matches(password + "x"));
    FUZZ_CHECK(!user.password.matches("") &&
               !user.password.matches(password.substr(0, password.size() - 1)));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(data, data + size);
  const Expected expected = naive(text);
  check(text, expected);
  check(text + "\n# the end", expected);
  std::string crlf;
  for (const char c : text) crlf += c == '\n' ? "\r\n" : std::string(1, c);
  check(crlf, expected);
  return 0;
}
