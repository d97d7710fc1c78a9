// Tells a browser, or a page that makes one talk to a mail port, from a mail client: by its first
// command. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "common/text/ascii.h"

namespace protocol {

constexpr bool is_http_verb(std::string_view verb) {
  constexpr std::array<std::string_view, 6> kVerbs{"GET",  "POST",    "PUT",
                                                   "HEAD", "OPTIONS", "CONNECT"};
  return std::ranges::any_of(
      kVerbs, [verb](std::string_view v) { return text::equal_ignoring_case(v, verb); });
}

}  // namespace protocol
