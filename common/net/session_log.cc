#include "common/net/session_log.h"

#include <vector>

#include "common/log.h"

namespace net {

std::optional<SessionEnd::Why> why_closed(protocol::Closed closed) {
  switch (closed) {
    case protocol::Closed::kQuit:
      return SessionEnd::Why::kQuit;
    case protocol::Closed::kEndOfInput:
      return SessionEnd::Why::kEndOfInput;
    case protocol::Closed::kTooManyErrors:
      return SessionEnd::Why::kTooManyErrors;
    case protocol::Closed::kTooManyCommands:
      return SessionEnd::Why::kTooManyCommands;
    case protocol::Closed::kNoMailClient:
      return SessionEnd::Why::kNoMailClient;
    case protocol::Closed::kUnreadable:
      return SessionEnd::Why::kUnreadable;
    case protocol::Closed::kEnded:
      break;
  }
  return std::nullopt;
}

std::string_view to_text(SessionEnd::Why why) {
  switch (why) {
    case SessionEnd::Why::kQuit:
      return "quit";
    case SessionEnd::Why::kEndOfInput:
      return "end-of-input";
    case SessionEnd::Why::kTimeOut:
      return "time-out";
    case SessionEnd::Why::kLoginTimeOut:
      return "login-time-out";
    case SessionEnd::Why::kDataTimeOut:
      return "data-time-out";
    case SessionEnd::Why::kTooSlow:
      return "too-slow";
    case SessionEnd::Why::kShutDown:
      return "shut-down";
    case SessionEnd::Why::kTooManyErrors:
      return "too-many-errors";
    case SessionEnd::Why::kTooManyCommands:
      return "too-many-commands";
    case SessionEnd::Why::kNoMailClient:
      return "no-mail-client";
    case SessionEnd::Why::kUnreadable:
      return "unreadable-message";
    case SessionEnd::Why::kReadFailed:
      return "read-failed";
    case SessionEnd::Why::kTlsFailed:
      return "tls-failed";
    case SessionEnd::Why::kWriteFailed:
      break;
  }
  return "write-failed";
}

void log_connected(const Connection& connection) {
  logging::info("connected", {{"session", connection.number()}, {"peer", connection.peer()}});
}

void log_handshake(const Connection& connection, const std::error_code& error) {
  if (error) {
    logging::info(
        "tls-failed",
        {{"session", connection.number()}, {"peer", connection.peer()}, {"reason", error}});
    return;
  }
  logging::info("tls", {{"session", connection.number()},
                        {"version", connection.tls()->version()},
                        {"cipher", connection.tls()->cipher()}});
}

void log_refusals(const Connection& connection, const protocol::Refusals::Taken& refusals) {
  for (const auto& reply : refusals.replies) {
    const bool last = &reply == &refusals.replies.back();
    if (last && refusals.more > 0) {
      logging::info("refused",
                    {{"session", connection.number()}, {"reply", reply}, {"more", refusals.more}});
    } else {
      logging::info("refused", {{"session", connection.number()}, {"reply", reply}});
    }
  }
}

void log_end(const Connection& connection, const SessionEnd& end, logging::Fields counts) {
  std::vector<logging::Field> fields{{"session", connection.number()}, {"why", to_text(end.why)}};
  if (end.error) fields.emplace_back("reason", end.error);
  fields.insert(fields.end(), counts.begin(), counts.end());
  logging::info("session-over", logging::Fields(fields));
}

}  // namespace net
