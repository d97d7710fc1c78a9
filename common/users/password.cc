#include "common/users/password.h"

#include <algorithm>

#include "common/text/ascii.h"

namespace users {
namespace {

constexpr std::string_view kPlain = "{PLAIN}";

bool is_scheme_character(char c) { return text::is_alnum(c) || c == '-' || c == '.' || c == '_'; }

// `{SCHEME}` at the front of a field, or nothing.
std::string_view scheme_of(std::string_view field) {
  if (!field.starts_with('{')) return {};
  const size_t close = field.find('}');
  if (close == std::string_view::npos || close == 1) return {};
  const std::string_view word = field.substr(1, close - 1);
  return std::ranges::all_of(word, is_scheme_character) ? field.substr(0, close + 1)
                                                        : std::string_view();
}

}  // namespace

std::expected<Password, std::string> Password::parse(std::string_view field) {
  const std::string_view scheme = scheme_of(field);
  if (scheme.empty()) return Password(std::string(field));
  if (!text::equal_ignoring_case(scheme, kPlain)) {
    return std::unexpected("unknown password scheme " + std::string(scheme) +
                           " (a password that begins so is written {PLAIN} and the password)");
  }
  field.remove_prefix(scheme.size());
  if (field.empty()) return std::unexpected(std::string("no password after {PLAIN}"));
  return Password(std::string(field));
}

bool Password::matches(std::string_view attempt) const {
  unsigned difference = attempt.size() == plain_.size() ? 0U : 1U;
  for (size_t i = 0; i < attempt.size(); ++i) {
    const char expected = i < plain_.size() ? plain_[i] : '\0';
    difference |= static_cast<unsigned char>(attempt[i] ^ expected);
  }
  return difference == 0;
}

}  // namespace users
