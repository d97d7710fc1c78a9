#include "tests/fuzz/pop3_text.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <utility>

namespace fuzz {

Pop3Command command_from(std::string_view line) {
  Pop3Command command;
  const size_t blank = std::min(line.find(' '), line.size());
  for (const char c : line.substr(0, blank)) {
    command.verb += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  while (command.verb.ends_with('\t')) command.verb.pop_back();
  command.rest = line.substr(std::min(blank + 1, line.size()));
  std::string word;
  for (const char c : line.substr(blank)) {
    if (c != ' ' && c != '\t') {
      word += c;
    } else if (!word.empty()) {
      command.arguments.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) command.arguments.push_back(word);
  return command;
}

uint64_t number_from(std::string_view digits) {
  uint64_t number = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return parsed.ec == std::errc() ? number : std::numeric_limits<uint64_t>::max();
}

std::string_view top_of(std::string_view message, uint64_t lines) {
  bool in_body = false;
  size_t shown = 0;
  while (shown < message.size() && (!in_body || lines > 0)) {
    const size_t lf = std::min(message.find('\n', shown), message.size() - 1);
    const auto line = message.substr(shown, lf + 1 - shown);
    if (in_body) --lines;
    if (line.ends_with('\n') && line.find_first_not_of("\r\n") == std::string_view::npos) {
      in_body = true;
    }
    shown += line.size();
  }
  return message.substr(0, shown);
}

std::string dot_stuffed(std::string_view lines) {
  std::string out;
  bool line_start = true;
  for (const char c : lines) {
    if (line_start && c == '.') out += '.';
    out += c;
    line_start = c == '\n';
  }
  return out;
}

}  // namespace fuzz
