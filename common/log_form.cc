#include "common/log_form.h"

#include <algorithm>
#include <cstdint>
#include <system_error>
#include <variant>

#include "common/text/utf8.h"

namespace logging {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

bool is_printable(char c) { return c >= ' ' && c <= '~'; }

void append_hex(char c, std::string& out) {
  const auto octet = static_cast<unsigned char>(c);
  out += kHex[octet >> 4U];
  out += kHex[octet & 0xfU];
}

// The escapes that both forms have in common; false: `c` is none of these.
bool append_short_escape(char c, std::string& out) {
  constexpr std::string_view kPlain = "\"\\\n\r\t";
  constexpr std::string_view kLetters = "\"\\nrt";
  const size_t at = kPlain.find(c);
  if (at == std::string_view::npos) return false;
  out += '\\';
  out += kLetters[at];
  return true;
}

// ---- Text ----

bool needs_quotes(std::string_view value) {
  return value.empty() || std::ranges::any_of(value, [](char c) {
           return c == ' ' || !is_printable(c) || c == '"' || c == '\\' || c == '=';
         });
}

void append_text(std::string_view value, std::string& out) {
  const bool cut = value.size() > kMaxValueOctets;
  value = value.substr(0, kMaxValueOctets);
  if (!needs_quotes(value)) {
    out += value;
  } else {
    out += '"';
    for (const char c : value) {
      if (append_short_escape(c, out)) continue;
      if (is_printable(c)) {
        out += c;
      } else {
        out += "\\x";
        append_hex(c, out);
      }
    }
    out += '"';
  }
  if (cut) out += "...";
}

// ---- JSON ----

// U+0080 to U+009F, two octets in UTF-8: controls, to some terminals.
bool is_c1_control(std::string_view character) {
  return character.size() == 2 && character[0] == '\xc2' && character[1] < '\xa0';
}

void append_character(std::string_view character, std::string& out) {
  const char c = character.back();
  if (c == '\\') {
    out += R"(\\\\)";
  } else if (character.size() == 1 && append_short_escape(c, out)) {
    return;
  } else if ((character.size() == 1 && !is_printable(c)) || is_c1_control(character)) {
    out += "\\u00";
    append_hex(c, out);
  } else {
    out += character;
  }
}

void append_json(std::string_view value, std::string& out) {
  const bool cut = value.size() > kMaxValueOctets;
  value = value.substr(0, kMaxValueOctets);
  out += '"';
  while (!value.empty()) {
    const size_t octets = text::utf8_length(value);
    if (octets == 0) {
      out += R"(\\x)";
      append_hex(value.front(), out);
      value.remove_prefix(1);
    } else {
      append_character(value.substr(0, octets), out);
      value.remove_prefix(octets);
    }
  }
  if (cut) out += R"(\\...)";
  out += '"';
}

struct ValueWriter {
  Form form;
  std::string& out;
  void operator()(std::string_view value) const {
    form == Form::kText ? append_text(value, out) : append_json(value, out);
  }
  void operator()(int64_t value) const { out += std::to_string(value); }
  void operator()(uint64_t value) const { out += std::to_string(value); }
  void operator()(const std::error_code& value) const { (*this)(value.message()); }
};

}  // namespace

std::string format_event(Form form, std::string_view event, Fields fields) {
  const bool json = form == Form::kJson;
  std::string out(json ? R"("event":")" : "");
  out += event;
  if (json) out += '"';
  for (const Field& field : fields) {
    out += json ? ",\"" : " ";
    out += field.key();
    out += json ? "\":" : "=";
    std::visit(ValueWriter{form, out}, field.value());
  }
  return out;
}

std::string_view line_pattern(Form form) {
  return form == Form::kText ? "%Y-%m-%dT%H:%M:%S.%eZ %l %v"
                             : R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";
}

}  // namespace logging
