// What a login asks of the disk, in calls: with the index, next to nothing while the mailbox is as
// it was, and its names alone when a message more has come.
#include <algorithm>
#include <map>

#include "common/store/maildrop_snapshot.h"
#include "tests/common/store/store_fixture.h"

namespace store {
namespace {

// Half as many again as are looked at each time.
constexpr size_t kMany = kNewestLookedAt * 3 / 2;

class SnapshotCostTest : public testing::Test {
 protected:
  SnapshotCostTest() {
    // Ten seconds ahead: whatever the test does is past when the store looks.
    auto opened = FileStore::open((folder_.path() / "mail.store").string(), nullptr, ops_,
                                  [this] { return time_of_day() + ahead_ns_; });
    EXPECT_TRUE(opened) << opened.error();
    store_ = std::move(*opened);
    for (size_t n = 0; n < kMany; ++n) drop(n);
  }

  void drop(size_t n) {
    drop_file(folder_.path() / "mail.store" / kJohn / (std::to_string(n) + ".mail"), "Hello\n");
  }

  std::unique_ptr<Maildrop> login() {
    ops_.take_calls();
    auto opened = open_maildrop(*store_, kJohn);
    calls_.clear();
    for (const auto& call : ops_.take_calls()) ++calls_[call.name];
    EXPECT_TRUE(opened) << opened.error().message();
    return opened ? std::move(*opened) : nullptr;
  }

  void expect_looks(size_t names_read, size_t looked_at, size_t looked_at_closer) {
    EXPECT_EQ(calls_["list"], names_read);
    // One more is the lock's, of the folder.
    EXPECT_EQ(calls_["fstatat"], looked_at + 1);
    EXPECT_EQ(calls_["getxattrat"], looked_at_closer);
  }

  FaultyFileOps ops_;
  uint64_t ahead_ns_ = 10'000'000'000;
  std::unique_ptr<FileStore> store_;
  std::map<std::string, size_t> calls_;  // of the last login

 private:
  support::TemporaryFolder folder_;
};

TEST_F(SnapshotCostTest, FirstLoginLooksAtEveryMessage) {
  EXPECT_EQ(login()->messages().size(), kMany);
  expect_looks(1, kMany, kMany);
  EXPECT_GE(calls_["pread"], kMany);
}

TEST_F(SnapshotCostTest, UnchangedMailboxIsNotReadAndOnlyItsNewestMessagesAreLookedAt) {
  login();
  for (int again = 0; again < 3; ++again) {
    EXPECT_EQ(login()->messages().size(), kMany);
    expect_looks(0, kNewestLookedAt, 0);
    EXPECT_EQ(calls_["pread"], 0U);
    EXPECT_EQ(calls_["openat"], 1U);  // the folder's
  }
}

TEST_F(SnapshotCostTest, MaildropsOfAnUnchangedMailboxShareOneList) {
  const MessageList* first = &login()->messages();
  EXPECT_EQ(&login()->messages(), first);
}

TEST_F(SnapshotCostTest, OneMessageMoreCostsTheNamesAndALookAtThatOneAlone) {
  login();
  for (size_t more = 1; more <= 3; ++more) {
    drop(kMany - 1 + more);
    EXPECT_EQ(login()->messages().size(), kMany + more);
    expect_looks(1, kNewestLookedAt, 1);
    login();
    expect_looks(0, kNewestLookedAt, 0);
  }
}

TEST_F(SnapshotCostTest, RemovedMessagesCostTheNamesAlone) {
  ASSERT_TRUE(remove(*login(), {0, 700, kMany - 1}));
  EXPECT_EQ(login()->messages().size(), kMany - 3);
  expect_looks(1, kNewestLookedAt, 0);
}

TEST_F(SnapshotCostTest, DeliveredMessageCostsTheNamesAndALookAtThatOneAlone) {
  login();
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn}));
  EXPECT_EQ(login()->messages().size(), kMany + 1);
  expect_looks(1, kNewestLookedAt, 1);
  EXPECT_EQ(calls_["pread"], 0U);
}

TEST_F(SnapshotCostTest, EveryMessageIsLookedAtAgainWhenItWasBelievedForLongEnough) {
  login();
  ahead_ns_ += static_cast<uint64_t>(kBelievedFor.count());
  EXPECT_EQ(login()->messages().size(), kMany);
  expect_looks(1, kMany, kMany);
  EXPECT_EQ(calls_["pread"], 0U);
  login();
  expect_looks(0, kNewestLookedAt, 0);
}

}  // namespace
}  // namespace store
