// Where a modification time, an inode number or the clock says less than it seems to. On a disk in
// memory, whose clock stands still, whose times are as coarse as a test likes, and whose inode
// numbers come back at once.
#include <fcntl.h>

#include <cerrno>
#include <set>

#include "common/store/names.h"
#include "common/store/size_mark.h"
#include "tests/common/store/store_fixture.h"
#include "tests/support/crash_file_ops.h"

namespace store {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kStart = 1'700'000'000 * kSecond;

class TrapsTest : public testing::Test {
 protected:
  TrapsTest() {
    disk_.set_time(kStart);
    store_ = open_store();
    EXPECT_FALSE(disk_.mkdirat(AT_FDCWD, folder_, 0700));
  }

  std::unique_ptr<FileStore> open_store() {
    auto opened = FileStore::open("/mail.store", nullptr, disk_, disk_.clock());
    EXPECT_TRUE(opened) << opened.error();
    return opened ? std::move(*opened) : nullptr;
  }
  std::unique_ptr<Maildrop> open_maildrop() {
    auto maildrop = store::open_maildrop(*store_, kJohn);
    EXPECT_TRUE(maildrop) << maildrop.error().message();
    return maildrop ? std::move(*maildrop) : nullptr;
  }
  std::string uid_of_newest() {
    const auto maildrop = open_maildrop();
    return maildrop->messages().uid_of(maildrop->messages().size() - 1);
  }
  std::vector<uint64_t> sizes() {
    std::vector<uint64_t> sizes;
    const auto maildrop = open_maildrop();
    for (size_t i = 0; i < maildrop->messages().size(); ++i) {
      sizes.push_back(maildrop->messages().octets_of(i));
    }
    return sizes;
  }

  // A hand's doings in the mailbox.
  std::string path(const std::string& name) const { return folder_ + '/' + name; }
  void drop(const std::string& name, std::string_view bytes) {
    const int fd = *disk_.openat(AT_FDCWD, path(name), O_CREAT | O_RDWR, 0600);
    EXPECT_EQ(disk_.write(fd, bytes), bytes.size());
    disk_.close(fd);
  }
  void overwrite(const std::string& name, std::string_view bytes) {
    ASSERT_FALSE(disk_.overwrite(AT_FDCWD, path(name), bytes));
  }
  void set_mtime(const std::string& name, uint64_t mtime_ns) {
    const int fd = *disk_.openat(AT_FDCWD, path(name), O_RDWR, 0);
    EXPECT_FALSE(disk_.futimens(fd, mtime_ns));
    disk_.close(fd);
  }
  FileStatus status(const std::string& name) { return *disk_.fstatat(AT_FDCWD, path(name)); }
  Result<std::string> mark(const std::string& name) {
    return disk_.getxattrat(AT_FDCWD, path(name), kSizeMarkAttribute);
  }

  CrashFileOps disk_;
  std::unique_ptr<FileStore> store_;
  const std::string folder_ = "/mail.store/" + kJohn;
};

TEST_F(TrapsTest, CountIsNotKeptOverASecondChangeInTheSameTick) {
  for (const uint64_t tick : {kSecond / 250, kSecond, 2 * kSecond}) {
    disk_.set_tick(tick);
    disk_.set_time(kStart);
    drop("0.mail", "a\nb\n");
    const auto before = status("0.mail");
    disk_.set_time(kStart + tick - kSecond / 1000);
    EXPECT_EQ(sizes(), std::vector<uint64_t>{6});
    overwrite("0.mail", "abc\n");
    ASSERT_EQ(status("0.mail").mtime_ns, before.mtime_ns);
    disk_.set_time(kStart + 10 * kSecond);
    EXPECT_EQ(sizes(), std::vector<uint64_t>{5});
    ASSERT_FALSE(disk_.unlinkat(AT_FDCWD, path("0.mail")));
  }
}

TEST_F(TrapsTest, CountIsKeptFromTwoSecondsOn) {
  drop("0.mail", "a\nb\n");
  const uint64_t written = status("0.mail").mtime_ns;
  disk_.set_time(written + 2 * kSecond - kSecond / 1000);
  EXPECT_EQ(sizes(), std::vector<uint64_t>{6});
  EXPECT_FALSE(mark("0.mail"));
  disk_.set_time(written + 2 * kSecond);
  EXPECT_EQ(sizes(), std::vector<uint64_t>{6});
  EXPECT_TRUE(mark("0.mail"));
}

TEST_F(TrapsTest, CountIsNotThatOfAnotherFileWithTheSameInodeTimeAndSize) {
  drop("0.mail", "a\nb\n");
  disk_.set_time(kStart + 10 * kSecond);
  EXPECT_EQ(sizes(), std::vector<uint64_t>{6});
  const auto before = status("0.mail");
  ASSERT_TRUE(mark("0.mail"));
  ASSERT_FALSE(disk_.unlinkat(AT_FDCWD, path("0.mail")));
  drop("0.mail", "abc\n");
  set_mtime("0.mail", before.mtime_ns);
  ASSERT_TRUE(status("0.mail").is_same_file(before));
  EXPECT_EQ(sizes(), std::vector<uint64_t>{5});
}

TEST_F(TrapsTest, AnotherFileWithTheSameInodeAndTimeIsNeitherReadNorRemoved) {
  drop("0.mail", "the first\n");
  const auto before = status("0.mail");
  const auto maildrop = open_maildrop();
  ASSERT_FALSE(disk_.unlinkat(AT_FDCWD, path("0.mail")));
  drop("0.mail", "another one\n");
  set_mtime("0.mail", before.mtime_ns);
  ASSERT_TRUE(status("0.mail").is_same_file(before));
  std::vector<char> buffer(100);
  EXPECT_FALSE(
      await<size_t>([&](Done<size_t> done) { maildrop->read(0, 0, buffer, std::move(done)); }));
  EXPECT_TRUE(remove(*maildrop, {0}));
  EXPECT_TRUE(disk_.fstatat(AT_FDCWD, path("0.mail")));
}

TEST_F(TrapsTest, FileThatIsAppendedToInPlaceIsCountedAnew) {
  ASSERT_TRUE(deliver(*store_, "a\r\n", {kJohn}));
  const auto before = status("0.mail");
  overwrite("0.mail", "a\r\nb\n");
  set_mtime("0.mail", before.mtime_ns);
  EXPECT_EQ(sizes(), std::vector<uint64_t>{6});
}

// In the middle of a `cp`, and then within the same tick at its end.
TEST_F(TrapsTest, CopyCaughtHalfWayIsNeitherReadNorRemovedAsIfItWereAll) {
  disk_.set_tick(kSecond);
  drop("0.mail", "first half\n");
  const auto maildrop = open_maildrop();
  drop("0.mail", "second half\n");
  ASSERT_EQ(status("0.mail").mtime_ns, kStart);
  std::vector<char> buffer(100);
  EXPECT_FALSE(
      await<size_t>([&](Done<size_t> done) { maildrop->read(0, 0, buffer, std::move(done)); }));
  EXPECT_TRUE(remove(*maildrop, {0}));
  const auto again = open_maildrop();
  ASSERT_EQ(again->messages().size(), 1U);
  EXPECT_EQ(read_all(*again, 0), "first half\nsecond half\n");
  EXPECT_EQ(again->messages().octets_of(0), 25U);
}

TEST_F(TrapsTest, FileThatGrowsWhileItIsReadIsReadAsLongAsItWasListed) {
  drop("0.mail", "first half\n");
  const auto maildrop = open_maildrop();
  std::vector<char> buffer(5);
  const auto read = [&](uint64_t offset) {
    const auto octets = await<size_t>(
        [&](Done<size_t> done) { maildrop->read(0, offset, buffer, std::move(done)); });
    return std::string(buffer.data(), octets.value_or(0));
  };
  EXPECT_EQ(read(0), "first");
  drop("0.mail", "second half\n");
  EXPECT_EQ(read(5), " half");
  EXPECT_EQ(read(10), "\n");
  EXPECT_EQ(read(11), "");
}

TEST_F(TrapsTest, MarkThatBelongsToOtherContentsDoesNotCount) {
  drop("0.mail", "a\nb\n");
  const uint64_t mtime = status("0.mail").mtime_ns;
  const int fd = *disk_.openat(AT_FDCWD, path("0.mail"), O_RDWR, 0);
  for (const auto& value :
       {to_text({.stored_octets = 4, .mtime_ns = mtime - 1, .wire_octets = 999}),
        to_text({.stored_octets = 5, .mtime_ns = mtime, .wire_octets = 999}), std::string("999"),
        std::string("4 " + stamp_text(mtime) + " 999 1"), std::string()}) {
    ASSERT_FALSE(disk_.fsetxattr(fd, kSizeMarkAttribute, value));
    EXPECT_EQ(sizes(), std::vector<uint64_t>{6}) << value;
  }
  disk_.close(fd);
}

TEST_F(TrapsTest, StampsIncreaseThoughTheClockStandsStillOrIsSetBack) {
  uint64_t last = 0;
  for (const uint64_t now : {kStart, kStart, kStart - 3600 * kSecond, kStart + 1, uint64_t{0}}) {
    disk_.set_time(now);
    ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn}));
    const uint64_t stamp = std::stoull(uid_of_newest(), nullptr, 16);
    EXPECT_GT(stamp, last);
    last = stamp;
  }
}

// Each server is set back so that it gives the stamp that the one before gave.
// Covers: 1939-7-10
TEST_F(TrapsTest, UidsDifferAfterARestartWithTheClockSetBack) {
  std::set<std::string> uids;
  std::set<std::string> stamps;
  for (int round = 0; round < 4; ++round) {
    store_.reset();
    disk_.set_time(kStart);
    store_ = open_store();
    disk_.set_time(kStart);
    const auto id = deliver(*store_, "Hello\r\n", {kJohn});
    ASSERT_TRUE(id);
    stamps.insert(id->text);
    uids.insert(uid_of_newest());
    if (round == 1) continue;  // one stays, the others go
    const auto maildrop = open_maildrop();
    ASSERT_TRUE(remove(*maildrop, {maildrop->messages().size() - 1}));
  }
  EXPECT_LT(stamps.size(), 4U);  // the trap was there
  EXPECT_EQ(uids.size(), 4U);
}

// All within one tick of the folder's time, so that the first server sees no change.
TEST_F(TrapsTest, NumberThatAnotherServerUsedAndASessionRemovedIsNotUsedAgain) {
  for (const size_t more : {0U, 1U}) {
    disk_.set_tick(kSecond);
    disk_.set_time(kStart);
    const auto other = open_store();
    ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn}));
    const auto before = *disk_.fstatat(AT_FDCWD, folder_);
    ASSERT_TRUE(deliver(*other, "Hello\r\n", {kJohn}));
    const std::string used = uid_of_newest();
    for (size_t i = 0; i < more; ++i) ASSERT_TRUE(deliver(*other, "Hello\r\n", {kJohn}));
    const auto maildrop = open_maildrop();
    ASSERT_TRUE(remove(*maildrop, {maildrop->messages().size() - 1 - more}));
    ASSERT_EQ(disk_.fstatat(AT_FDCWD, folder_)->mtime_ns, before.mtime_ns);
    ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn}));
    const auto number = [](const std::string& uid) {
      return std::stoull(uid.substr(uid.find('-') + 1));
    };
    EXPECT_GT(number(uid_of_newest()), number(used) + more);
  }
}

}  // namespace
}  // namespace store
