// What the mailbox index must not be deceived by, and what sets it right where it is. On a disk in
// memory whose clock, ticks and inode numbers do what a test likes.
#include <fcntl.h>

#include <cerrno>
#include <string>

#include "common/store/maildrop_snapshot.h"
#include "common/store/names.h"
#include "tests/common/store/store_fixture.h"
#include "tests/support/crash_file_ops.h"

namespace store {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kStart = 1'700'000'000 * kSecond;

class IndexTrapsTest : public testing::Test {
 protected:
  IndexTrapsTest() {
    disk_.set_time(kStart);
    auto opened = FileStore::open("/mail.store", nullptr, ops_, disk_.clock());
    EXPECT_TRUE(opened) << opened.error();
    store_ = std::move(*opened);
    EXPECT_FALSE(disk_.mkdirat(AT_FDCWD, folder_, 0700));
  }

  Opened login() { return open_maildrop(*store_, kJohn); }

  // Each message as a session sees it: `<n>:<octets>`, or `<n>:gone` if it cannot be read.
  std::string listed() {
    const auto maildrop = login();
    if (!maildrop) return maildrop.error().message();
    const MessageList& messages = (*maildrop)->messages();
    std::string text;
    for (size_t i = 0; i < messages.size(); ++i) {
      const std::string uid = messages.uid_of(i);
      text += uid.substr(uid.find('-') + 1) + ':' + std::to_string(messages.octets_of(i)) + ' ';
    }
    return text;
  }
  // The same login a second time must not differ, nor one a little later.
  void expect_listed(const std::string& expected) {
    EXPECT_EQ(listed(), expected);
    EXPECT_EQ(listed(), expected);
  }
  // Past all that was done so far: what is found now is settled.
  void wait(uint64_t seconds = 10) { disk_.set_time(disk_.clock()() + seconds * kSecond); }

  // How often the folder's names are read by a login.
  size_t readings() {
    ops_.take_calls();
    EXPECT_TRUE(login());
    const auto calls = ops_.take_calls();
    return static_cast<size_t>(std::ranges::count(calls, "list", &FaultyFileOps::Call::name));
  }

  // A hand's doings in the mailbox.
  std::string path(uint64_t n) const { return folder_ + '/' + message_file_name(n); }
  void drop(uint64_t n, std::string_view bytes) {
    const int fd = *disk_.openat(AT_FDCWD, path(n), O_CREAT | O_RDWR, 0600);
    EXPECT_EQ(disk_.write(fd, bytes), bytes.size());
    disk_.close(fd);
  }
  void take_away(uint64_t n) { ASSERT_FALSE(disk_.unlinkat(AT_FDCWD, path(n))); }
  // As `mv` does: the new file is there before the old one goes.
  void replace(uint64_t n, std::string_view bytes) {
    const int fd = *disk_.openat(AT_FDCWD, folder_ + "/new", O_CREAT | O_RDWR, 0600);
    EXPECT_EQ(disk_.write(fd, bytes), bytes.size());
    take_away(n);
    ASSERT_FALSE(disk_.link_fd(fd, AT_FDCWD, path(n)));
    ASSERT_FALSE(disk_.unlinkat(AT_FDCWD, folder_ + "/new"));
    disk_.close(fd);
  }
  void set_mtime(const std::string& name, uint64_t mtime_ns) {
    const int fd = *disk_.openat(AT_FDCWD, name, O_RDONLY, 0);
    ASSERT_FALSE(disk_.futimens(fd, mtime_ns));
    disk_.close(fd);
  }
  FileStatus status(const std::string& name) { return *disk_.fstatat(AT_FDCWD, name); }

  // Known, settled and so large that its oldest messages are believed: 0.mail and some more.
  void fill_beyond_what_is_looked_at() {
    for (uint64_t n = 0; n < kNewestLookedAt + 5; ++n) drop(n, "Hello\n");
    wait();
    ASSERT_TRUE(login());
    ASSERT_EQ(readings(), 0U);
  }
  size_t octets_of_first() { return (*login())->messages().octets_of(0); }
  std::string uid_of_first() { return (*login())->messages().uid_of(0); }
  std::expected<size_t, std::error_code> read_first(Maildrop& maildrop) {
    return await<size_t>([&](Done<size_t> done) { maildrop.read(0, 0, buffer_, std::move(done)); });
  }

  CrashFileOps disk_;
  FaultyFileOps ops_{disk_};
  std::unique_ptr<FileStore> store_;
  const std::string folder_ = "/mail.store/" + kJohn;
  std::vector<char> buffer_ = std::vector<char>(100);
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

TEST_F(IndexTrapsTest, DroppedFileIsSeenWhereverItsNumberLies) {
  fill_beyond_what_is_looked_at();
  take_away(3);
  wait();
  const size_t count = (*login())->messages().size();
  drop(3, "in the middle\n");
  drop(kNewestLookedAt + 100, "at the end\n");
  const auto maildrop = login();
  ASSERT_EQ((*maildrop)->messages().size(), count + 2);
  EXPECT_EQ((*maildrop)->messages().octets_of(3), 15U);
  EXPECT_EQ((*maildrop)->messages().octets_of(count + 1), 12U);
}

TEST_F(IndexTrapsTest, MessageReplacedByRenameIsSeenHoweverOldItIs) {
  fill_beyond_what_is_looked_at();
  const std::string before = uid_of_first();
  replace(0, "another one\n");
  EXPECT_EQ(octets_of_first(), 13U);
  EXPECT_NE(uid_of_first(), before);
  wait();
  EXPECT_EQ(octets_of_first(), 13U);
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

// What is believed of an old message is never acted upon, and the attempt sets it right.
TEST_F(IndexTrapsTest, OldMessageThatIsAnotherOneByNowIsNotReadAndTheNextLoginKnows) {
  fill_beyond_what_is_looked_at();
  const auto before = status(path(0));
  take_away(0);
  drop(0, "another one\n");
  ASSERT_EQ(status(path(0)).inode, before.inode);
  wait();
  {
    const auto maildrop = login();
    ASSERT_EQ((*maildrop)->messages().octets_of(0), 7U);  // the trap is sprung
    EXPECT_FALSE(read_first(**maildrop));
  }
  EXPECT_EQ(octets_of_first(), 13U);
  EXPECT_EQ(read_first(**login()), 12U);
}

TEST_F(IndexTrapsTest, OldMessageThatIsAnotherOneByNowIsNotRemovedAndTheNextLoginKnows) {
  fill_beyond_what_is_looked_at();
  take_away(0);
  drop(0, "another one\n");
  wait();
  {
    const auto maildrop = login();
    ASSERT_EQ((*maildrop)->messages().octets_of(0), 7U);
    EXPECT_TRUE(remove(**maildrop, {0, 1}));
  }
  EXPECT_EQ(octets_of_first(), 13U);
  EXPECT_FALSE(disk_.fstatat(AT_FDCWD, path(1)));
}

TEST_F(IndexTrapsTest, OldMessageThatIsAnotherOneByNowIsSeenAfterTenMinutesAtTheLatest) {
  fill_beyond_what_is_looked_at();
  ASSERT_FALSE(disk_.overwrite(AT_FDCWD, path(0), "in place, which changes no folder\n"));
  EXPECT_EQ(octets_of_first(), 7U);
  wait(600);
  EXPECT_EQ(octets_of_first(), 35U);
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

// Not even if the clock was set back so that the times are the same to the nanosecond.
TEST_F(IndexTrapsTest, ChangeUnderAClockThatWasSetBackIsSeen) {
  disk_.set_tick(kSecond);
  fill_beyond_what_is_looked_at();
  wait(100);
  drop(kNewestLookedAt + 5, "one more\n");
  const auto before = status(folder_);
  wait();
  ASSERT_EQ((*login())->messages().size(), kNewestLookedAt + 6);
  ASSERT_EQ(readings(), 0U);
  disk_.set_time(before.ctime_ns);
  take_away(3);
  ASSERT_EQ(status(folder_).mtime_ns, before.mtime_ns);
  ASSERT_EQ(status(folder_).ctime_ns, before.ctime_ns);
  const size_t count = kNewestLookedAt + 5;
  EXPECT_EQ((*login())->messages().size(), count);
  disk_.set_time(kStart - 3600 * kSecond);
  EXPECT_EQ((*login())->messages().size(), count);
  drop(3, "back\n");
  EXPECT_EQ((*login())->messages().size(), count + 1);
  wait(7200);
  EXPECT_EQ((*login())->messages().size(), count + 1);
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
