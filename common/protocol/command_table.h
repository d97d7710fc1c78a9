// The dispatcher of both servers: a table of the commands, a row each, and the one rule that says
// whether a command may run now. Pure.
//
// A server writes its table as a constexpr array of CommandRow; its session turns the phase it is
// in into `facts` (bits of the server's own meaning: greeted, logged in, …). refusal() compares
// the two. Order comes before syntax: `DATA x` without a MAIL is out of order, not malformed.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "common/text/ascii.h"

namespace protocol {

enum class Argument {
  kNone,      // anything after the verb is an error
  kOptional,  // the handler looks
  kRequired,  // none at all is an error
};

template <class Session>
struct CommandRow {
  std::string_view verb;                                 // in upper case
  void (Session::*handler)(std::string_view) = nullptr;  // null: a registered verb, not supported
  unsigned needs = 0;                                    // facts that must all hold
  unsigned forbids = 0;                                  // facts of which none may hold
  Argument argument = Argument::kOptional;
};

enum class Refusal {
  kUnknown,         // no such verb
  kNotImplemented,  // a verb of the protocol that this server does not support
  kBadSequence,     // not in this phase
  kBadArgument,     // one too many, or none
};

// A command line taken apart at its first blank (SP, not TAB). The views point into the line.
struct CommandLine {
  std::string_view verb;
  std::string_view argument;  // all after that one blank, further blanks included
};

constexpr CommandLine split_command(std::string_view line) {
  const size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return {line, {}};
  return {line.substr(0, blank), line.substr(blank + 1)};
}

// The row of `verb`, in any case of letters; null when the table has none.
template <class Session>
constexpr const CommandRow<Session>* find_command(std::span<const CommandRow<Session>> table,
                                                  std::string_view verb) {
  for (const auto& row : table) {
    if (text::equal_ignoring_case(row.verb, verb)) return &row;
  }
  return nullptr;
}

// Why the command of this row may not run now, or nothing. `row` may be null.
template <class Session>
constexpr std::optional<Refusal> refusal(const CommandRow<Session>* row, unsigned facts,
                                         std::string_view argument) {
  if (row == nullptr) return Refusal::kUnknown;
  if (row->handler == nullptr) return Refusal::kNotImplemented;
  if ((facts & row->needs) != row->needs || (facts & row->forbids) != 0) {
    return Refusal::kBadSequence;
  }
  const bool empty = text::without_trailing_blanks(argument).empty();
  if (row->argument == Argument::kNone && !empty) return Refusal::kBadArgument;
  if (row->argument == Argument::kRequired && empty) return Refusal::kBadArgument;
  return std::nullopt;
}

}  // namespace protocol
