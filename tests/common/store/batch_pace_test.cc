#include "common/store/batch_pace.h"

#include <gtest/gtest.h>

namespace store {
namespace {

using namespace std::chrono_literals;

const BatchPace::Clock::time_point kNow(1h);

TEST(BatchPaceTest, FirstMessageWaitsForNobody) { EXPECT_EQ(BatchPace().expected(), 1U); }

TEST(BatchPaceTest, WhoSendsAloneWaitsForNobody) {
  BatchPace pace;
  pace.committed(1, 0, kNow, 8ms);
  EXPECT_EQ(pace.expected(), 1U);
}

TEST(BatchPaceTest, ThoseThatWereAnsweredAndThoseThatWaitAreExpectedTogether) {
  BatchPace pace;
  pace.committed(5, 4, kNow, 8ms);
  EXPECT_EQ(pace.expected(), 9U);
}

TEST(BatchPaceTest, ManyWaitForNoMore) {
  BatchPace pace;
  pace.committed(50, 50, kNow, 8ms);
  EXPECT_EQ(pace.expected(), 32U);
}

TEST(BatchPaceTest, AQuarterOfTheSyncsTimeIsWaitedAtTheMost) {
  BatchPace pace;
  pace.committed(5, 5, kNow, 8ms);
  EXPECT_EQ(pace.until(), kNow + 2ms);
}

TEST(BatchPaceTest, AfterASyncThatStalledNobodyWaitsLong) {
  BatchPace pace;
  pace.committed(5, 5, kNow, 10s);
  EXPECT_EQ(pace.until(), kNow + 4ms);
}

}  // namespace
}  // namespace store
