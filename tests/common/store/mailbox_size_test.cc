// What is counted in a mailbox, what that costs, and what it must not be deceived by.
#include <fcntl.h>

#include <cerrno>
#include <map>

#include "common/store/maildrop_snapshot.h"
#include "tests/common/store/memory_mailbox.h"

namespace store {
namespace {

using Measured = std::expected<uint64_t, std::error_code>;

class MailboxSizeTest : public MemoryMailboxTest {
 protected:
  Measured measure(const Mailbox& mailbox = kJohn) {
    ops_.take_calls();
    auto octets =
        await<uint64_t>([&](Done<uint64_t> done) { store_->measure(mailbox, std::move(done)); });
    calls_.clear();
    for (const auto& call : ops_.take_calls()) ++calls_[call.name];
    return octets;
  }
  // The same a second time must not differ.
  void expect_octets(uint64_t octets, const Mailbox& mailbox = kJohn) {
    EXPECT_EQ(measure(mailbox), octets);
    EXPECT_EQ(measure(mailbox), octets);
  }

  std::map<std::string, size_t> calls_;  // of the last measurement
};

TEST_F(MailboxSizeTest, MailboxThatIsNotThereHoldsNothingAndIsNotMade) {
  expect_octets(0, kMary);
  EXPECT_FALSE(disk_.fstatat(AT_FDCWD, "/mail.store/" + kMary));
  EXPECT_EQ(calls_["mkdirat"], 0U);
}

TEST_F(MailboxSizeTest, MessagesCountAndNothingElseInTheFolderDoes) {
  drop(0, "12345\n");
  drop(17, std::string(5'000, 'a'));
  for (const std::string name : {"/.hidden", "/1.mail.bak", "/01.mail", "/notes"}) {
    const int fd = *disk_.openat(AT_FDCWD, folder_ + name, O_CREAT | O_RDWR, 0600);
    ASSERT_TRUE(disk_.write(fd, "not a message"));
    disk_.close(fd);
  }
  ASSERT_FALSE(disk_.mkdirat(AT_FDCWD, path(20), 0700));
  expect_octets(5'006);
  wait();
  expect_octets(5'006);
}

TEST_F(MailboxSizeTest, MessageToSeveralCountsWholeInEach) {
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn, kMary}));
  ASSERT_TRUE(deliver(*store_, "Bye\r\n", {kMary}));
  expect_octets(7);
  expect_octets(12, kMary);
}

// Not as POP3 counts: what fills the disk.
TEST_F(MailboxSizeTest, OctetsAreThoseOfTheFileWhateverItsLineEnds) {
  drop(0, "a\nb\n");
  wait();
  ASSERT_EQ(login()->messages().octets(), 6U);
  expect_octets(4);
}

TEST_F(MailboxSizeTest, NoMessageIsOpenedAndNoMarkIsAskedFor) {
  drop(0, "one\n");
  ASSERT_TRUE(deliver(*store_, "two\r\n", {kJohn}));
  EXPECT_EQ(measure(), 9U);
  EXPECT_EQ(calls_["openat"], 1U);  // the folder's
  for (const auto* call : {"pread", "getxattrat", "fgetxattr", "fsetxattr", "flock", "mkdirat"}) {
    EXPECT_EQ(calls_[call], 0U) << call;
  }
}

TEST_F(MailboxSizeTest, LockedMailboxIsMeasuredAllTheSame) {
  drop(0, "one\n");
  const auto session = login();
  ASSERT_TRUE(session);
  expect_octets(4);
}

TEST_F(MailboxSizeTest, LargeUnchangedMailboxCostsALookAtItsNewestAlone) {
  constexpr size_t kMany = kNewestLookedAt * 3 / 2;
  for (size_t n = 0; n < kMany; ++n) drop(n, "Hello\n");
  wait();
  EXPECT_EQ(measure(), kMany * 6);
  EXPECT_EQ(calls_["list"], 1U);
  EXPECT_EQ(calls_["fstatat"], kMany);
  EXPECT_EQ(measure(), kMany * 6);
  EXPECT_EQ(calls_["list"], 0U);
  EXPECT_EQ(calls_["fstatat"], kNewestLookedAt);
  drop(kMany, "Hello\n");
  EXPECT_EQ(measure(), (kMany + 1) * 6);
  EXPECT_EQ(calls_["list"], 1U);
  EXPECT_EQ(calls_["fstatat"], kNewestLookedAt);
}

TEST_F(MailboxSizeTest, MessageRemovedByAnotherServerIsNotCounted) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn}));
  wait();
  expect_octets(21);
  auto other = FileStore::open("/mail.store", nullptr, ops_, disk_.clock());
  ASSERT_TRUE(other);
  ASSERT_TRUE(remove(**open_maildrop(**other, kJohn), {0, 2}));
  expect_octets(7);
  wait();
  expect_octets(7);
}

TEST_F(MailboxSizeTest, MessageReplacedIsCountedAsItIsNow) {
  drop(0, "first\n");
  drop(1, "second\n");
  wait();
  expect_octets(13);
  replace(0, "longer than the first\n");
  expect_octets(29);
  take_away(1);
  drop(1, "x\n");  // with the inode number that the old one had
  expect_octets(24);
  wait();
  expect_octets(24);
}

TEST_F(MailboxSizeTest, MessageThatGrowsInPlaceIsCountedAsItIsNow) {
  drop(0, "first\n");
  wait();
  expect_octets(6);
  ASSERT_FALSE(disk_.overwrite(AT_FDCWD, path(0), "longer than the first\n"));
  expect_octets(22);
}

TEST_F(MailboxSizeTest, ChangeInTheSameTickAsTheCountIsSeen) {
  disk_.set_tick(2 * kSecond);
  disk_.set_time(kStart + kSecond);
  drop(0, "first\n");
  const auto before = status(folder_);
  EXPECT_EQ(measure(), 6U);
  drop(1, "second\n");
  ASSERT_EQ(status(folder_).mtime_ns, before.mtime_ns);
  ASSERT_EQ(status(folder_).ctime_ns, before.ctime_ns);
  expect_octets(13);
  wait();
  expect_octets(13);
}

TEST_F(MailboxSizeTest, FolderMadeAnewWithTheSameInodeAndTimeIsCountedAnew) {
  drop(0, "first\n");
  const auto before = status(folder_);
  wait();
  expect_octets(6);
  take_away(0);
  ASSERT_FALSE(disk_.rmdirat(AT_FDCWD, folder_));
  expect_octets(0);
  ASSERT_FALSE(disk_.mkdirat(AT_FDCWD, folder_, 0700));
  ASSERT_EQ(status(folder_).inode, before.inode);
  set_mtime(folder_, before.mtime_ns);
  expect_octets(0);
  drop(0, "second\n");
  set_mtime(folder_, before.mtime_ns);
  expect_octets(7);
  wait();
  expect_octets(7);
}

TEST_F(MailboxSizeTest, WhatCannotBeMeasuredIsAnErrorAndNotAnEmptyMailbox) {
  drop(0, "first\n");
  drop(1, "second\n");
  wait();
  for (const std::string call : {"openat", "fstat", "list", "fstatat"}) {
    ops_.set_judge(FaultyFileOps::always(call, EIO));
    const auto octets = measure();
    ASSERT_FALSE(octets) << call;
    EXPECT_TRUE(is_errno(octets.error(), EIO));
  }
  ops_.set_judge(nullptr);
  expect_octets(13);
}

TEST_F(MailboxSizeTest, MessageThatGoesWhileItIsMeasuredIsNotCounted) {
  drop(0, "first\n");
  drop(1, "second\n");
  ops_.set_judge([](const FaultyFileOps::Call& call) {
    return call.name == "fstatat" && call.detail == "0.mail" ? ENOENT : 0;
  });
  EXPECT_EQ(measure(), 7U);
}

TEST_F(MailboxSizeTest, NameThatIsNoFoldersIsRefused) {
  EXPECT_FALSE(measure("../etc"));
  EXPECT_FALSE(measure(""));
}

}  // namespace
}  // namespace store
