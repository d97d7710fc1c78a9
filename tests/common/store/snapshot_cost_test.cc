// What a login asks of the disk, in calls: with the index, next to nothing while the mailbox is as
// it was, and its names alone when a message more has come.
#include <map>

#include "common/store/maildrop_snapshot.h"
#include "tests/common/store/memory_mailbox.h"

namespace store {
namespace {

// Half as many again as are looked at each time.
constexpr size_t kMany = kNewestLookedAt * 3 / 2;

class SnapshotCostTest : public MemoryMailboxTest {
 protected:
  SnapshotCostTest() {
    for (size_t n = 0; n < kMany; ++n) drop(n, "Hello\n");
    wait();
  }

  std::unique_ptr<Maildrop> counted_login() {
    ops_.take_calls();
    auto maildrop = login();
    calls_.clear();
    for (const auto& call : ops_.take_calls()) ++calls_[call.name];
    return maildrop;
  }

  void expect_looks(size_t names_read, size_t looked_at, size_t looked_at_closer) {
    EXPECT_EQ(calls_["list"], names_read);
    // One more is the lock's, of the folder.
    EXPECT_EQ(calls_["fstatat"], looked_at + 1);
    EXPECT_EQ(calls_["getxattrat"], looked_at_closer);
  }

  std::map<std::string, size_t> calls_;  // of the last login
};

static_assert(kBelievedFor == std::chrono::seconds(600));

TEST_F(SnapshotCostTest, FirstLoginLooksAtEveryMessage) {
  EXPECT_EQ(counted_login()->messages().size(), kMany);
  expect_looks(1, kMany, kMany);
  EXPECT_GE(calls_["pread"], kMany);
}

TEST_F(SnapshotCostTest, UnchangedMailboxIsNotReadAndOnlyItsNewestMessagesAreLookedAt) {
  counted_login();
  for (int again = 0; again < 3; ++again) {
    EXPECT_EQ(counted_login()->messages().size(), kMany);
    expect_looks(0, kNewestLookedAt, 0);
    EXPECT_EQ(calls_["pread"], 0U);
    EXPECT_EQ(calls_["openat"], 1U);  // the folder's
  }
}

TEST_F(SnapshotCostTest, MaildropsOfAnUnchangedMailboxShareOneList) {
  const MessageList* first = &counted_login()->messages();
  EXPECT_EQ(&counted_login()->messages(), first);
}

TEST_F(SnapshotCostTest, OneMessageMoreCostsTheNamesAndALookAtThatOneAlone) {
  counted_login();
  for (size_t more = 1; more <= 3; ++more) {
    drop(kMany - 1 + more, "Hello\n");
    wait();
    EXPECT_EQ(counted_login()->messages().size(), kMany + more);
    expect_looks(1, kNewestLookedAt, 1);
    counted_login();
    expect_looks(0, kNewestLookedAt, 0);
  }
}

TEST_F(SnapshotCostTest, RemovedMessagesCostTheNamesAlone) {
  ASSERT_TRUE(remove(*counted_login(), {0, 700, kMany - 1}));
  EXPECT_EQ(counted_login()->messages().size(), kMany - 3);
  expect_looks(1, kNewestLookedAt, 0);
}

TEST_F(SnapshotCostTest, DeliveredMessageCostsTheNamesAndALookAtThatOneAlone) {
  counted_login();
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn}));
  EXPECT_EQ(counted_login()->messages().size(), kMany + 1);
  expect_looks(1, kNewestLookedAt, 1);
  EXPECT_EQ(calls_["pread"], 0U);
}

TEST_F(SnapshotCostTest, MessageThatLeavesAnotherMailboxCostsALookAtItAlone) {
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn, kMary}));
  wait();
  counted_login();
  ASSERT_TRUE(remove(**open_maildrop(*store_, kMary), {0}));
  wait();
  counted_login();
  expect_looks(0, kNewestLookedAt, 1);
}

TEST_F(SnapshotCostTest, EveryMessageIsLookedAtAgainWhenItWasBelievedForLongEnough) {
  counted_login();
  wait(600);
  EXPECT_EQ(counted_login()->messages().size(), kMany);
  expect_looks(1, kMany, kMany);
  EXPECT_EQ(calls_["pread"], 0U);
  counted_login();
  expect_looks(0, kNewestLookedAt, 0);
}

}  // namespace
}  // namespace store
