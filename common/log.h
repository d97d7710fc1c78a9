// The servers' log: events with a name and fields, a line each on standard error.
//
//   2026-01-31T23:59:59.123Z info message-stored session=7 octets=1234 reason="no space"
//
// A value with a blank, a quote, `=`, `\`, a control character or an octet above 126 in it stands
// in quotes, with \" \\ \n \r \t and \xHH for what cannot stand there itself: so whatever a peer
// sends, it forges neither a line nor a field. A value is cut off after kMaxValueOctets.
//
// An event never blocks the caller: lines go through a bounded queue to a thread of the log's own.
// When nobody reads standard error and the queue is full, the oldest lines are dropped; how many is
// logged as `log-overrun` as soon as a line gets through again. Never log a password or a message's
// text.
//
// While no Log is open, events go nowhere. Callable from any thread.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>

namespace logging {

enum class Level { kDebug, kInfo, kWarning, kError };

// The level of this name, debug, info, warning or error; nothing for another.
std::optional<Level> level_named(std::string_view name);

inline constexpr size_t kMaxValueOctets = 512;

template <class T>
concept Number = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;

// A key, which is a word of ours, and a value. Views: lives no longer than the call it is made for.
class Field {
 public:
  using Value = std::variant<std::string_view, int64_t, uint64_t, std::error_code>;

  Field(std::string_view key, std::string_view value) : key_(key), value_(value) {}
  Field(std::string_view key, std::error_code value) : key_(key), value_(value) {}
  Field(std::string_view key, std::signed_integral auto value)
    requires Number<decltype(value)>
      : key_(key), value_(int64_t{value}) {}
  Field(std::string_view key, std::unsigned_integral auto value)
    requires Number<decltype(value)>
      : key_(key), value_(uint64_t{value}) {}

  std::string_view key() const { return key_; }
  const Value& value() const { return value_; }

 private:
  std::string_view key_;
  Value value_;
};

using Fields = std::initializer_list<Field>;

// The text form of an event, without time and level. The one place that knows it; another form
// (JSON) is another such function.
std::string to_text(std::string_view event, Fields fields);

void log(Level level, std::string_view event, Fields fields = {});
void debug(std::string_view event, Fields fields = {});
void info(std::string_view event, Fields fields = {});
void warning(std::string_view event, Fields fields = {});
void error(std::string_view event, Fields fields = {});

// Waits until what was logged so far is written or dropped, at most so long. For a process that is
// about to end without destroying its Log.
void drain(std::chrono::milliseconds at_most);

struct LogSettings {
  Level least = Level::kInfo;   // what is below it is not logged
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
