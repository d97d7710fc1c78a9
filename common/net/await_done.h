// From the store's callbacks to a coroutine: co_await await_done<T>(start).
//
// `start(Done<T>)` begins an operation of the store. If its outcome is reported before start
// returns, the coroutine goes on at once, without a way through the executor; else it is resumed on
// its own executor, whichever thread reports. Until then the executor has work to do, so its
// io_context's run() does not return.
#pragma once

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

#include "common/net/awaitable.h"
#include "common/store/done.h"

namespace net {

// Where the outcome and who waits for it meet, whichever comes first.
template <class T>
class Meeting {
 public:
  using Outcome = std::expected<T, std::error_code>;
  using Waiter = std::move_only_function<void(Outcome)>;

  // From any thread, once.
  void report(Outcome outcome) {
    std::unique_lock lock(mutex_);
    if (!waiter_) {
      outcome_ = std::move(outcome);
      return;
    }
    Waiter waiter = std::exchange(waiter_, nullptr);
    lock.unlock();
    waiter(std::move(outcome));
  }

  // The outcome, if it is there.
  std::optional<Outcome> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(outcome_, std::nullopt);
  }

  // Calls it with the outcome, now or later, once.
  void wait(Waiter waiter) {
    std::unique_lock lock(mutex_);
    if (!outcome_) {
      waiter_ = std::move(waiter);
      return;
    }
    Outcome outcome = std::move(*outcome_);
    lock.unlock();
    waiter(std::move(outcome));
  }

 private:
  std::mutex mutex_;
  std::optional<Outcome> outcome_;
  Waiter waiter_;
};

// Who awaits it does not own the meeting meanwhile: an outcome that nobody will ever report ends
// the coroutine.
template <class T>
Awaitable<std::expected<T, std::error_code>> outcome_of(std::shared_ptr<Meeting<T>> meeting) {
  using Outcome = typename Meeting<T>::Outcome;
  return asio::async_initiate<const asio::use_awaitable_t<Executor>, void(Outcome)>(
      [](auto handler, std::shared_ptr<Meeting<T>> given) {
        const auto awaited = std::move(given);  // kept no longer than this call
        auto work = asio::make_work_guard(asio::get_associated_executor(handler));
        awaited->wait(
            [handler = std::move(handler), work = std::move(work)](Outcome outcome) mutable {
              // Posted even when it comes inline: the coroutine is still being suspended then.
              const auto executor = work.get_executor();
              asio::post(executor,
                         [handler = std::move(handler), work = std::move(work),
                          outcome = std::move(outcome)]() mutable { handler(std::move(outcome)); });
            });
      },
      kAwait, std::move(meeting));
}

template <class T, class Start>
Awaitable<std::expected<T, std::error_code>> await_done(Start start) {
  auto meeting = std::make_shared<Meeting<T>>();
  start(store::Done<T>([meeting](std::expected<T, std::error_code> outcome) {
    meeting->report(std::move(outcome));
  }));
  if (auto outcome = meeting->take()) co_return std::move(*outcome);
  // A variable, since GCC 12 destroys temporaries of a co_await twice.
  auto coming = outcome_of<T>(std::move(meeting));
  co_return co_await std::move(coming);
}

}  // namespace net
