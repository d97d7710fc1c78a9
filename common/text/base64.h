// Base64 (RFC 4648 §4), as SASL's dialogues and password hashes are written. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace text {

std::string to_base64(std::string_view octets);

// Strict: padded to four characters, nothing else among them, no bits left over. Anything else is
// nothing.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace text
