// UTF-8 as RFC 3629 has it. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace text {

// How many octets the character at the front of `text` takes; 0 if none stands there: a stray or
// missing continuation octet, a longer form than need be, a surrogate, or past U+10FFFF.
constexpr size_t utf8_length(std::string_view text) {
  const auto octet = [text](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto continues = [&octet](size_t i) { return (octet(i) & 0xc0U) == 0x80U; };
  const unsigned first = octet(0);
  if (first < 0x80U) return text.empty() ? 0 : 1;
  if (first < 0xc2U || !continues(1)) return 0;
  if (first < 0xe0U) return 2;
  const bool too_long =
      (first == 0xe0U && octet(1) < 0xa0U) || (first == 0xf0U && octet(1) < 0x90U);
  const bool no_scalar =
      (first == 0xedU && octet(1) > 0x9fU) || (first == 0xf4U && octet(1) > 0x8fU);
  if (first > 0xf4U || too_long || no_scalar || !continues(2)) return 0;
  if (first < 0xf0U) return 3;
  return continues(3) ? 4 : 0;
}

}  // namespace text
