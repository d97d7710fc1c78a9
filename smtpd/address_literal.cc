#include "smtpd/address_literal.h"

#include <algorithm>

#include "common/text/ascii.h"

namespace smtp {
namespace {

constexpr std::string_view kIpv6Tag = "IPv6:";
constexpr int kGroups = 8;  // of 16 bits in an IPv6 address

// Snum *3("." Snum): four numbers of one to three digits, 0 to 255.
bool is_ipv4(std::string_view s) {
  for (int part = 0; part < 4; ++part) {
    int value = 0;
    size_t digits = 0;
    while (digits < s.size() && text::is_digit(s[digits])) {
      if (digits == 3) return false;
      value = value * 10 + (s[digits] - '0');
      ++digits;
    }
    if (digits == 0 || value > 255) return false;
    s.remove_prefix(digits);
    if (part == 3) return s.empty();
    if (!s.starts_with('.')) return false;
    s.remove_prefix(1);
  }
  return false;
}

bool is_hex_digit(char c) {
  const char lower = text::to_lower(c);
  return text::is_digit(c) || (lower >= 'a' && lower <= 'f');
}

// How many groups a run of `group:group:…` has, an IPv4 address at its end counting two; -1 when it
// is none. Empty: 0.
int groups_in(std::string_view s, bool may_end_in_ipv4) {
  if (s.empty()) return 0;
  int groups = 0;
  for (;;) {
    const size_t colon = s.find(':');
    const std::string_view group = s.substr(0, colon);
    if (colon == std::string_view::npos && may_end_in_ipv4 && group.contains('.')) {
      return is_ipv4(group) ? groups + 2 : -1;
    }
    if (group.empty() || group.size() > 4 || !std::ranges::all_of(group, is_hex_digit)) return -1;
    ++groups;
    if (colon == std::string_view::npos) return groups;
    s.remove_prefix(colon + 1);
  }
}

bool is_ipv6(std::string_view s) {
  const size_t gap = s.find("::");
  if (gap == std::string_view::npos) return groups_in(s, true) == kGroups;
  const int before = groups_in(s.substr(0, gap), false);
  const int after = groups_in(s.substr(gap + 2), true);
  // "::" stands for two groups at least.
  return before >= 0 && after >= 0 && before + after <= kGroups - 2;
}

// Standardized-tag ":" 1*dcontent
bool is_general(std::string_view s) {
  const size_t colon = s.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == s.size()) return false;
  const std::string_view tag = s.substr(0, colon);
  return tag.back() != '-' &&
         std::ranges::all_of(tag, [](char c) { return text::is_alnum(c) || c == '-'; }) &&
         std::ranges::all_of(s.substr(colon + 1), [](char c) {
           return text::is_visible(c) && c != '[' && c != '\\' && c != ']';
         });
}

}  // namespace

bool is_address_literal(std::string_view literal) {
  if (text::starts_with_ignoring_case(literal, kIpv6Tag)) {
    return is_ipv6(literal.substr(kIpv6Tag.size()));
  }
  return is_ipv4(literal) || is_general(literal);
}

}  // namespace smtp
