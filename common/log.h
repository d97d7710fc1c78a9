// The servers' log: events with a name and fields, a line each on standard error, as text or JSON
// (log_form.h). docs/logging.md lists every event.
//
// An event never blocks the caller: lines go through a bounded queue to a thread of the log's own.
// When nobody reads standard error and the queue is full, the oldest lines are dropped; how many is
// logged as `log-overrun` as soon as a line gets through again. Never log a password or a message's
// text.
//
// While no Log is open, events go nowhere. Callable from any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "common/log_field.h"
#include "common/log_form.h"

namespace logging {

enum class Level { kDebug, kInfo, kWarning, kError };

// The level of this name, debug, info, warning or error; nothing for another.
std::optional<Level> level_named(std::string_view name);

void log(Level level, std::string_view event, Fields fields = {});
void debug(std::string_view event, Fields fields = {});
void info(std::string_view event, Fields fields = {});
void warning(std::string_view event, Fields fields = {});
void error(std::string_view event, Fields fields = {});

// Waits until what was logged so far is written or dropped, at most so long. For a process that is
// about to end without destroying its Log.
void drain(std::chrono::milliseconds at_most);

struct LogSettings {
  Level least = Level::kInfo;  // what is below it is not logged
  Form form = Form::kText;
  int descriptor = 2;           // not owned
  size_t queued_lines = 2'048;  // about half a KiB each, taken at start
};

// Opens the log. One at a time; it outlives all threads that log. The destructor writes what is
// queued, but waits no longer than a second for a reader.
class Log {
 public:
  explicit Log(LogSettings settings);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log();
};

}  // namespace logging
