// What a login asks of the disk, in calls: with the index, next to nothing while the mailbox is as
// it was, and its names alone when a message more has come.
#include <fcntl.h>

#include <chrono>
#include <map>

#include "common/store/maildrop_snapshot.h"
#include "tests/common/store/store_fixture.h"
#include "tests/support/crash_file_ops.h"

namespace store {
namespace {

// Half as many again as are looked at each time.
constexpr size_t kMany = kNewestLookedAt * 3 / 2;

class SnapshotCostTest : public testing::Test {
 protected:
  SnapshotCostTest() {
    auto opened = FileStore::open("/mail.store", nullptr, ops_, disk_.clock());
    EXPECT_TRUE(opened) << opened.error();
    store_ = std::move(*opened);
    EXPECT_FALSE(disk_.mkdirat(AT_FDCWD, folder_, 0700));
    for (size_t n = 0; n < kMany; ++n) drop(n);
    wait();
  }

  void drop(size_t n) {
    const std::string path = folder_ + '/' + std::to_string(n) + ".mail";
    const int fd = *disk_.openat(AT_FDCWD, path, O_CREAT | O_RDWR, 0600);
    EXPECT_TRUE(disk_.write(fd, "Hello\n"));
    disk_.close(fd);
  }
  // Whatever was done is past when the store looks.
  void wait(std::chrono::nanoseconds time = std::chrono::seconds(10)) {
    disk_.set_time(disk_.clock()() + static_cast<uint64_t>(time.count()));
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

  CrashFileOps disk_;
  FaultyFileOps ops_{disk_};
  const std::string folder_ = "/mail.store/" + kJohn;
  std::unique_ptr<FileStore> store_;
  std::map<std::string, size_t> calls_;  // of the last login
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
    wait();
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

TEST_F(SnapshotCostTest, MessageThatLeavesAnotherMailboxCostsALookAtItAlone) {
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn, kMary}));
  wait();
  login();
  ASSERT_TRUE(remove(**open_maildrop(*store_, kMary), {0}));
  wait();
  login();
  expect_looks(0, kNewestLookedAt, 1);
}

TEST_F(SnapshotCostTest, EveryMessageIsLookedAtAgainWhenItWasBelievedForLongEnough) {
  login();
  wait(kBelievedFor);
  EXPECT_EQ(login()->messages().size(), kMany);
  expect_looks(1, kMany, kMany);
  EXPECT_EQ(calls_["pread"], 0U);
  login();
  expect_looks(0, kNewestLookedAt, 0);
}

}  // namespace
}  // namespace store
