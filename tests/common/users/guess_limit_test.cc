#include "common/users/guess_limit.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace users {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds kNone{0};

class GuessLimitTest : public testing::Test {
 protected:
  // Tries `count` passwords that were never tried before, without waiting.
  void guess(size_t count) {
    for (size_t i = 0; i < count; ++i) wrong("guess " + std::to_string(++guesses_));
  }
  void wrong(const std::string& password) { limit_.wrong("192.0.2.1", "john@x", password, now_); }
  // One password for each of so many names that nobody has.
  void try_names(const std::string& address, size_t count, const std::string& kind = "name") {
    for (size_t i = 0; i < count; ++i) limit_.wrong(address, kind + std::to_string(i), "x", now_);
  }
  void wrong_unseen() { limit_.wrong("192.0.2.1", "john@x", std::nullopt, now_); }
  seconds wait() { return limit_.wait("192.0.2.1", "john@x", now_); }

  GuessLimit limit_;
  GuessLimit::Time now_{hours(1000)};
  size_t guesses_ = 0;
};

TEST_F(GuessLimitTest, NineWrongPasswordsCostNoWaitAndTheTenthDoes) {
  guess(9);
  EXPECT_EQ(wait(), kNone);
  guess(1);
  EXPECT_EQ(wait(), GuessLimit::kFirstWait);
}

TEST_F(GuessLimitTest, TheSameWrongPasswordAHundredTimesIsOneGuess) {
  for (int i = 0; i < 100; ++i) wrong("old");
  guess(8);
  EXPECT_EQ(wait(), kNone);
  guess(1);
  EXPECT_GT(wait(), kNone);
}

TEST_F(GuessLimitTest, WaitsDoubleUpToAQuarterOfAnHour) {
  guess(9);
  seconds expected = GuessLimit::kFirstWait;
  for (int i = 0; i < 12; ++i) {
    guess(1);
    EXPECT_EQ(wait(), expected);
    now_ += expected - seconds(1);
    EXPECT_EQ(wait(), seconds(1));
    now_ += seconds(1);
    EXPECT_EQ(wait(), kNone);
    expected = std::min(expected * 2, GuessLimit::kLongestWait);
  }
  EXPECT_EQ(expected, minutes(15));
}

TEST_F(GuessLimitTest, AGuessListOfAThousandTakesMoreThanTenDays) {
  const auto start = now_;
  for (int i = 0; i < 1000; ++i) {
    now_ += wait();
    guess(1);
  }
  EXPECT_GT(now_ - start, hours(240));
}

TEST_F(GuessLimitTest, SuccessClearsThePairAlone) {
  guess(12);
  for (int i = 0; i < 12; ++i) limit_.wrong("192.0.2.2", "john@x", std::to_string(i), now_);
  limit_.right("192.0.2.1", "JOHN@x");
  EXPECT_EQ(wait(), kNone);
  guess(9);
  EXPECT_EQ(wait(), kNone);
  EXPECT_GT(limit_.wait("192.0.2.2", "john@x", now_), kNone);
}

TEST_F(GuessLimitTest, OthersDoNotWait) {
  guess(20);
  EXPECT_EQ(limit_.wait("192.0.2.2", "john@x", now_), kNone);
  EXPECT_EQ(limit_.wait("192.0.2.1", "mary@x", now_), kNone);
  EXPECT_GT(limit_.wait("192.0.2.1", "John@X", now_), kNone);
}

// A mail program tries PLAIN, LOGIN and USER with one password, at each check of the mail.
TEST_F(GuessLimitTest, AMailProgramThatFallsBackIsNeverLockedOut) {
  for (int check = 0; check < 50; ++check) {
    for (int mechanism = 0; mechanism < 3; ++mechanism) {
      EXPECT_EQ(wait(), kNone);
      wrong("last year's");
    }
    now_ += minutes(10);
  }
}

TEST_F(GuessLimitTest, APhoneThatPolls96TimesADayWithAnOldPasswordNeverWaits) {
  for (int poll = 0; poll < 7 * 96; ++poll) {
    EXPECT_EQ(wait(), kNone);
    wrong("last year's");
    now_ += minutes(15);
  }
}

TEST_F(GuessLimitTest, TheSamePhoneWithScramNeverWaitsEither) {
  for (int poll = 0; poll < 7 * 96; ++poll) {
    EXPECT_EQ(wait(), kNone);
    wrong_unseen();
    now_ += minutes(15);
  }
}

TEST_F(GuessLimitTest, UnseenPasswordsAreGuessesEach) {
  for (int i = 0; i < 10; ++i) wrong_unseen();
  EXPECT_EQ(wait(), GuessLimit::kFirstWait);
}

TEST_F(GuessLimitTest, GuessesAreForgottenInTheEnd) {
  guess(15);
  now_ += GuessLimit::kForgetPassword;
  guess(9);
  EXPECT_EQ(wait(), kNone);
  guess(1);
  EXPECT_EQ(wait(), GuessLimit::kFirstWait) << "the waits of yesterday still count";
}

TEST_F(GuessLimitTest, NamesMadeUpPushOutNoPairThatWaits) {
  guess(12);
  const auto waits = wait();
  try_names("192.0.2.1", GuessLimit::kPairsOfAddress + 100);
  EXPECT_EQ(limit_.pairs(), GuessLimit::kPairsOfAddress);
  EXPECT_EQ(wait(), waits);
}

TEST_F(GuessLimitTest, NamesMadeUpPushOutNoPairThatIsAboutToWait) {
  guess(9);
  try_names("192.0.2.1", GuessLimit::kPairsOfAddress + 100);
  guess(1);
  EXPECT_EQ(wait(), GuessLimit::kFirstWait);
}

TEST_F(GuessLimitTest, NamesMadeUpPushOutNoOtherAddressesPairs) {
  wrong("only one");
  try_names("198.51.100.1", GuessLimit::kPairs);
  guess(8);
  EXPECT_EQ(wait(), kNone);
  guess(1);
  EXPECT_EQ(wait(), GuessLimit::kFirstWait);
}

TEST_F(GuessLimitTest, AnAddressThatTriesMoreNamesThanItMayWaits) {
  try_names("192.0.2.1", GuessLimit::kPairsOfAddress + GuessLimit::kDistinct - 1);
  EXPECT_EQ(limit_.wait("192.0.2.1", "another", now_), kNone);
  limit_.wrong("192.0.2.1", "one more", "x", now_);
  EXPECT_EQ(limit_.wait("192.0.2.1", "another", now_), GuessLimit::kFirstWait);
  EXPECT_EQ(limit_.wait("192.0.2.1", "one more", now_), kNone) << "it has guesses of its own";
  EXPECT_EQ(limit_.wait("192.0.2.2", "another", now_), kNone);
  now_ += GuessLimit::kFirstWait;
  limit_.wrong("192.0.2.1", "another", "x", now_);
  EXPECT_EQ(limit_.wait("192.0.2.1", "a third", now_), 2 * GuessLimit::kFirstWait);
  now_ += GuessLimit::kForgetUnseen;
  EXPECT_EQ(limit_.wait("192.0.2.1", "a third", now_), kNone);
}

TEST_F(GuessLimitTest, GuessesThatAreForgottenAnywayAreNoneLost) {
  try_names("192.0.2.1", GuessLimit::kPairsOfAddress);
  now_ += GuessLimit::kForgetPassword;
  try_names("192.0.2.1", GuessLimit::kPairsOfAddress, "later");
  EXPECT_EQ(limit_.pairs(), GuessLimit::kPairsOfAddress);
  EXPECT_EQ(limit_.wait("192.0.2.1", "another", now_), kNone);
}

TEST_F(GuessLimitTest, TheTableIsBoundedAndTheAddressWithTheMostPairsMakesRoom) {
  wrong("only one");
  for (size_t i = 0; i < GuessLimit::kPairs; ++i) {
    limit_.wrong("198.51.100." + std::to_string(i / 999), std::to_string(i), "x", now_);
  }
  EXPECT_EQ(limit_.pairs(), GuessLimit::kPairs);
  guess(9);
  EXPECT_EQ(wait(), GuessLimit::kFirstWait) << "its first guess made room";
  EXPECT_EQ(limit_.pairs(), GuessLimit::kPairs);
}

TEST_F(GuessLimitTest, WhatIsRightLeavesTheTable) {
  wrong("x");
  EXPECT_EQ(limit_.pairs(), 1U);
  limit_.right("192.0.2.1", "john@x");
  limit_.right("192.0.2.1", "john@x");
  EXPECT_EQ(limit_.pairs(), 0U);
}

}  // namespace
}  // namespace users
