// The lines of the log that a session of either server has. docs/logging.md describes them.
#pragma once

#include <optional>
#include <string_view>
#include <system_error>

#include "common/log_field.h"
#include "common/net/connection.h"
#include "common/protocol/ending.h"
#include "common/protocol/refusals.h"

namespace net {

// Why a session is over.
struct SessionEnd {
  enum class Why {
    kQuit,
    kEndOfInput,
    kTimeOut,
    kLoginTimeOut,
    kDataTimeOut,
    kTooSlow,
    kShutDown,
    kTooManyErrors,
    kTooManyCommands,
    kNoMailClient,
    kUnreadable,
    kReadFailed,
    kTlsFailed,
    kWriteFailed
  };
  Why why = Why::kQuit;
  std::error_code error = {};  // when something failed
};

// What a session's own reason to close means here; nothing: it was told to.
std::optional<SessionEnd::Why> why_closed(protocol::Closed closed);

std::string_view to_text(SessionEnd::Why why);

// How a handshake went.
void log_handshake(const Connection& connection, const std::error_code& error);

void log_connected(const Connection& connection);

// A line each.
void log_refusals(const Connection& connection, const protocol::Refusals::Taken& refusals);

// `counts`: what the session came to.
void log_end(const Connection& connection, const SessionEnd& end, logging::Fields counts);

}  // namespace net
