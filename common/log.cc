#include "common/log.h"

#include <poll.h>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace logging {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLastWait{1'000};  // for a reader, when the log closes
constexpr milliseconds kWaitStep{100};

// Lines that come shortly after one another are written together: being woken for each and writing
// it took a tenth of what a message costs. What comes in it must find room in the queue.
constexpr milliseconds kPause{5};

// What a pipe takes without blocking once poll() says that it can be written (pipe(7)).
constexpr size_t kPipeOctets = 4'096;

// Writes lines to a descriptor that may be a pipe which nobody reads: waits for room, but not for
// long once the log is closing. Used by the log's thread only, but for close(), and write_out()
// when that has ended.
class PatientSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  PatientSink(const LogSettings& settings, spdlog::details::thread_pool& pool)
      : descriptor_(settings.descriptor), form_(settings.form), pool_(pool) {}

  void close() { give_up_at_ = (steady_clock::now() + kLastWait).time_since_epoch(); }

  void write_out() {
    std::string_view rest = lines_;
    while (!rest.empty() && wait_for_room()) {
      const ssize_t written = ::write(descriptor_, rest.data(), std::min(rest.size(), kPipeOctets));
      if (written < 0 && errno != EINTR && errno != EAGAIN) break;  // nowhere left to say it
      if (written > 0) rest.remove_prefix(static_cast<size_t>(written));
    }
    lines_.clear();
    handled_ += unwritten_;
    unwritten_ = 0;
  }

  size_t handled() const { return handled_; }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    // The counter holds what is lost before this line was taken off the queue.
    const size_t overruns = pool_.overrun_counter();
    if (overruns != reported_overruns_) {
      const std::string text =
          format_event(form_, "log-overrun", {{"dropped", overruns - reported_overruns_}});
      add_line(spdlog::details::log_msg(message.logger_name, spdlog::level::warn, text));
      reported_overruns_ = overruns;
    }
    add_line(message);
    ++unwritten_;
    if (pool_.queue_size() > 0) return;
    write_out();
    std::this_thread::sleep_for(kPause);
  }
  void flush_() override {}

 private:
  void add_line(const spdlog::details::log_msg& message) {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    if (lines_.size() + line.size() > kPipeOctets) write_out();
    lines_.append(line.data(), line.size());
  }

  // False: the log is closing and there is still no room.
  bool wait_for_room() const {
    for (;;) {
      const bool over = steady_clock::now().time_since_epoch() > give_up_at_.load();
      pollfd room{descriptor_, POLLOUT, 0};
      if (::poll(&room, 1, over ? 0 : static_cast<int>(kWaitStep.count())) > 0) return true;
      if (over) return false;
    }
  }

  const int descriptor_;
  const Form form_;
  spdlog::details::thread_pool& pool_;
  size_t reported_overruns_ = 0;
  std::string lines_;     // to be written, with the next ones or by write_out()
  size_t unwritten_ = 0;  // so many of the lines that were logged
  std::atomic<size_t> handled_ = 0;
  std::atomic<steady_clock::duration> give_up_at_ = steady_clock::duration::max();
};

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      break;
  }
  return spdlog::level::err;
}

// What an open Log is made of: the queue with its thread, the sink, and spdlog's front of both.
struct Machinery {
  explicit Machinery(const LogSettings& settings)
      : form(settings.form),
        pool(std::make_shared<spdlog::details::thread_pool>(settings.queued_lines, 1)),
        sink(std::make_shared<PatientSink>(settings, *pool)),
        logger(std::make_shared<spdlog::async_logger>(
            "mail", sink, pool, spdlog::async_overflow_policy::overrun_oldest)) {
    logger->set_level(to_spdlog(settings.least));
    logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        std::string(line_pattern(form)), spdlog::pattern_time_type::utc));
  }

  const Form form;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<PatientSink> sink;
  std::shared_ptr<spdlog::async_logger> logger;
  std::atomic<size_t> logged = 0;
};

std::atomic<Machinery*> open_log = nullptr;

}  // namespace

void log(Level level, std::string_view event, Fields fields) {
  Machinery* const machinery = open_log.load();
  if (machinery == nullptr || !machinery->logger->should_log(to_spdlog(level))) return;
  const std::string text = format_event(machinery->form, event, fields);
  ++machinery->logged;
  machinery->logger->log(to_spdlog(level), spdlog::string_view_t(text.data(), text.size()));
}

std::optional<Level> level_named(std::string_view name) {
  if (name == "debug") return Level::kDebug;
  if (name == "info") return Level::kInfo;
  if (name == "warning") return Level::kWarning;
  if (name == "error") return Level::kError;
  return std::nullopt;
}

void debug(std::string_view event, Fields fields) { log(Level::kDebug, event, fields); }
void info(std::string_view event, Fields fields) { log(Level::kInfo, event, fields); }
void warning(std::string_view event, Fields fields) { log(Level::kWarning, event, fields); }
void error(std::string_view event, Fields fields) { log(Level::kError, event, fields); }

void drain(milliseconds at_most) {
  Machinery* const machinery = open_log.load();
  if (machinery == nullptr) return;
  const size_t logged = machinery->logged;
  const auto until = steady_clock::now() + at_most;
  while (machinery->sink->handled() + machinery->pool->overrun_counter() < logged &&
         steady_clock::now() < until) {
    std::this_thread::sleep_for(milliseconds(5));
  }
}

Log::Log(LogSettings settings) {
  auto machinery = std::make_unique<Machinery>(settings);
  [[maybe_unused]] Machinery* const before = open_log.exchange(machinery.release());
  assert(before == nullptr);
}

Log::~Log() {
  const std::unique_ptr<Machinery> machinery(open_log.exchange(nullptr));
  machinery->sink->close();
  // Its thread writes what is queued, and ends: before the logger does, so that it is never the
  // last who has that.
  machinery->pool.reset();
  machinery->sink->write_out();
}

}  // namespace logging
