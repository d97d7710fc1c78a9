// From the store's callbacks to a coroutine: co_await await_done<T>(start).
//
// `start(Done<T>)` begins an operation of the store. Its outcome resumes the coroutine on the
// coroutine's own executor, whichever thread reports it. One that is reported before start returns
// is taken at once, without a way through the executor: a message that needs no disk. Until the
// outcome is there the executor has work to do, so its io_context's run() does not return.
#pragma once

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <atomic>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "common/store/done.h"

namespace net {

// Where the outcome of one operation and the coroutine that wants it meet, in either order.
template <class T>
class Meeting {
 public:
  using Outcome = std::expected<T, std::error_code>;

  // From any thread, once.
  void bring(Outcome outcome) {
    outcome_ = std::move(outcome);
    if (stage_.exchange(Stage::kBrought) == Stage::kAwaited) resume_(*std::move(outcome_));
  }

  // By the coroutine's thread: nothing if it is not there yet.
  std::optional<Outcome> take() {
    if (stage_ == Stage::kBrought) return std::move(outcome_);
    return std::nullopt;
  }

  // Once, by the coroutine's thread: `resume` is called with the outcome, by whoever brings it; at
  // once if that was faster.
  void await(std::move_only_function<void(Outcome)> resume) {
    resume_ = std::move(resume);
    auto stage = Stage::kOpen;
    if (!stage_.compare_exchange_strong(stage, Stage::kAwaited)) resume_(*std::move(outcome_));
  }

 private:
  enum class Stage { kOpen, kAwaited, kBrought };

  std::atomic<Stage> stage_ = Stage::kOpen;
  std::optional<Outcome> outcome_;                 // there once it is kBrought
  std::move_only_function<void(Outcome)> resume_;  // there once it is kAwaited
};

template <class T, class Start>
asio::awaitable<std::expected<T, std::error_code>> await_done(Start start) {
  using Outcome = std::expected<T, std::error_code>;
  const auto meeting = std::make_shared<Meeting<T>>();
  start(store::Done<T>([meeting](Outcome outcome) { meeting->bring(std::move(outcome)); }));
  if (auto outcome = meeting->take()) co_return *std::move(outcome);
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Outcome)>(
      [meeting](auto handler) {
        auto work = asio::make_work_guard(asio::get_associated_executor(handler));
        meeting->await(
            [handler = std::move(handler), work = std::move(work)](Outcome outcome) mutable {
              // Posted: this may be another thread, or the coroutine still be being suspended.
              const auto executor = work.get_executor();
              asio::post(executor,
                         [handler = std::move(handler), work = std::move(work),
                          outcome = std::move(outcome)]() mutable { handler(std::move(outcome)); });
            });
      },
      asio::use_awaitable);
}

}  // namespace net
