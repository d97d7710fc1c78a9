#include "common/net/io_thread.h"

#include <asio/post.hpp>
#include <chrono>
#include <system_error>

namespace net {
namespace {

constexpr std::chrono::seconds kSweepInterval{1};
constexpr int kOneThread = 1;  // runs the context; others may post

}  // namespace

IoThread::IoThread()
    : context_(kOneThread), work_(context_.get_executor()), sweep_timer_(context_) {}

void IoThread::run() {
  while (!context_.stopped()) {
    context_.poll();
    if (wakefulness_.looks()) {
      if (look()) continue;
      wakefulness_.looked_in_vain();
    }
    const auto asleep_since = Clock::now();
    context_.run_one();
    wakefulness_.slept(Clock::now() - asleep_since);
  }
}

// Whether there was anything to do.
bool IoThread::look() {
  const auto until = Clock::now() + Wakefulness::kLook;
  while (!context_.stopped() && Clock::now() < until) {
    if (context_.poll() > 0) return true;
  }
  return false;
}

void IoThread::shut_down() {
  asio::post(context_, [this] {
    shutting_down_ = true;
    work_.reset();
    deadlines_.shut_down();
    if (deadlines_.empty()) sweep_timer_.cancel();
  });
}

void IoThread::connection_opened() {
  if (!sweeping_) sweep_later();
}

void IoThread::connection_closing() {
  if (!shutting_down_) return;
  // The timer alone would keep run() for up to a second more.
  asio::post(context_, [this] {
    if (deadlines_.empty()) sweep_timer_.cancel();
  });
}

void IoThread::sweep_later() {
  sweeping_ = true;
  sweep_timer_.expires_after(kSweepInterval);
  sweep_timer_.async_wait([this](const std::error_code&) {
    deadlines_.sweep(Deadlines::Clock::now());
    sweeping_ = false;
    if (!deadlines_.empty()) sweep_later();
  });
}

}  // namespace net
