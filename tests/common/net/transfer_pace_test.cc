#include "common/net/transfer_pace.h"

#include <gtest/gtest.h>

#include <limits>

#include "common/net/crowding.h"

namespace net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A client that moves so many octets in each second that it is waited for, for so long.
void let_pass(TransferPace& pace, seconds time, uint64_t octets_a_second) {
  for (seconds passed{0}; passed < time; ++passed) {
    pace.spend(seconds(1));
    pace.earn(octets_a_second);
  }
}

TEST(TransferPaceTest, AClientThatMovesNothingHasTheGraceAndNoMore) {
  TransferPace pace(1000, seconds(60));
  pace.spend(seconds(60) - milliseconds(1));
  EXPECT_FALSE(pace.is_spent());
  EXPECT_EQ(pace.left(), milliseconds(1));
  pace.spend(milliseconds(1));
  EXPECT_TRUE(pace.is_spent());
}

TEST(TransferPaceTest, AClientAtTheRateHasNoEndAndOneBelowItHas) {
  TransferPace at_it(1000, seconds(60));
  let_pass(at_it, seconds(100'000), 1000);
  EXPECT_FALSE(at_it.is_spent());
  TransferPace below_it(1000, seconds(60));
  let_pass(below_it, seconds(59'000), 999);
  EXPECT_FALSE(below_it.is_spent());
  let_pass(below_it, seconds(2'000), 999);
  EXPECT_TRUE(below_it.is_spent());
}

TEST(TransferPaceTest, AClientAtHalfTheRateHasTwiceTheGrace) {
  TransferPace pace(1000, seconds(60));
  let_pass(pace, seconds(118), 500);
  EXPECT_FALSE(pace.is_spent());
  let_pass(pace, seconds(2), 500);
  EXPECT_TRUE(pace.is_spent());
}

TEST(TransferPaceTest, OneHonestStallIsForgivenAndForgotten) {
  TransferPace pace(1000, seconds(60));
  for (int stall = 0; stall < 100; ++stall) {
    pace.spend(seconds(59));
    EXPECT_FALSE(pace.is_spent()) << stall;
    let_pass(pace, seconds(10), 10'000);
  }
}

TEST(TransferPaceTest, WhatWasFastBeforeBuysNoMoreThanTheGrace) {
  TransferPace pace(1000, seconds(60));
  pace.earn(std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(pace.left(), seconds(60));
  pace.spend(seconds(60));
  EXPECT_TRUE(pace.is_spent());
  pace.earn(std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(pace.left(), seconds(60));
}

TEST(TransferPaceTest, AnOctetIsWorthItsShare) {
  TransferPace pace(1000, seconds(60));
  pace.spend(seconds(61));
  pace.earn(1);
  EXPECT_EQ(pace.left(), milliseconds(-999));
  pace.earn(2500);
  EXPECT_EQ(pace.left(), milliseconds(1501));
}

// Its octets are counted after the time that they took.
TEST(TransferPaceTest, AClientThatDripsIsNotForgivenWithEachOctet) {
  TransferPace pace(1000, seconds(60));
  let_pass(pace, seconds(61), 1);
  EXPECT_TRUE(pace.is_spent());
  let_pass(pace, seconds(1), 999);
  EXPECT_TRUE(pace.is_spent());
}

TEST(TransferPaceTest, ADebtIsNoLargerThanTheGrace) {
  TransferPace pace(1000, seconds(60));
  pace.spend(seconds(100'000));
  EXPECT_EQ(pace.left(), seconds(-60));
  pace.earn(60'001);
  EXPECT_FALSE(pace.is_spent());
}

TEST(TransferPaceTest, RestartedItHasItsGrace) {
  TransferPace pace(1000, seconds(60));
  pace.spend(seconds(3600));
  pace.restart();
  EXPECT_EQ(pace.left(), seconds(60));
}

TEST(TransferPaceTest, WithoutARateNobodyIsTooSlow) {
  TransferPace pace(0, seconds(60));
  pace.spend(seconds(3600));
  pace.earn(10);
  EXPECT_FALSE(pace.is_spent());
}

TEST(CrowdingTest, HalfOfTheConnectionsAreACrowd) {
  Crowding crowding;
  EXPECT_FALSE(crowding.is_half_full());
  crowding.set_open(4, 10);
  EXPECT_FALSE(crowding.is_half_full());
  crowding.set_open(5, 10);
  EXPECT_TRUE(crowding.is_half_full());
  crowding.set_open(4, 10);
  EXPECT_FALSE(crowding.is_half_full());
  crowding.set_open(5, 11);
  EXPECT_FALSE(crowding.is_half_full());
  crowding.set_open(6, 11);
  EXPECT_TRUE(crowding.is_half_full());
  crowding.set_open(1, 1);
  EXPECT_TRUE(crowding.is_half_full());
}

}  // namespace
}  // namespace net
