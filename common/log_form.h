// The two forms of a line of the log, and the one place that knows them. Pure.
//
//   2026-01-31T23:59:59.123Z info message-stored session=7 octets=1234 reason="no space"
//   {"time":"2026-01-31T23:59:59.123Z","level":"info","event":"message-stored","session":7,
//    "octets":1234,"reason":"no space"}                                   (on one line; RFC 8259)
//
// Whatever a peer sends, it forges neither a line nor a field:
//
// Text: a value with a blank, a quote, `=`, `\`, a control character or an octet above 126 in it
// stands in quotes, with \" \\ \n \r \t and \xHH for what cannot stand there itself.
//
// JSON: numbers are numbers, the rest strings of UTF-8. A value's octets that are no UTF-8 stand as
// \xHH and a backslash of its own as \\, so that every value can be told from every other; for
// JSON itself each of these backslashes is then written twice, like any.
//
// A value is cut off after kMaxValueOctets: `...` behind it in text, `\...` in JSON.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/log_field.h"

namespace logging {

enum class Form { kText, kJson };

inline constexpr size_t kMaxValueOctets = 512;

// An event without time and level: in JSON the object's inside. line_pattern() adds the rest.
std::string format_event(Form form, std::string_view event, Fields fields);

// What stands around it, for spdlog's pattern formatter: %v is the event.
std::string_view line_pattern(Form form);

}  // namespace logging
