// ASCII as the mail protocols mean it: case is folded for A-Z only, whatever the locale, and octets
// above 127 are never letters, blanks or controls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace text {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_alnum(char c) { return is_digit(c) || is_alpha(c); }
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
// A control character: 0-31 and 127.
constexpr bool is_control(char c) { return (c >= 0 && c < 32) || c == 127; }
// A printable ASCII character, the blank not among them: RFC 5321's VCHAR.
constexpr bool is_visible(char c) { return c > 32 && c < 127; }

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

constexpr bool starts_with_ignoring_case(std::string_view s, std::string_view prefix) {
  return s.size() >= prefix.size() && equal_ignoring_case(s.substr(0, prefix.size()), prefix);
}

inline std::string to_lower(std::string_view s) {
  std::string lower(s);
  for (char& c : lower) c = to_lower(c);
  return lower;
}

// For tables whose keys match case-blind, without a copy of either. Not for keys that a stranger
// chooses: who knows it can make all of them meet.
struct CaseBlindHash {
  constexpr size_t operator()(std::string_view s) const {
    uint64_t hash = 0xcbf2'9ce4'8422'2325;  // FNV-1a
    for (const char c : s) {
      hash = (hash ^ static_cast<unsigned char>(to_lower(c))) * 0x0000'0100'0000'01b3;
    }
    return hash;
  }
};
struct CaseBlindEqual {
  constexpr bool operator()(std::string_view a, std::string_view b) const {
    return equal_ignoring_case(a, b);
  }
};

constexpr std::string_view without_trailing_blanks(std::string_view s) {
  while (!s.empty() && is_blank(s.back())) s.remove_suffix(1);
  return s;
}

// Without the CRs and LFs at its end.
constexpr std::string_view without_line_end(std::string_view s) {
  while (s.ends_with('\r') || s.ends_with('\n')) s.remove_suffix(1);
  return s;
}

constexpr std::string_view without_leading_blanks(std::string_view s) {
  while (!s.empty() && is_blank(s.front())) s.remove_prefix(1);
  return s;
}

constexpr std::string_view without_blanks(std::string_view s) {
  return without_trailing_blanks(without_leading_blanks(s));
}

// The next word of `s`, up to a SP or the end, blanks in front of it dropped; takes it out of `s`.
constexpr std::string_view take_word(std::string_view& s) {
  s = without_leading_blanks(s);
  const std::string_view word = s.substr(0, s.find(' '));
  s.remove_prefix(word.size());
  return word;
}

}  // namespace text
