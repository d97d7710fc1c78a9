// What stands in POP3's commands and messages, read with no code of the server's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

// A line as the client wrote it.
struct Pop3Command {
  std::string verb;                    // in upper case
  std::vector<std::string> arguments;  // parted by blanks
  std::string rest;                    // all behind the first blank
};

Pop3Command command_from(std::string_view line);

// What is no number, or too large, is the largest there is.
uint64_t number_from(std::string_view digits);

// A message's header, the blank line, and so many lines of its body.
std::string_view top_of(std::string_view message, uint64_t lines);

// With a dot more in front of every line that begins with one (RFC 1939 §3).
std::string dot_stuffed(std::string_view lines);

}  // namespace fuzz
