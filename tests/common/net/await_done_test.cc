#include "common/net/await_done.h"

#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "common/net/awaitable.h"
#include "tests/support/channel.h"

namespace net {
namespace {

using Number = std::expected<std::unique_ptr<int>, std::error_code>;
using DoneNumber = store::Done<std::unique_ptr<int>>;

void rethrow(const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);
}

TEST(AwaitDoneTest, OutcomeReportedInlineResumesTheCoroutine) {
  asio::io_context context;
  std::optional<Number> outcome;
  const auto task = [&]() -> Awaitable<void> {
    outcome = co_await await_done<std::unique_ptr<int>>(
        [](DoneNumber done) { done(std::make_unique<int>(7)); });
  };
  asio::co_spawn(context, task(), rethrow);
  context.run();
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ(***outcome, 7);
}

TEST(AwaitDoneTest, OutcomeReportedInlineTakesNoWayThroughTheExecutor) {
  const auto handlers_run = [](int times) {
    asio::io_context context;
    const auto task = [times]() -> Awaitable<void> {
      for (int i = 0; i < times; ++i) {
        const auto outcome = co_await await_done<std::unique_ptr<int>>(
            [](DoneNumber done) { done(std::make_unique<int>(7)); });
        EXPECT_TRUE(outcome);
      }
    };
    asio::co_spawn(context, task(), rethrow);
    return context.run();
  };
  EXPECT_EQ(handlers_run(10), handlers_run(0));
}

TEST(AwaitDoneTest, OutcomeThatNobodyWillReportEndsTheCoroutine) {
  asio::io_context context;
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> observed = held;
  const auto task = [](std::shared_ptr<int>) -> Awaitable<void> {
    co_await await_done<void>([](const store::Done<void>&) {});
  };
  asio::co_spawn(context, task(std::move(held)), rethrow);
  context.run();
  EXPECT_TRUE(observed.expired());
}

TEST(AwaitDoneTest, ErrorComesThrough) {
  asio::io_context context;
  std::optional<Number> outcome;
  const auto full = std::make_error_code(std::errc::no_space_on_device);
  const auto task = [&]() -> Awaitable<void> {
    outcome = co_await await_done<std::unique_ptr<int>>(
        [full](DoneNumber done) { done(std::unexpected(full)); });
  };
  asio::co_spawn(context, task(), rethrow);
  context.run();
  ASSERT_TRUE(outcome);
  ASSERT_FALSE(*outcome);
  EXPECT_EQ(outcome->error(), full);
}

TEST(AwaitDoneTest, OutcomeOfAnotherThreadResumesTheCoroutineOnItsOwn) {
  constexpr int kTasks = 200;
  asio::io_context context;
  support::Channel<std::optional<DoneNumber>> waiting;
  std::thread store([&waiting] {
    int next = 0;
    while (auto done = waiting.take()) (*done)(std::make_unique<int>(next++));
  });
  const auto home = std::this_thread::get_id();
  int sum = 0;  // touched by the context's thread only: TSan sees if not
  int at_home = 0;
  const auto task = [&]() -> Awaitable<void> {
    for (int i = 0; i < 5; ++i) {
      const auto outcome = co_await await_done<std::unique_ptr<int>>(
          [&waiting](DoneNumber done) { waiting.put(std::move(done)); });
      sum += **outcome;
      at_home += std::this_thread::get_id() == home ? 1 : 0;
    }
  };
  for (int i = 0; i < kTasks; ++i) asio::co_spawn(context, task(), rethrow);
  context.run();  // returns only when every outcome is in
  waiting.put(std::nullopt);
  store.join();
  EXPECT_EQ(at_home, kTasks * 5);
  EXPECT_EQ(sum, (kTasks * 5) * (kTasks * 5 - 1) / 2);
}

TEST(AwaitDoneTest, RunDoesNotReturnWhileAnOutcomeIsOut) {
  asio::io_context context;
  support::Channel<store::Done<void>> waiting;
  bool resumed = false;
  const auto task = [&]() -> Awaitable<void> {
    co_await await_done<void>([&waiting](store::Done<void> done) { waiting.put(std::move(done)); });
    resumed = true;
  };
  asio::co_spawn(context, task(), rethrow);
  context.poll();
  EXPECT_FALSE(context.stopped());
  waiting.take()({});
  context.run();
  EXPECT_TRUE(resumed);
}

}  // namespace
}  // namespace net
