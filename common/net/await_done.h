// From the store's callbacks to a coroutine: co_await await_done<T>(start).
//
// `start(Done<T>)` begins an operation of the store. Its outcome resumes the coroutine on the
// coroutine's own executor, whichever thread reports it, and also when it is reported before start
// returns. Until then the executor has work to do, so its io_context's run() does not return.
#pragma once

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <expected>
#include <system_error>
#include <utility>

#include "common/store/done.h"

namespace net {

template <class T, class Start>
asio::awaitable<std::expected<T, std::error_code>> await_done(Start start) {
  using Outcome = std::expected<T, std::error_code>;
  return asio::async_initiate<const asio::use_awaitable_t<>, void(Outcome)>(
      [](auto handler, Start begin) {
        auto work = asio::make_work_guard(asio::get_associated_executor(handler));
        begin(store::Done<T>(
            [handler = std::move(handler), work = std::move(work)](Outcome outcome) mutable {
              // Posted even when it comes inline: the coroutine is still being suspended then.
              const auto executor = work.get_executor();
              asio::post(executor,
                         [handler = std::move(handler), work = std::move(work),
                          outcome = std::move(outcome)]() mutable { handler(std::move(outcome)); });
            }));
      },
      asio::use_awaitable, std::move(start));
}

}  // namespace net
