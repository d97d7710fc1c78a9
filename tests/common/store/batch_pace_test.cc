#include "common/store/batch_pace.h"

#include <gtest/gtest.h>

namespace store {
namespace {

using namespace std::chrono_literals;
using Batch = BatchPace::Batch;
using Duration = BatchPace::Clock::duration;

const BatchPace::Clock::time_point kNow(1h);

// Ten senders in two halves: each time one half is answered while the other waits, and comes again
// so late after it was. What the disk takes of each half's time is `syncing`, the rest `linking`.
// `came`: how many of those that were answered have come again when the other half is. It has gone
// on like this for a while.
class TwoHalves {
 public:
  TwoHalves(Duration coming, Duration syncing, Duration linking = {}, size_t came = 5) {
    for (int i = 0; i < 20; ++i) {
      pace_.answered({.size = 5,
                      .waiting = 5,
                      .now = now_ + kBatch,
                      .syncing = syncing,
                      .linking = linking,
                      .came = came,
                      .last_came = now_ + coming});
      now_ += kBatch;
    }
  }

  Duration wait() const { return pace_.until() - now_; }

 private:
  static constexpr Duration kBatch = 10s;
  BatchPace pace_;
  BatchPace::Clock::time_point now_ = kNow;
};

TEST(BatchPaceTest, FirstMessageWaitsForNobody) { EXPECT_EQ(BatchPace().expected(), 1U); }

TEST(BatchPaceTest, WhoSendsAloneWaitsForNobody) {
  BatchPace pace;
  pace.answered({.size = 1, .now = kNow, .syncing = 8ms, .came = 1, .last_came = kNow - 8ms});
  EXPECT_EQ(pace.expected(), 1U);
}

TEST(BatchPaceTest, ThoseThatWereAnsweredAndThoseThatWaitAreExpectedTogether) {
  BatchPace pace;
  pace.answered({.size = 5, .waiting = 4, .now = kNow, .syncing = 8ms, .came = 9});
  EXPECT_EQ(pace.expected(), 9U);
}

TEST(BatchPaceTest, ManyWaitForNoMore) {
  BatchPace pace;
  pace.answered({.size = 50, .waiting = 50, .now = kNow, .syncing = 8ms, .came = 100});
  EXPECT_EQ(pace.expected(), 32U);
}

TEST(BatchPaceTest, WhoComesAgainSoonerThanADiskSyncsThreeTimesIsWaitedFor) {
  const TwoHalves halves(2500us, 1ms);
  EXPECT_GT(halves.wait(), 2500us);
}

TEST(BatchPaceTest, WhoTakesLongerThanTheDiskToSyncThreeTimesIsNotWaitedFor) {
  const TwoHalves halves(1600us, 500us);
  EXPECT_EQ(halves.wait(), 0us);
}

TEST(BatchPaceTest, HalfIsLinkedWhileTheOtherComesWhereThatTakesLong) {
  const TwoHalves halves(1500us, 1ms, 600us);
  EXPECT_EQ(halves.wait(), 0us);
}

TEST(BatchPaceTest, HalfThatTakesLongToLinkWaitsForWhoComesWithinASync) {
  const TwoHalves halves(900us, 1ms, 600us);
  EXPECT_GT(halves.wait(), 900us);
  EXPECT_LE(halves.wait(), 1ms);
}

TEST(BatchPaceTest, WhereNobodyWaitsThereIsNothingToLinkMeanwhile) {
  BatchPace pace;
  auto now = kNow;
  for (int i = 0; i < 20; ++i) {
    now += 10ms;
    pace.answered({.size = 10,
                   .now = now,
                   .syncing = 1ms,
                   .linking = 5ms,
                   .came = 10,
                   .last_came = now - 10ms + 1500us});
  }
  EXPECT_GT(pace.until(), now + 1500us);
}

TEST(BatchPaceTest, WhoHasNotComeAgainCountsAsLate) {
  const TwoHalves halves(700us, 1ms, 0us, 1);
  EXPECT_EQ(halves.wait(), 0us);
}

TEST(BatchPaceTest, WaitIsNoLongerThanThreeSyncs) {
  const TwoHalves halves(900us, 1ms);
  EXPECT_GT(halves.wait(), 900us);
  EXPECT_LE(halves.wait(), 3ms);
}

TEST(BatchPaceTest, AfterASyncThatStalledNobodyWaitsLong) {
  const TwoHalves halves(3ms, 10s);
  EXPECT_EQ(halves.wait(), 4ms);
}

TEST(BatchPaceTest, DiskThatHasBecomeQuickIsSeenWithinAFewBatches) {
  BatchPace pace;
  auto now = kNow;
  for (int i = 0; i < 20; ++i) {
    now += 10ms;
    const Duration syncing = i < 10 ? Duration(8ms) : Duration(200us);
    pace.answered({.size = 5,
                   .waiting = 5,
                   .now = now,
                   .syncing = syncing,
                   .came = 5,
                   .last_came = now - 9ms});
    if (i == 9) {
      EXPECT_GT(pace.until(), now);
    }
  }
  EXPECT_EQ(pace.until(), now);
}

}  // namespace
}  // namespace store
