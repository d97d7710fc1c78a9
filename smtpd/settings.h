// What mysmtpd's sessions are told at the start. Pure.
#pragma once

#include <string>

#include "smtpd/limits.h"

namespace smtp {

// What becomes of a message in a CRLF session that holds a CR or LF alone.
enum class BareNewlines { kKeep, kRefuse };

struct Settings {
  std::string host_name;
  std::string postmaster;  // a name in users.txt; empty: the first one there
  BareNewlines bare_newlines = BareNewlines::kKeep;
  Limits limits;
};

}  // namespace smtp
