// Plays a case on an smtp::Session: a driver and a store that keep what came of it, and check at
// every step that the session asks for nothing it may not ask for and holds no more memory than its
// header says.
#pragma once

#include <string>
#include <vector>

#include "tests/fuzz/pieces.h"
#include "tests/fuzz/smtp_case.h"

namespace fuzz {

struct StoredMail {
  std::vector<std::string> mailboxes = {};
  std::string text = {};
  // As the session says where it comes from (smtp::Origin).
  std::string reverse_path = {};
  std::string client_name = {};
  bool extended = false;
  bool encrypted = false;
  bool logged_in = false;
  bool operator==(const StoredMail&) const = default;
};

struct SmtpOutcome {
  std::string replies;
  std::vector<StoredMail> stored;
  std::vector<std::string> logins;  // who was let in, in order
  bool operator==(const SmtpOutcome&) const = default;
};

SmtpOutcome play(const SmtpCase& given, Pieces pieces,
                 Interruption interruption = Interruption::kNone);

}  // namespace fuzz
