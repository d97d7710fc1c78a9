#include "common/store/mailbox_quota.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "tests/support/fake_store.h"

namespace store {
namespace {

using Room = MailboxQuota::Room;
using Claim = MailboxQuota::Claim;

constexpr uint64_t kSecond = 1'000'000'000;
const Mailbox kJohn = "john@h";
const Mailbox kMary = "mary@h";

class MailboxQuotaTest : public testing::Test {
 protected:
  std::unique_ptr<Claim> claim(uint64_t octets) { return std::make_unique<Claim>(quota_, octets); }
  static bool fits(Claim& claim, const Mailbox& mailbox = kJohn) {
    std::optional<bool> fits;
    claim.ask(mailbox, [&fits](const auto& room) { fits = room.value().is_there; });
    return fits.value();
  }
  // For one moment.
  bool would_fit(uint64_t octets, const Mailbox& mailbox = kJohn) {
    return fits(*claim(octets), mailbox);
  }
  // A message of so many octets comes through this server.
  void deliver(uint64_t octets) {
    const auto room = claim(octets);
    ASSERT_TRUE(fits(*room));
    store_.put(kJohn, std::string(octets, 'a'));
    room->landed(octets);
  }
  // From now on counts report when release() says so.
  void hold_counts() {
    store_.report = [this](std::move_only_function<void()> report) {
      held_.push_back(std::move(report));
    };
  }
  void release() {
    ASSERT_FALSE(held_.empty());
    auto report = std::move(held_.front());
    held_.pop_front();
    report();
  }

  support::FakeStore store_;
  std::atomic<uint64_t> now_ns_ = 1'000 * kSecond;
  MailboxQuota quota_{store_, 100, [this] { return now_ns_.load(); }};
  std::deque<std::move_only_function<void()>> held_;
};

TEST_F(MailboxQuotaTest, MessageThatFillsTheMailboxFitsAndAnOctetMoreDoesNot) {
  EXPECT_TRUE(would_fit(100));
  EXPECT_FALSE(would_fit(101));
  store_.put(kMary, std::string(60, 'a'));
  EXPECT_TRUE(would_fit(40, kMary));
  EXPECT_FALSE(would_fit(41, kMary));
  EXPECT_FALSE(would_fit(UINT64_MAX, kMary));
}

TEST_F(MailboxQuotaTest, MessageOfUnknownSizeNeedsRoomForOneOctet) {
  store_.put(kJohn, std::string(99, 'a'));
  EXPECT_TRUE(would_fit(0));
  store_.put(kMary, std::string(100, 'a'));
  EXPECT_FALSE(would_fit(0, kMary));
}

TEST_F(MailboxQuotaTest, MailboxThatIsOverItsQuotaTakesNothing) {
  store_.put(kJohn, std::string(150, 'a'));
  EXPECT_FALSE(would_fit(1));
}

TEST_F(MailboxQuotaTest, RoomIsHeldUntilItsMessageIsGivenUp) {
  auto first = claim(60);
  ASSERT_TRUE(fits(*first));
  EXPECT_FALSE(would_fit(41));
  EXPECT_TRUE(would_fit(40));
  EXPECT_TRUE(would_fit(100, kMary));
  first.reset();
  EXPECT_TRUE(would_fit(100));
}

TEST_F(MailboxQuotaTest, RoomIsHeldInEachOfItsMailboxes) {
  const auto first = claim(60);
  ASSERT_TRUE(fits(*first, kJohn));
  ASSERT_TRUE(fits(*first, kMary));
  EXPECT_FALSE(would_fit(41, kJohn));
  EXPECT_FALSE(would_fit(41, kMary));
}

TEST_F(MailboxQuotaTest, WhoIsTurnedAwayHoldsNothing) {
  const auto first = claim(60);
  ASSERT_TRUE(fits(*first));
  const auto second = claim(50);
  ASSERT_FALSE(fits(*second));
  EXPECT_TRUE(would_fit(40));
}

TEST_F(MailboxQuotaTest, MessageThatGrowsPastWhatItDeclaredHoldsWhatHasCome) {
  const auto first = claim(0);
  ASSERT_TRUE(fits(*first));
  first->grow_to(70);
  first->grow_to(60);
  EXPECT_FALSE(would_fit(31));
  EXPECT_TRUE(would_fit(30));
  first->grow_to(1'000);  // it was accepted
  EXPECT_FALSE(would_fit(1));
}

TEST_F(MailboxQuotaTest, MessageThatIsShorterThanDeclaredTakesWhatItHas) {
  const auto first = claim(90);
  ASSERT_TRUE(fits(*first));
  store_.put(kJohn, std::string(10, 'a'));
  first->landed(10);
  EXPECT_TRUE(would_fit(90));
  EXPECT_FALSE(would_fit(91));
}

TEST_F(MailboxQuotaTest, WhoFitsIsLetInWithoutACountUntilTheLastOneIsASecondOld) {
  for (int i = 0; i < 5; ++i) deliver(10);
  EXPECT_EQ(store_.measurements, 1);
  now_ns_ += kSecond - 1;
  EXPECT_TRUE(would_fit(50));
  EXPECT_EQ(store_.measurements, 1);
  now_ns_ += 1;
  EXPECT_TRUE(would_fit(50));
  EXPECT_EQ(store_.measurements, 2);
}

TEST_F(MailboxQuotaTest, OwnMessagesFillTheMailboxWithoutACount) {
  for (int i = 0; i < 9; ++i) deliver(10);
  EXPECT_EQ(store_.measurements, 1);
  EXPECT_FALSE(would_fit(11));
  EXPECT_EQ(store_.measurements, 2);  // nobody is turned away without
  EXPECT_TRUE(would_fit(10));
}

TEST_F(MailboxQuotaTest, RemovedMessageMakesRoomAtOnce) {
  deliver(100);
  EXPECT_FALSE(would_fit(1));
  store_.empty(kJohn);
  EXPECT_TRUE(would_fit(100));
}

TEST_F(MailboxQuotaTest, WhatOthersPutThereCountsAfterASecond) {
  deliver(10);
  store_.put(kJohn, std::string(90, 'a'));
  EXPECT_TRUE(would_fit(90));
  now_ns_ += kSecond;
  EXPECT_FALSE(would_fit(1));
}

TEST_F(MailboxQuotaTest, CountFromAfterTheClockWasSetBackIsNotBelieved) {
  deliver(10);
  store_.put(kJohn, std::string(90, 'a'));
  now_ns_ -= 1;
  EXPECT_FALSE(would_fit(1));
}

TEST_F(MailboxQuotaTest, NobodyIsTurnedAwayByACountThatBeganBeforeTheQuestion) {
  store_.put(kJohn, std::string(100, 'a'));
  hold_counts();
  const auto early = claim(1);
  const auto late = claim(1);
  std::vector<bool> answers;
  const auto note = [&](const auto& room) { answers.push_back(room->is_there); };
  early->ask(kJohn, note);
  store_.empty(kJohn);
  late->ask(kJohn, note);
  EXPECT_EQ(store_.measurements, 1);
  release();
  EXPECT_EQ(answers, std::vector<bool>{false});
  release();
  EXPECT_EQ(answers, (std::vector<bool>{false, true}));
}

TEST_F(MailboxQuotaTest, QuestionsThatComeDuringACountShareTheNext) {
  hold_counts();
  std::vector<std::unique_ptr<Claim>> claims;
  size_t there = 0;
  size_t answered = 0;
  for (int i = 0; i < 50; ++i) {
    claims.push_back(claim(10));
    claims.back()->ask(kJohn, [&](const auto& room) {
      ++answered;
      there += room->is_there ? 1U : 0U;
    });
  }
  release();
  EXPECT_EQ(answered, 1U);
  release();
  EXPECT_EQ(answered, 50U);
  EXPECT_EQ(there, 10U);
  EXPECT_EQ(store_.measurements, 2);
  EXPECT_TRUE(held_.empty());
}

// It may be in the count, or not: the mailbox is never taken for emptier than it is.
TEST_F(MailboxQuotaTest, MessageThatLandsDuringACountIsNotLost) {
  const auto first = claim(60);
  ASSERT_TRUE(fits(*first));
  now_ns_ += kSecond;
  hold_counts();
  const auto second = claim(50);
  std::optional<bool> fits;
  second->ask(kJohn, [&](const auto& room) { fits = room->is_there; });
  store_.put(kJohn, std::string(60, 'a'));
  first->landed(60);
  release();
  EXPECT_EQ(fits, false);
}

TEST_F(MailboxQuotaTest, MessageOfBeforeTheCountCountsOnce) {
  deliver(60);
  now_ns_ += kSecond;
  EXPECT_TRUE(would_fit(40));
  EXPECT_FALSE(would_fit(41));
}

TEST_F(MailboxQuotaTest, FailedCountIsAnErrorForThoseWhoAskedAndForNobodyElse) {
  deliver(10);
  now_ns_ += kSecond;
  store_.measure_error = std::make_error_code(std::errc::io_error);
  const auto unlucky = claim(10);
  std::optional<std::error_code> error;
  unlucky->ask(kJohn, [&](const auto& room) { error = room.error(); });
  EXPECT_EQ(error, std::make_error_code(std::errc::io_error));
  store_.measure_error = {};
  EXPECT_TRUE(would_fit(90));
  EXPECT_FALSE(would_fit(91));
}

TEST_F(MailboxQuotaTest, AnswerSaysWhatIsInTheWay) {
  store_.put(kJohn, std::string(30, 'a'));
  const auto first = claim(20);
  ASSERT_TRUE(fits(*first));
  const auto second = claim(51);
  second->ask(kJohn, [](const auto& room) {
    EXPECT_EQ(room->stored, 30U);
    EXPECT_EQ(room->coming, 20U);
  });
}

// Each says what it has, and no more lands than the quota allows, whoever is faster.
TEST_F(MailboxQuotaTest, MessagesOfManyThreadsDoNotOverfillAMailbox) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      for (int i = 0; i < 200; ++i) {
        const auto room = claim(3);
        std::atomic<int> answer = -1;
        room->ask(kJohn, [&](const auto& told) {
          answer = told->is_there ? 1 : 0;
          answer.notify_one();
        });
        answer.wait(-1);
        now_ns_ += kSecond / 3;
        if (answer == 0 || i % 3 == 0) continue;
        store_.put(kJohn, "abc");
        room->landed(3);
      }
    });
  }
  threads.clear();
  while (would_fit(3)) deliver(3);
  EXPECT_EQ(store_.mailbox(kJohn).size(), 33U);
}

}  // namespace
}  // namespace store
