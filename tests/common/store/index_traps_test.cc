// What the mailbox index must not be deceived by.
#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "tests/common/store/memory_mailbox.h"

namespace store {
namespace {

class IndexTrapsTest : public MemoryMailboxTest {
 protected:
  // Each message as a session sees it: `<n>:<octets>`; or the error.
  std::string listed() {
    const auto opened = open_maildrop(*store_, kJohn);
    if (!opened) return opened.error().message();
    const MessageList& messages = (*opened)->messages();
    std::string text;
    for (size_t i = 0; i < messages.size(); ++i) {
      const std::string uid = messages.uid_of(i);
      text += uid.substr(uid.find('-') + 1) + ':' + std::to_string(messages.octets_of(i)) + ' ';
    }
    return text;
  }
  // The same login a second time must not differ.
  void expect_listed(const std::string& expected) {
    EXPECT_EQ(listed(), expected);
    EXPECT_EQ(listed(), expected);
  }
  // How often the folder's names are read by a login.
  size_t readings() {
    ops_.take_calls();
    EXPECT_TRUE(login());
    const auto calls = ops_.take_calls();
    return static_cast<size_t>(std::ranges::count(calls, "list", &FaultyFileOps::Call::name));
  }
};

TEST_F(IndexTrapsTest, ChangeInTheSameTickAsTheScanIsSeen) {
  for (const uint64_t tick : {kSecond / 250, kSecond, 2 * kSecond}) {
    const uint64_t start = disk_.clock()() / tick * tick + 100 * tick;
    disk_.set_tick(tick);
    disk_.set_time(start);
    drop(0, "first\n");
    const auto before = status(folder_);
    disk_.set_time(start + tick - kSecond / 1000);
    EXPECT_EQ(listed(), "0:7 ");
    drop(1, "second\n");
    ASSERT_EQ(status(folder_).mtime_ns, before.mtime_ns);
    ASSERT_EQ(status(folder_).ctime_ns, before.ctime_ns);
    wait();
    expect_listed("0:7 1:8 ");
    take_away(0);
    take_away(1);
  }
}

TEST_F(IndexTrapsTest, FolderIsReadAgainUntilItWasReadTwoSecondsAfterItsLastChange) {
  drop(0, "first\n");
  set_mtime(path(0), kStart - kSecond * 100);
  const uint64_t changed = status(folder_).mtime_ns;
  disk_.set_time(changed + 2 * kSecond - kSecond / 1000);
  EXPECT_EQ(readings(), 1U);
  EXPECT_EQ(readings(), 1U);
  disk_.set_time(changed + 2 * kSecond);
  EXPECT_EQ(readings(), 1U);
  EXPECT_EQ(readings(), 0U);
}

TEST_F(IndexTrapsTest, NewFileWithTheOldOnesInodeNumberIsSeen) {
  drop(0, "first\n");
  drop(1, "second\n");
  wait();
  expect_listed("0:7 1:8 ");
  for (const bool same_time : {false, true}) {
    const auto before = status(path(0));
    take_away(0);
    drop(0, same_time ? "four\n\n" : "third\n");
    if (same_time) set_mtime(path(0), before.mtime_ns);
    ASSERT_EQ(status(path(0)).inode, before.inode);
    ASSERT_EQ(status(path(0)).octets, before.octets);
    expect_listed(same_time ? "0:8 1:8 " : "0:7 1:8 ");
    wait();
    expect_listed(same_time ? "0:8 1:8 " : "0:7 1:8 ");
  }
}

TEST_F(IndexTrapsTest, NewestMessageThatIsWrittenIntoIsSeenThoughTheFolderHasNotChanged) {
  drop(0, "first\n");
  drop(1, "second\n");
  wait();
  expect_listed("0:7 1:8 ");
  const auto before = status(folder_);
  ASSERT_FALSE(disk_.overwrite(AT_FDCWD, path(0), "longer than the first\n"));
  ASSERT_EQ(status(folder_).ctime_ns, before.ctime_ns);
  expect_listed("0:23 1:8 ");
  // With the time put back, and as long as it was.
  wait();
  expect_listed("0:23 1:8 ");
  const uint64_t mtime = status(path(0)).mtime_ns;
  ASSERT_FALSE(disk_.overwrite(AT_FDCWD, path(0), "longer than the fir\n\n\n"));
  set_mtime(path(0), mtime);
  EXPECT_EQ(listed(), "0:23 1:8 ");  // the size mark names its size and time: not promised
}

TEST_F(IndexTrapsTest, FolderMadeAnewWithTheSameInodeAndTimesIsSeen) {
  drop(0, "first\n");
  drop(1, "second\n");
  const auto before = status(folder_);
  wait();
  expect_listed("0:7 1:8 ");
  take_away(0);
  take_away(1);
  ASSERT_FALSE(disk_.rmdirat(AT_FDCWD, folder_));
  ASSERT_FALSE(disk_.mkdirat(AT_FDCWD, folder_, 0700));
  ASSERT_EQ(status(folder_).inode, before.inode);
  set_mtime(folder_, before.mtime_ns);
  expect_listed("");
  drop(0, "new\n");
  set_mtime(folder_, before.mtime_ns);
  expect_listed("0:5 ");
  wait();
  expect_listed("0:5 ");
}

TEST_F(IndexTrapsTest, TimeOfAFolderPutBackHidesNoChange) {
  drop(0, "first\n");
  wait();
  expect_listed("0:7 ");
  ASSERT_EQ(readings(), 0U);
  const uint64_t mtime = status(folder_).mtime_ns;
  drop(1, "second\n");
  set_mtime(folder_, mtime);
  expect_listed("0:7 1:8 ");
  wait();
  expect_listed("0:7 1:8 ");
}

// Both changes within one tick, and the modification time long past each time.
TEST_F(IndexTrapsTest, TimeOfAFolderPutBackTwiceInATickHidesNoChange) {
  disk_.set_tick(2 * kSecond);
  disk_.set_time(kStart);
  const uint64_t past = kStart - 1000 * kSecond;
  drop(0, "first\n");
  set_mtime(path(0), past);
  set_mtime(folder_, past);
  const auto before = status(folder_);
  EXPECT_EQ(listed(), "0:7 ");
  EXPECT_EQ(listed(), "0:7 ");
  drop(1, "second\n");
  set_mtime(folder_, past);
  ASSERT_EQ(status(folder_).ctime_ns, before.ctime_ns);
  wait();
  expect_listed("0:7 1:8 ");
}

TEST_F(IndexTrapsTest, FolderFromTheFutureIsReadEachTime) {
  drop(0, "first\n");
  wait();
  set_mtime(folder_, kStart + 1000 * kSecond);
  EXPECT_EQ(readings(), 1U);
  wait();
  EXPECT_EQ(readings(), 1U);
  EXPECT_EQ(readings(), 1U);
}

TEST_F(IndexTrapsTest, MessageThatMayBeReadNowIsListedThoughTheFolderHasNotChanged) {
  drop(0, "first\n");
  drop(1, "second\n");
  wait();
  ops_.set_judge([](const FaultyFileOps::Call& call) {
    const bool reads = call.name == "openat" || call.name == "getxattrat";
    return reads && call.detail == "0.mail" ? EACCES : 0;
  });
  expect_listed("1:8 ");
  ops_.set_judge(nullptr);
  expect_listed("0:7 1:8 ");
}

TEST_F(IndexTrapsTest, CountOfAFileThatWasBeingWrittenIsNotKept) {
  disk_.set_tick(2 * kSecond);
  disk_.set_time(kStart);
  drop(0, "a\nb\n");
  EXPECT_EQ(listed(), "0:6 ");
  ASSERT_FALSE(disk_.overwrite(AT_FDCWD, path(0), "abc\n"));
  EXPECT_EQ(listed(), "0:5 ");
  wait();
  expect_listed("0:5 ");
}

TEST_F(IndexTrapsTest, LoginThatFailsAnywhereLeavesNothingHalfKnown) {
  for (uint64_t n = 0; n < 4; ++n) drop(n, "Hello\n");
  const std::string all = "0:7 1:7 2:7 3:7 ";
  for (const bool is_known : {false, true}) {
    for (const auto* name : {"fstat", "list", "fstatat", "openat", "pread", "getxattrat"}) {
      bool hit = true;
      for (int nth = 1; hit; ++nth) {
        wait(700);  // nothing is believed any more
        if (is_known) {
          ASSERT_EQ(listed(), all);
          replace(2, "Again\n");
          wait();
        }
        hit = false;
        auto count = std::make_shared<int>(0);
        ops_.set_judge([&hit, name, nth, count](const FaultyFileOps::Call& call) {
          hit = hit || (call.name == name && ++*count == nth);
          return call.name == name && *count == nth ? EIO : 0;
        });
        const std::string answer = listed();
        ops_.set_judge(nullptr);
        EXPECT_TRUE(answer == all || answer == std::make_error_code(std::errc::io_error).message())
            << name << ' ' << nth << ": " << answer;
        expect_listed(all);
      }
    }
  }
}

}  // namespace
}  // namespace store
