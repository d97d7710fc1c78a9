// The survey of disks would notice: each test plants a fault into the calls below the engine, and
// says which breach of the promise it must be caught by.
#include <fcntl.h>

#include <cerrno>
#include <iostream>

#include "tests/common/store/recorded_store.h"

namespace store {
namespace {

using Call = FaultyFileOps::Call;

class PlantedFaultTest : public RecordedTest {
 protected:
  enum class Synced { kMessage, kMailbox, kStore, kParent };

  Synced what_is(int fd) {
    const auto status = disk_.fstat(fd);
    if (status->type == FileType::kRegular) return Synced::kMessage;
    if (status->is_same_file(*disk_.fstatat(AT_FDCWD, "/"))) return Synced::kParent;
    const auto store = disk_.fstatat(AT_FDCWD, "/mail.store");
    return status->is_same_file(*store) ? Synced::kStore : Synced::kMailbox;
  }

  // An fsync of this does nothing, and says that it did.
  FaultyFileOps::Judge no_fsync_of(Synced what) {
    return [this, what](const Call& call) {
      return call.name == "fsync" && what_is(call.fd) == what ? FaultyFileOps::kSkip : 0;
    };
  }
  static FaultyFileOps::Judge no_nth(const std::string& name, int n) {
    return FaultyFileOps::nth_of(name, n, FaultyFileOps::kSkip);
  }

  // The promise was broken in this way, whatever else there was.
  void expect_caught_by(Breach breach) const {
    const Findings findings = survey();
    EXPECT_TRUE(findings.breaches.contains(breach)) << name_of(breach) << '\n' << to_text(findings);
    std::cout << to_text(findings);
  }
};

TEST_F(PlantedFaultTest, NoSyncOfTheDataIsCaughtByATornMessage) {
  ASSERT_TRUE(server_.open());
  begin_recording();
  ops_.set_judge(no_fsync_of(Synced::kMessage));
  ASSERT_TRUE(server_.deliver({kJohn}));
  expect_caught_by(Breach::kTorn);
}

TEST_F(PlantedFaultTest, NoSyncOfABatchsDataIsCaughtByATornMessage) {
  ASSERT_TRUE(server_.open());
  begin_recording();
  deliver_together({{kJohn}, {kJohn}, {kJohn}}, no_nth("syncfs", 1));
  expect_caught_by(Breach::kTorn);
}

TEST_F(PlantedFaultTest, NoSyncOfTheFolderIsCaughtByAMissingMessage) {
  ASSERT_TRUE(server_.open());
  begin_recording();
  ops_.set_judge(no_fsync_of(Synced::kMailbox));
  ASSERT_TRUE(server_.deliver({kJohn}));
  expect_caught_by(Breach::kMissing);
}

TEST_F(PlantedFaultTest, NoSyncOfManyFoldersIsCaughtByAMissingMessage) {
  ASSERT_TRUE(server_.open());
  begin_recording();
  ops_.set_judge(no_nth("syncfs", 1));
  ASSERT_TRUE(server_.deliver({kJohn, kMary, "c@example.com"}));
  expect_caught_by(Breach::kMissing);
}

TEST_F(PlantedFaultTest, NoSyncOfANewFoldersParentIsCaughtByAMissingMessage) {
  ASSERT_TRUE(server_.open());
  begin_recording();
  ops_.set_judge(no_fsync_of(Synced::kStore));
  ASSERT_TRUE(server_.deliver({kJohn}));
  expect_caught_by(Breach::kMissing);
}

TEST_F(PlantedFaultTest, NoSyncOfANewStoresParentIsCaughtByAMissingMessage) {
  ops_.set_judge(no_fsync_of(Synced::kParent));
  ASSERT_TRUE(server_.open());
  ASSERT_TRUE(server_.deliver({kJohn}));
  expect_caught_by(Breach::kMissing);
}

TEST_F(PlantedFaultTest, NoSyncOfTheMarkIsCaughtByANumberThatComesBack) {
  ASSERT_TRUE(server_.open());
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(server_.deliver({kJohn}));
  begin_recording();
  ops_.set_judge(no_nth("fsync", 1));
  ASSERT_TRUE(server_.remove(kJohn, {1}));
  expect_caught_by(Breach::kNumberCameBack);
}

TEST_F(PlantedFaultTest, NoSyncOfARemovalIsCaughtByAMessageThatIsBack) {
  ASSERT_TRUE(server_.open());
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(server_.deliver({kJohn}));
  begin_recording();
  ops_.set_judge(no_nth("fsync", 2));
  ASSERT_TRUE(server_.remove(kJohn, {1}));
  expect_caught_by(Breach::kRemovedIsBack);
}

// The link's sync does nothing, and so does that of the undo, which nobody is told of.
TEST_F(PlantedFaultTest, NoSyncOfTheUndoIsCaughtByARefusedMessage) {
  ASSERT_TRUE(server_.open());
  ASSERT_TRUE(server_.deliver({kJohn, kMary}));
  begin_recording();
  ops_.set_judge([this](const Call& call) {
    if (call.name == "link_fd" && call.detail.starts_with(kMary)) return ENOSPC;
    return no_fsync_of(Synced::kMailbox)(call);
  });
  ASSERT_FALSE(server_.deliver({kJohn, kMary}));
  expect_caught_by(Breach::kRefusedIsThere);
}

// Syncs a message after it was linked, not before.
class LinkFirst : public FaultyFileOps {
 public:
  explicit LinkFirst(CrashFileOps& disk) : FaultyFileOps(disk) {}
  std::error_code fsync(int fd) override {
    return fstat(fd)->type == FileType::kRegular ? std::error_code() : FaultyFileOps::fsync(fd);
  }
  std::error_code link_fd(int fd, int folder, const std::string& name) override {
    const auto error = FaultyFileOps::link_fd(fd, folder, name);
    return error ? error : FaultyFileOps::fsync(fd);
  }
};

TEST_F(PlantedFaultTest, LinkBeforeTheDataIsDurableIsCaughtByATornMessage) {
  LinkFirst ops(disk_);
  RecordedStore server(disk_, ledger_, ops);
  ASSERT_TRUE(server.open());
  begin_recording();
  ASSERT_TRUE(server.deliver({kJohn}));
  expect_caught_by(Breach::kTorn);
  EXPECT_FALSE(survey().breaches.contains(Breach::kMissing));
}

// Syncs folders when the next message comes, long after the reply.
class ReplyFirst : public FaultyFileOps {
 public:
  explicit ReplyFirst(CrashFileOps& disk) : FaultyFileOps(disk) {}
  ~ReplyFirst() override { sync_late(); }
  std::error_code fsync(int fd) override {
    if (fstat(fd)->type == FileType::kRegular) return FaultyFileOps::fsync(fd);
    late_.push_back(*FaultyFileOps::openat(fd, ".", O_RDONLY, 0));
    return {};
  }
  Result<int> openat(int folder, const std::string& name, int flags, mode_t mode) override {
    if ((flags & O_TMPFILE) == O_TMPFILE) sync_late();
    return FaultyFileOps::openat(folder, name, flags, mode);
  }

 private:
  void sync_late() {
    for (const int fd : late_) {
      EXPECT_FALSE(FaultyFileOps::fsync(fd));
      close(fd);
    }
    late_.clear();
  }
  std::vector<int> late_;
};

TEST_F(PlantedFaultTest, ReplyBeforeTheSyncIsCaughtByAMissingMessage) {
  ReplyFirst ops(disk_);
  RecordedStore server(disk_, ledger_, ops);
  ASSERT_TRUE(server.open());
  begin_recording();
  ASSERT_TRUE(server.deliver({kJohn}));
  ASSERT_TRUE(server.deliver({kJohn}));
  expect_caught_by(Breach::kMissing);
}

// fdatasync: the time that the UIDL is made of may get lost.
class DataOnly : public FaultyFileOps {
 public:
  explicit DataOnly(CrashFileOps& disk) : FaultyFileOps(disk) {}
  std::error_code fsync(int fd) override {
    const auto status = fstat(fd);
    if (status->type != FileType::kRegular) return FaultyFileOps::fsync(fd);
    EXPECT_FALSE(futimens(fd, 0));
    const auto error = FaultyFileOps::fsync(fd);
    EXPECT_FALSE(futimens(fd, status->mtime_ns));
    return error;
  }
};

TEST_F(PlantedFaultTest, SyncWithoutTheTimeIsCaughtByAnotherUid) {
  DataOnly ops(disk_);
  RecordedStore server(disk_, ledger_, ops);
  ASSERT_TRUE(server.open());
  begin_recording();
  ASSERT_TRUE(server.deliver({kJohn}));
  expect_caught_by(Breach::kOtherUid);
}

// Tries again when a sync has failed, and believes the second answer.
class TriesAgain : public FaultyFileOps {
 public:
  explicit TriesAgain(CrashFileOps& disk) : FaultyFileOps(disk), disk_(disk) {}
  std::error_code fsync(int fd) override {
    if (fstat(fd)->type == FileType::kRegular) disk_.fail_next_sync();
    const auto error = FaultyFileOps::fsync(fd);
    return error ? FaultyFileOps::fsync(fd) : error;
  }

 private:
  CrashFileOps& disk_;
};

TEST_F(PlantedFaultTest, SyncThatIsTriedAgainIsCaughtByATornMessage) {
  TriesAgain ops(disk_);
  RecordedStore server(disk_, ledger_, ops);
  ASSERT_TRUE(server.open());
  begin_recording();
  ASSERT_TRUE(server.deliver({kJohn}));
  expect_caught_by(Breach::kTorn);
}

// One sync for data and links, on a disk that keeps the order.
class PlantedFaultInOrderTest : public PlantedFaultTest {
 protected:
  PlantedFaultInOrderTest() { set_order(Order::kKept); }
};

TEST_F(PlantedFaultInOrderTest, NoWriteBeforeTheLinkIsCaughtByATornMessage) {
  ASSERT_TRUE(server_.open());
  begin_recording();
  ops_.set_judge(FaultyFileOps::always("sync_file_range", FaultyFileOps::kSkip));
  ASSERT_TRUE(server_.deliver({kJohn}));
  expect_caught_by(Breach::kTorn);
}

TEST_F(PlantedFaultInOrderTest, WriteThatNobodyWaitsForIsCaughtByATornMessage) {
  ASSERT_TRUE(server_.open());
  begin_recording();
  deliver_together({{kJohn}, {kMary}, {kJohn}}, [](const Call& call) {
    const bool is_wait = (call.flags & SYNC_FILE_RANGE_WAIT_AFTER) != 0;
    return call.name == "sync_file_range" && is_wait ? FaultyFileOps::kSkip : 0;
  });
  expect_caught_by(Breach::kTorn);
}

TEST_F(PlantedFaultInOrderTest, NoSyncOfTheFolderIsCaughtByAMissingMessage) {
  ASSERT_TRUE(server_.open());
  begin_recording();
  ops_.set_judge(no_fsync_of(Synced::kMailbox));
  ASSERT_TRUE(server_.deliver({kJohn}));
  expect_caught_by(Breach::kMissing);
}

// Syncs the mailbox that was linked into first, where the last was meant.
class SyncsTheFirst : public FaultyFileOps {
 public:
  explicit SyncsTheFirst(CrashFileOps& disk) : FaultyFileOps(disk), disk_(disk) {
    set_keeps_order(true);
  }
  std::error_code fsync(int fd) override {
    if (first_.empty()) return FaultyFileOps::fsync(fd);
    const auto folder = openat(AT_FDCWD, "/mail.store/" + std::exchange(first_, {}), O_RDONLY, 0);
    const auto error = FaultyFileOps::fsync(*folder);
    disk_.close(*folder);
    return error;
  }
  std::error_code link_fd(int fd, int folder, const std::string& name) override {
    if (first_.empty()) first_ = name.substr(0, name.find('/'));
    return FaultyFileOps::link_fd(fd, folder, name);
  }

 private:
  CrashFileOps& disk_;
  std::string first_;
};

TEST_F(PlantedFaultInOrderTest, SyncOfTheFirstMailboxIsCaughtByAMissingMessage) {
  SyncsTheFirst ops(disk_);
  RecordedStore server(disk_, ledger_, ops);
  ASSERT_TRUE(server.open());
  begin_recording();
  ASSERT_TRUE(server.deliver({kJohn, kMary}));
  expect_caught_by(Breach::kMissing);
}

// A server that takes a disk for one that keeps the order, though it does not.
TEST_F(PlantedFaultTest, OneSyncWhereTheOrderIsNotKeptIsCaughtByATornMessage) {
  ops_.set_keeps_order(true);
  ASSERT_TRUE(server_.open());
  begin_recording();
  ASSERT_TRUE(server_.deliver({kJohn}));
  expect_caught_by(Breach::kTorn);
}

}  // namespace
}  // namespace store
