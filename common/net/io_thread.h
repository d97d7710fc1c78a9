// What connections share that are served by the same thread: an io_context, a buffer to read into
// and the list of their deadlines. The thread itself is whoever calls run().
#pragma once

#include <array>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <span>

#include "common/net/deadlines.h"
#include "common/net/wakefulness.h"

namespace net {

class IoThread {
 public:
  IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;
  ~IoThread() = default;

  // Runs what is posted until shut_down() was called and nothing is left to do. It sleeps when
  // there is nothing, but not always at once: wakefulness.h.
  void run();

  // Wakes every connection that waits for its client, and from now on every one that is about to.
  // From any thread.
  void shut_down();

  asio::io_context& context() { return context_; }

  // The rest: on the thread only.

  // What was read into it is good until the reader's next await.
  std::span<char> read_buffer() { return read_buffer_; }
  Deadlines& deadlines() { return deadlines_; }
  bool shutting_down() const { return shutting_down_; }
  // A connection is now in deadlines(), or about to leave it.
  void connection_opened();
  void connection_closing();

 private:
  using Clock = std::chrono::steady_clock;

  bool look();
  void sweep_later();

  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::steady_timer sweep_timer_;
  Deadlines deadlines_;
  Wakefulness wakefulness_;
  bool sweeping_ = false;
  bool shutting_down_ = false;
  std::array<char, size_t{64} * 1024> read_buffer_{};
};

}  // namespace net
