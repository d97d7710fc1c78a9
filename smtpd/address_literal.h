// What may stand between the brackets of an address literal: RFC 5321 §4.1.3. Pure.
#pragma once

#include <string_view>

namespace smtp {

// `literal`: without its brackets, e.g. `127.0.0.1`, `IPv6:::1`, `tag:anything`.
bool is_address_literal(std::string_view literal);

}  // namespace smtp
