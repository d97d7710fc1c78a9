// Plays a case on a pop3::Session: a driver and a maildrop that keep what came of it, and check at
// every step that the session asks for nothing it may not ask for and holds no more memory than its
// header says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/fuzz/pieces.h"
#include "tests/fuzz/pop3_case.h"

namespace fuzz {

struct Pop3Outcome {
  std::string replies;
  std::vector<std::string> mailboxes;          // whose were asked for, in order
  std::optional<std::vector<size_t>> removed;  // as asked for at QUIT
  bool operator==(const Pop3Outcome&) const = default;
};

// `pieces`: of what the client sends; `read_pieces`: of the messages.
Pop3Outcome play(const Pop3Case& given, Pieces pieces, Pieces read_pieces,
                 Interruption interruption = Interruption::kNone);

}  // namespace fuzz
