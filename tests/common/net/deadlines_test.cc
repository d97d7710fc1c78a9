#include "common/net/deadlines.h"

#include <gtest/gtest.h>

#include <memory>

namespace net {
namespace {

using std::chrono::seconds;

class Waiter : public Deadlines::Member {
 public:
  using Member::clear_deadline;
  using Member::Member;
  using Member::set_deadline;
  void deadline_passed() override { ++passed; }
  void shut_down() override { ++shut_downs; }
  int passed = 0;
  int shut_downs = 0;
};

TEST(DeadlinesTest, OnlyWhatHasPassedIsToldAndOnce) {
  Deadlines deadlines;
  Waiter soon(deadlines);
  Waiter late(deadlines);
  Waiter never(deadlines);
  Waiter cleared(deadlines);
  soon.set_deadline(seconds(10));
  late.set_deadline(seconds(1000));
  cleared.set_deadline(seconds(10));
  cleared.clear_deadline();
  const auto now = Deadlines::Clock::now();
  deadlines.sweep(now);
  EXPECT_EQ(soon.passed, 0);
  deadlines.sweep(now + seconds(100));
  deadlines.sweep(now + seconds(100));
  EXPECT_EQ(soon.passed, 1);
  EXPECT_EQ(late.passed, 0);
  deadlines.sweep(now + seconds(2000));
  EXPECT_EQ(late.passed, 1);
  EXPECT_EQ(never.passed, 0);
  EXPECT_EQ(cleared.passed, 0);
}

// Covers: 1939-3-16
TEST(DeadlinesTest, SetAgainTheOldDeadlineIsForgotten) {
  Deadlines deadlines;
  Waiter waiter(deadlines);
  waiter.set_deadline(seconds(10));
  waiter.set_deadline(seconds(1000));
  deadlines.sweep(Deadlines::Clock::now() + seconds(100));
  EXPECT_EQ(waiter.passed, 0);
}

TEST(DeadlinesTest, MembersKeepTheirDeadlinesWhenOthersGo) {
  Deadlines deadlines;
  EXPECT_TRUE(deadlines.empty());
  auto first = std::make_unique<Waiter>(deadlines);
  auto second = std::make_unique<Waiter>(deadlines);
  auto third = std::make_unique<Waiter>(deadlines);
  third->set_deadline(seconds(10));
  first.reset();  // the last one takes its place
  deadlines.sweep(Deadlines::Clock::now() + seconds(100));
  EXPECT_EQ(third->passed, 1);
  EXPECT_EQ(second->passed, 0);
  second->set_deadline(seconds(10));
  third.reset();
  deadlines.sweep(Deadlines::Clock::now() + seconds(100));
  EXPECT_EQ(second->passed, 1);
  second.reset();
  EXPECT_TRUE(deadlines.empty());
}

TEST(DeadlinesTest, ShutDownTellsEveryMember) {
  Deadlines deadlines;
  Waiter one(deadlines);
  Waiter two(deadlines);
  two.set_deadline(seconds(1000));
  deadlines.shut_down();
  EXPECT_EQ(one.shut_downs, 1);
  EXPECT_EQ(two.shut_downs, 1);
}

}  // namespace
}  // namespace net
