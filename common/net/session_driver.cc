#include "common/net/session_driver.h"

#include "common/log.h"

namespace net {

std::string_view to_text(SessionEnd::Why why) {
  switch (why) {
    case SessionEnd::Why::kClosed:
      return "closed";
    case SessionEnd::Why::kEndOfInput:
      return "end-of-input";
    case SessionEnd::Why::kTimeOut:
      return "time-out";
    case SessionEnd::Why::kShutDown:
      return "shut-down";
    case SessionEnd::Why::kReadFailed:
      return "read-failed";
    case SessionEnd::Why::kWriteFailed:
      break;
  }
  return "write-failed";
}

void log_end(const Connection& connection, const SessionEnd& end) {
  if (end.error) {
    logging::info(
        "session-over",
        {{"session", connection.number()}, {"why", to_text(end.why)}, {"reason", end.error}});
  } else {
    logging::debug("session-over", {{"session", connection.number()}, {"why", to_text(end.why)}});
  }
}

}  // namespace net
