#include "common/net/wakefulness.h"

#include <gtest/gtest.h>

namespace net {
namespace {

void nap(Wakefulness& wakefulness, int times) {
  for (int i = 0; i < times; ++i) wakefulness.slept(Wakefulness::kShortNap);
}

TEST(WakefulnessTest, ThreadLooksOnlyAfterManyShortNapsInARow) {
  Wakefulness wakefulness;
  nap(wakefulness, Wakefulness::kShortNaps - 1);
  EXPECT_FALSE(wakefulness.looks());
  nap(wakefulness, 1);
  EXPECT_TRUE(wakefulness.looks());
}

TEST(WakefulnessTest, OneLongSleepBeginsTheCountAnew) {
  Wakefulness wakefulness;
  nap(wakefulness, Wakefulness::kShortNaps - 1);
  wakefulness.slept(Wakefulness::kShortNap + std::chrono::microseconds(1));
  nap(wakefulness, Wakefulness::kShortNaps - 1);
  EXPECT_FALSE(wakefulness.looks());
}

TEST(WakefulnessTest, LookInVainIsNotRepeatedBeforeAsManyShortNaps) {
  Wakefulness wakefulness;
  nap(wakefulness, 10 * Wakefulness::kShortNaps);
  ASSERT_TRUE(wakefulness.looks());
  wakefulness.looked_in_vain();
  nap(wakefulness, Wakefulness::kShortNaps - 1);
  EXPECT_FALSE(wakefulness.looks());
  nap(wakefulness, 1);
  EXPECT_TRUE(wakefulness.looks());
}

TEST(WakefulnessTest, SleepThatWasLongEndsIt) {
  Wakefulness wakefulness;
  nap(wakefulness, Wakefulness::kShortNaps);
  wakefulness.slept(std::chrono::seconds(1));
  EXPECT_FALSE(wakefulness.looks());
}

}  // namespace
}  // namespace net
