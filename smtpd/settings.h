// What mysmtpd's sessions are told at the start. Pure.
#pragma once

#include <string>

#include "common/protocol/channel.h"
#include "smtpd/limits.h"

namespace smtp {

// What becomes of a message in a CRLF session that holds a CR or LF alone.
enum class BareNewlines { kKeep, kRefuse };

struct Settings {
  std::string host_name;
  std::string postmaster;  // a name in users.txt; empty: the first one there
  BareNewlines bare_newlines = BareNewlines::kKeep;
  protocol::LoginPolicy logins = {};
  bool require_login = false;  // MAIL is for those who have logged in, with their own reverse-path
  bool any_sender = false;     // … or with any
  bool hide_users = false;     // VRFY says nothing about anybody
  bool has_quota = false;      // a mailbox may be full: each RCPT asks
  Limits limits = {};
};

}  // namespace smtp
