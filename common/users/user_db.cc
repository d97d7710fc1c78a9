#include "common/users/user_db.h"

#include <algorithm>
#include <optional>

#include "common/text/ascii.h"

namespace users {
namespace {

constexpr size_t kMaxNameOctets = 254;  // RFC 5321 §4.5.3.1.3: a path of 256, less its brackets

// What is wrong with a name, or nothing. It becomes the name of a folder: so no `/`, no leading
// dot.
std::optional<std::string> fault_in(std::string_view name) {
  const size_t at = name.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == name.size()) {
    return "the name is not local@domain";
  }
  if (name.front() == '.') return "the name begins with a dot";
  if (name.contains('/')) return "the name holds a /";
  if (name.contains('\0')) return "the name holds a NUL";
  if (std::ranges::any_of(name, text::is_control)) return "the name holds a control character";
  if (name.size() > kMaxNameOctets) return "the name is longer than 254 octets";
  return std::nullopt;
}

std::string_view without_line_end(std::string_view line) {
  while (!line.empty() && (text::is_blank(line.back()) || line.back() == '\r')) {
    line.remove_suffix(1);
  }
  return line;
}

}  // namespace

std::expected<UserDb, ParseError> UserDb::parse(std::string_view text) {
  UserDb db;
  db.by_name_.reserve(static_cast<size_t>(std::ranges::count(text, '\n')) + 1);
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t lf = text.find('\n');
    const std::string_view line = without_line_end(text.substr(0, lf));
    text.remove_prefix(lf == std::string_view::npos ? text.size() : lf + 1);
    if (line.empty() || line.front() == '#') continue;

    const size_t blank = line.find_first_of(" \t");
    const std::string_view name = line.substr(0, blank);
    if (auto fault = fault_in(name)) return std::unexpected(ParseError{number, *fault});
    if (blank == std::string_view::npos) {
      return std::unexpected(ParseError{number, "no password after the name"});
    }
    auto password = Password::parse(text::without_leading_blanks(line.substr(blank)));
    if (!password) return std::unexpected(ParseError{number, password.error()});

    const User& user = db.users_.emplace_back(std::string(name), *std::move(password));
    const std::string_view key = user.name;
    if (!db.by_name_.emplace(key, &user).second) {
      return std::unexpected(ParseError{number, "the name stands twice: " + user.name});
    }
    const size_t at = key.rfind('@');
    db.domains_.insert(key.substr(at + 1));
    const auto [same, first] = db.by_local_part_.emplace(key.substr(0, at), &user);
    if (!first) same->second = nullptr;
    db.has_hashed_ = db.has_hashed_ || user.password.is_hashed();
    db.all_know_scram_ = db.all_know_scram_ && user.password.knows_scram();
  }
  return db;
}

const User* UserDb::find(std::string_view name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : it->second;
}

const User* UserDb::find_login(std::string_view name) const {
  if (const User* user = find(name)) return user;
  const auto it = by_local_part_.find(name);
  return it == by_local_part_.end() ? nullptr : it->second;
}

bool UserDb::has_domain(std::string_view domain) const { return domains_.contains(domain); }

}  // namespace users
