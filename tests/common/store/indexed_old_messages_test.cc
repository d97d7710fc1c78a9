// Beyond the newest messages of a large mailbox, which are looked at each time, the older ones are
// believed. When they are not, and what is never done on belief alone.
#include <fcntl.h>

#include "common/store/maildrop_snapshot.h"
#include "tests/common/store/memory_mailbox.h"

namespace store {
namespace {

class IndexedOldMessagesTest : public MemoryMailboxTest {
 protected:
  // 0.mail and some more are older than those that are looked at; all are known, and settled.
  IndexedOldMessagesTest() {
    disk_.set_tick(kSecond);
    for (uint64_t n = 0; n < kCount; ++n) drop(n, "Hello\n");
    wait();
    EXPECT_EQ(count(), kCount);
  }

  size_t count() { return login()->messages().size(); }
  uint64_t octets_of_first() { return login()->messages().octets_of(0); }
  std::string uid_of_first() { return login()->messages().uid_of(0); }
  std::expected<size_t, std::error_code> read_first(Maildrop& maildrop) {
    return await<size_t>([&](Done<size_t> done) { maildrop.read(0, 0, buffer_, std::move(done)); });
  }

  static constexpr size_t kCount = kNewestLookedAt + 5;

 private:
  std::vector<char> buffer_ = std::vector<char>(100);
};

TEST_F(IndexedOldMessagesTest, DroppedFileIsSeenWhereverItsNumberLies) {
  take_away(3);
  wait();
  ASSERT_EQ(count(), kCount - 1);
  drop(3, "in the middle\n");
  drop(kNewestLookedAt + 100, "at the end\n");
  const auto maildrop = login();
  ASSERT_EQ(maildrop->messages().size(), kCount + 1);
  EXPECT_EQ(maildrop->messages().octets_of(3), 15U);
  EXPECT_EQ(maildrop->messages().octets_of(kCount), 12U);
}

TEST_F(IndexedOldMessagesTest, MessageReplacedByRenameIsSeenHoweverOldItIs) {
  const std::string before = uid_of_first();
  replace(0, "another one\n");
  EXPECT_EQ(octets_of_first(), 13U);
  EXPECT_NE(uid_of_first(), before);
  wait();
  EXPECT_EQ(octets_of_first(), 13U);
}

// What is believed of an old message is never acted upon, and the attempt sets it right.
TEST_F(IndexedOldMessagesTest, OldMessageThatIsAnotherOneByNowIsNotReadAndTheNextLoginKnows) {
  const auto before = status(path(0));
  take_away(0);
  drop(0, "another one\n");
  ASSERT_EQ(status(path(0)).inode, before.inode);
  wait();
  {
    const auto maildrop = login();
    ASSERT_EQ(maildrop->messages().octets_of(0), 7U);  // the trap is sprung
    EXPECT_FALSE(read_first(*maildrop));
  }
  EXPECT_EQ(octets_of_first(), 13U);
  EXPECT_EQ(read_first(*login()), 12U);
}

TEST_F(IndexedOldMessagesTest, OldMessageThatIsAnotherOneByNowIsNotRemovedAndTheNextLoginKnows) {
  take_away(0);
  drop(0, "another one\n");
  wait();
  {
    const auto maildrop = login();
    ASSERT_EQ(maildrop->messages().octets_of(0), 7U);
    EXPECT_TRUE(remove(*maildrop, {0, 1}));
  }
  EXPECT_EQ(octets_of_first(), 13U);
  EXPECT_FALSE(disk_.fstatat(AT_FDCWD, path(1)));
}

TEST_F(IndexedOldMessagesTest, OldMessageThatIsAnotherOneByNowIsSeenAfterTenMinutesAtTheLatest) {
  ASSERT_FALSE(disk_.overwrite(AT_FDCWD, path(0), "in place, which changes no folder\n"));
  EXPECT_EQ(octets_of_first(), 7U);
  wait(600);
  EXPECT_EQ(octets_of_first(), 35U);
}

// Not even if the clock was set back so that the times are the same to the nanosecond.
TEST_F(IndexedOldMessagesTest, ChangeUnderAClockThatWasSetBackIsSeen) {
  wait(100);
  drop(kCount, "one more\n");
  const auto before = status(folder_);
  wait();
  ASSERT_EQ(count(), kCount + 1);
  disk_.set_time(before.ctime_ns);
  take_away(3);
  ASSERT_EQ(status(folder_).mtime_ns, before.mtime_ns);
  ASSERT_EQ(status(folder_).ctime_ns, before.ctime_ns);
  EXPECT_EQ(count(), kCount);
  disk_.set_time(kStart - 3600 * kSecond);
  EXPECT_EQ(count(), kCount);
  drop(3, "back\n");
  EXPECT_EQ(count(), kCount + 1);
  wait(7200);
  EXPECT_EQ(count(), kCount + 1);
}

}  // namespace
}  // namespace store
