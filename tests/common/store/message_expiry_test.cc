#include "common/store/message_expiry.h"

#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <future>
#include <map>

#include "common/store/expiry_sweep.h"
#include "tests/common/store/memory_mailbox.h"

namespace store {
namespace {

constexpr uint64_t kDay = 24 * 60 * 60 * kSecond;
constexpr auto kAge = std::chrono::days(30);
constexpr uint64_t kAgeNs = 30 * kDay;

// The store of MemoryMailboxTest delivers and lists; `mypopd_` is another, where messages expire.
class MessageExpiryTest : public MemoryMailboxTest {
 protected:
  MessageExpiryTest() {
    auto opened = FileStore::open(
        "/mail.store",
        [this](std::string_view what, std::string_view detail) {
          observed_ += std::string(what) + " " + std::string(detail) + "\n";
        },
        ops_, disk_.clock());
    EXPECT_TRUE(opened) << opened.error();
    mypopd_ = std::move(*opened);
    mypopd_->expire_after(kAge, [this](const Mailbox& mailbox, size_t messages) {
      told_ += mailbox + ' ' + std::to_string(messages) + '\n';
    });
    ops_.take_calls();
  }

  // A message that was delivered so long ago.
  void drop_aged(uint64_t n, uint64_t age_ns) {
    drop(n, "Hello\n");
    set_mtime(path(n), now() - age_ns);
  }
  uint64_t now() { return status(folder_).ctime_ns; }
  // Those that are there, by their numbers.
  std::string there() {
    std::string text;
    for (uint64_t n = 0; n < 10; ++n) {
      if (disk_.fstatat(AT_FDCWD, path(n))) text += std::to_string(n) + ' ';
    }
    return text;
  }
  std::map<std::string, size_t> calls() {
    std::map<std::string, size_t> calls;
    for (const auto& call : ops_.take_calls()) ++calls[call.name];
    return calls;
  }

  std::string observed_;
  std::string told_;
  std::unique_ptr<FileStore> mypopd_;
};

TEST_F(MessageExpiryTest, OldMessagesAreGoneFromALoginAndFromTheDisk) {
  drop_aged(0, kAgeNs + kSecond);
  drop_aged(1, kDay);
  drop_aged(2, kAgeNs + kSecond);
  const auto maildrop = open_maildrop(*mypopd_, kJohn);
  ASSERT_TRUE(maildrop);
  EXPECT_EQ((*maildrop)->messages().size(), 1U);
  EXPECT_EQ(read_all(**maildrop, 0), "Hello\n");
  EXPECT_EQ(there(), "1 ");
  EXPECT_EQ(told_, kJohn + " 2\n");
}

TEST_F(MessageExpiryTest, OldMessagesGoThoughNobodyLogsIn) {
  drop_aged(0, kAgeNs + kSecond);
  drop_aged(1, kDay);
  mypopd_->sweep(kJohn);
  EXPECT_EQ(there(), "1 ");
  EXPECT_EQ(told_, kJohn + " 1\n");
  EXPECT_EQ(observed_, "");
}

TEST_F(MessageExpiryTest, MessageStaysToTheLastMomentOfItsTime) {
  drop(0, "Hello\n");
  set_mtime(path(0), kStart + 100 * kSecond);
  disk_.set_time(kStart + 100 * kSecond + kAgeNs - kSecond);
  mypopd_->sweep(kJohn);
  EXPECT_TRUE(open_maildrop(*mypopd_, kJohn));
  EXPECT_EQ(there(), "0 ");
  disk_.set_time(kStart + 100 * kSecond + kAgeNs);
  mypopd_->sweep(kJohn);
  EXPECT_EQ(there(), "");
}

TEST_F(MessageExpiryTest, DeliveredMessageIsAsOldAsItsStampSays) {
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn, kMary}));
  wait(29 * kDay / kSecond);
  for (const auto& mailbox : {kJohn, kMary}) mypopd_->sweep(mailbox);
  EXPECT_EQ(told_, "");
  wait(kDay / kSecond);
  // That it left the one is no change of it in the other.
  for (const auto& mailbox : {kJohn, kMary}) mypopd_->sweep(mailbox);
  EXPECT_EQ(told_, kJohn + " 1\n" + kMary + " 1\n");
}

TEST_F(MessageExpiryTest, MessageFromTheFutureStaysAndOneFromBefore1970Goes) {
  drop(0, "Hello\n");
  set_mtime(path(0), kStart + 100 * kAgeNs);
  drop(1, "Hello\n");
  set_mtime(path(1), uint64_t{0} - kDay);
  mypopd_->sweep(kJohn);
  EXPECT_EQ(there(), "0 ");
}

TEST_F(MessageExpiryTest, SessionKeepsWhatItLists) {
  drop_aged(0, kAgeNs - kDay);
  drop_aged(1, kDay);
  {
    const auto maildrop = open_maildrop(*mypopd_, kJohn);
    ASSERT_TRUE(maildrop);
    ASSERT_EQ((*maildrop)->messages().size(), 2U);
    wait(2 * kDay / kSecond);
    mypopd_->sweep(kJohn);
    EXPECT_EQ(read_all(**maildrop, 0), "Hello\n");
    EXPECT_EQ(there(), "0 1 ");
  }
  EXPECT_EQ(observed_, "");
  mypopd_->sweep(kJohn);
  EXPECT_EQ(there(), "1 ");
}

TEST_F(MessageExpiryTest, NumberOfAnExpiredMessageNeverComesBack) {
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn}));
  wait(31 * kDay / kSecond);
  mypopd_->sweep(kJohn);
  ASSERT_EQ(there(), "");
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn}));
  EXPECT_EQ(there(), "1 ");
}

TEST_F(MessageExpiryTest, MailboxThatIsNotThereIsNotMade) {
  mypopd_->sweep(kMary);
  EXPECT_FALSE(disk_.fstatat(AT_FDCWD, "/mail.store/" + kMary));
  EXPECT_EQ(observed_, "");
}

TEST_F(MessageExpiryTest, WhatIsNoMessageStays) {
  const std::string name = folder_ + "/notes";
  const int fd = *disk_.openat(AT_FDCWD, name, O_CREAT | O_RDWR, 0600);
  ASSERT_FALSE(disk_.futimens(fd, kStart - 2 * kAgeNs));
  disk_.close(fd);
  ASSERT_FALSE(disk_.mkdirat(AT_FDCWD, path(3), 0700));
  set_mtime(path(3), kStart - 2 * kAgeNs);
  mypopd_->sweep(kJohn);
  EXPECT_TRUE(open_maildrop(*mypopd_, kJohn));
  EXPECT_TRUE(disk_.fstatat(AT_FDCWD, name));
  EXPECT_EQ(there(), "3 ");
}

// Found old, and another file by the time that it is to go.
TEST_F(MessageExpiryTest, MessageThatAHandHasReplacedMeanwhileStays) {
  drop_aged(0, kAgeNs + kSecond);
  bool is_first = true;
  ops_.set_judge([&](const FaultyFileOps::Call& call) {
    if (call.name == "fsetxattr" && std::exchange(is_first, false)) replace(0, "new\n");
    return 0;
  });
  mypopd_->sweep(kJohn);
  ops_.set_judge(nullptr);
  EXPECT_FALSE(is_first);
  EXPECT_EQ(there(), "0 ");
  EXPECT_EQ(told_, "");
}

TEST_F(MessageExpiryTest, MailboxWithNothingOldIsLookedAtAgainWhenItChangesOrAMessageComesOfAge) {
  drop_aged(0, kAgeNs - kDay);
  drop_aged(1, 0);
  wait();
  mypopd_->sweep(kJohn);
  EXPECT_EQ(calls()["list"], 1U);
  wait();
  mypopd_->sweep(kJohn);
  EXPECT_EQ(calls(), (std::map<std::string, size_t>{{"fstatat", 1}}));
  drop_aged(2, 0);
  wait();
  mypopd_->sweep(kJohn);
  EXPECT_EQ(calls()["list"], 1U);
  mypopd_->sweep(kJohn);
  EXPECT_EQ(calls()["list"], 0U);
  wait(2 * kDay / kSecond);
  mypopd_->sweep(kJohn);
  EXPECT_EQ(there(), "1 2 ");
}

TEST_F(MessageExpiryTest, MailboxThatHasJustChangedIsLookedAtAgain) {
  disk_.set_tick(2 * kSecond);
  disk_.set_time(kStart + 100 * kSecond);
  drop_aged(0, 0);
  mypopd_->sweep(kJohn);
  drop_aged(1, 2 * kAgeNs);  // within the same tick
  wait();
  mypopd_->sweep(kJohn);
  EXPECT_EQ(there(), "0 ");
}

TEST_F(MessageExpiryTest, WhatGoesIsToldOfThoughTheRestCannot) {
  drop_aged(0, kAgeNs + kSecond);
  drop_aged(1, kAgeNs + kSecond);
  ops_.set_judge(FaultyFileOps::nth_of("unlinkat", 1, EIO));
  mypopd_->sweep(kJohn);
  ops_.set_judge(nullptr);
  EXPECT_EQ(there(), "0 ");
  EXPECT_EQ(told_, kJohn + " 1\n");
  EXPECT_NE(observed_, "");
}

TEST_F(MessageExpiryTest, LargeMailboxIsUnlockedBetweenTurns) {
  for (uint64_t n = 0; n < 2'500; ++n) drop_aged(n, kAgeNs + kSecond);
  mypopd_->sweep(kJohn);
  EXPECT_EQ(told_, kJohn + " 2500\n");
  EXPECT_EQ(calls()["flock"], 4U);  // one for the look
}

TEST_F(MessageExpiryTest, SessionThatComesBetweenTurnsKeepsTheRest) {
  for (uint64_t n = 0; n < 1'500; ++n) drop_aged(n, kAgeNs + kSecond);
  size_t locks = 0;
  ops_.set_judge([&](const FaultyFileOps::Call& call) {
    // Before the second turn.
    if (call.name == "flock" && ++locks == 3) return EWOULDBLOCK;
    return 0;
  });
  mypopd_->sweep(kJohn);
  ops_.set_judge(nullptr);
  EXPECT_EQ(told_, kJohn + " 1000\n");
  EXPECT_EQ(observed_, "");
  mypopd_->sweep(kJohn);
  EXPECT_EQ(told_, kJohn + " 1000\n" + kJohn + " 500\n");
}

TEST_F(MessageExpiryTest, MessageThatCannotBeRemovedIsListedAndToldOf) {
  drop_aged(0, kAgeNs + kSecond);
  drop_aged(1, 0);
  ops_.set_judge(FaultyFileOps::always("unlinkat", EACCES));
  const auto maildrop = open_maildrop(*mypopd_, kJohn);
  ASSERT_TRUE(maildrop);
  EXPECT_EQ((*maildrop)->messages().size(), 2U);
  EXPECT_EQ(told_, "");
  EXPECT_NE(observed_.find("messages that are too old could not be removed " + kJohn),
            std::string::npos)
      << observed_;
}

// Whatever fails: what is young stays, and what is old goes the next time.
TEST_F(MessageExpiryTest, FailedCallRemovesNothingYoungAndTheNextSweepDoesTheRest) {
  for (const int error : {EIO, ENOENT, EMFILE}) {
    for (int n = 1;; ++n) {
      SCOPED_TRACE(std::to_string(error) + " at call " + std::to_string(n));
      drop_aged(0, kAgeNs + kSecond);
      drop_aged(1, kDay);
      ops_.take_calls();
      ops_.set_judge(FaultyFileOps::nth(n, error));
      mypopd_->sweep(kJohn);
      ops_.set_judge(nullptr);
      const size_t made = ops_.take_calls().size();
      EXPECT_NE(there().find("1 "), std::string::npos);
      mypopd_->sweep(kJohn);
      EXPECT_EQ(there(), "1 ");
      take_away(1);
      if (made < static_cast<size_t>(n)) break;
    }
  }
}

TEST_F(MessageExpiryTest, MessagesStayWhereNothingWasSaidOfTheirAge) {
  drop_aged(0, 100 * kAgeNs);
  store_->sweep(kJohn);
  EXPECT_EQ(login()->messages().size(), 1U);
}

class ExpirySweepTest : public MemoryMailboxTest {};

TEST_F(ExpirySweepTest, AllMailboxesAreSweptAtOnceAndTheEndIsNotWaitedFor) {
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn, kMary}));
  wait(31 * kDay / kSecond);
  std::promise<void> swept;
  std::atomic<int> told = 0;
  auto mypopd = FileStore::open("/mail.store", nullptr, ops_, disk_.clock());
  ASSERT_TRUE(mypopd);
  (*mypopd)->expire_after(kAge, [&](const Mailbox&, size_t) {
    if (++told == 2) swept.set_value();
  });
  const ExpirySweep sweep(**mypopd,
                          [] { return std::vector<Mailbox>{kMary, "nobody@example.com", kJohn}; });
  swept.get_future().wait();
  EXPECT_EQ(login()->messages().size(), 0U);
}

TEST_F(ExpirySweepTest, MailboxesAreAskedForAtEachSweep) {
  std::promise<void> asked_again;
  std::atomic<int> asked = 0;
  {
    const ExpirySweep sweep(
        *store_,
        [&] {
          if (++asked == 3) asked_again.set_value();
          return std::vector<Mailbox>();
        },
        std::chrono::seconds(0));
    asked_again.get_future().wait();
  }
  EXPECT_GE(asked, 3);
}

}  // namespace
}  // namespace store
