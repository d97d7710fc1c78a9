// The order of a commit's calls, and what is left of it when they fail.
#include <fcntl.h>

#include <set>

#include "tests/common/store/store_fixture.h"
#include "tests/support/gate.h"

namespace store {
namespace {

using Call = FaultyFileOps::Call;

class CommitTest : public StoreTest {
 protected:
  // Commits these in one batch, after one of its own; each is for john, and for mary too where its
  // index is odd.
  std::vector<Committed> commit_batch(std::vector<std::unique_ptr<Delivery>> deliveries,
                                      FaultyFileOps::Judge judge) {
    Gate gate;
    ops_.set_judge(gate.judge(std::move(judge)));
    std::vector<std::promise<Committed>> told(deliveries.size() + 1);
    const auto commit = [&](size_t i, Delivery& delivery) {
      std::vector<Mailbox> recipients = {kJohn};
      if (i % 2 == 1) recipients.push_back(kMary);
      delivery.commit(std::move(recipients),
                      [&told, i](Committed id) { told[i].set_value(std::move(id)); });
    };
    const auto first = store_->new_delivery();
    EXPECT_TRUE(first->append("first\r\n"));
    commit(0, *first);
    gate.wait_until_reached();
    for (size_t i = 0; i < deliveries.size(); ++i) commit(i + 1, *deliveries[i]);
    gate.release();
    std::vector<Committed> outcomes;
    for (auto& promise : told) outcomes.push_back(promise.get_future().get());
    ops_.set_judge(nullptr);
    EXPECT_TRUE(outcomes.front());
    outcomes.erase(outcomes.begin());
    return outcomes;
  }

  std::vector<std::unique_ptr<Delivery>> small_deliveries(size_t count) {
    std::vector<std::unique_ptr<Delivery>> deliveries;
    for (size_t i = 0; i < count; ++i) {
      deliveries.push_back(store_->new_delivery());
      EXPECT_TRUE(deliveries.back()->append("Hello\r\n"));
    }
    return deliveries;
  }

  // What is in a mailbox must be in all, whole; what was refused in none.
  size_t messages_of(const Mailbox& mailbox) {
    auto maildrop = open_maildrop(*store_, mailbox);
    EXPECT_TRUE(maildrop);
    return maildrop ? (*maildrop)->messages().size() : 0;
  }
};

std::vector<std::string> names_of(const std::vector<Call>& calls,
                                  const std::set<std::string>& of_interest) {
  std::vector<std::string> names;
  for (const auto& call : calls) {
    if (of_interest.contains(call.name)) names.push_back(call.name);
  }
  return names;
}

const std::set<std::string> kOrder = {"write",  "futimens", "fsetxattr", "fsync",
                                      "syncfs", "link_fd",  "mkdirat",   "done"};

// Covers: 5321-2.1-2, 5321-6.1-8
TEST_F(CommitTest, OneMessageIsSyncedLinkedSyncedAndThenReported) {
  for (const bool known_folder : {false, true}) {
    ops_.take_calls();
    const auto delivery = store_->new_delivery();
    EXPECT_TRUE(delivery->append("Hello\r\n"));
    std::vector<Call> calls;
    await<MessageId>([&](Done<MessageId> done) {
      delivery->commit({kJohn}, [&, done = std::move(done)](Committed id) mutable {
        calls = ops_.take_calls();
        done(std::move(id));
      });
    });
    std::vector<std::string> expected = {"write", "futimens", "fsetxattr", "fsync"};
    if (!known_folder) expected.emplace_back("mkdirat");
    expected.insert(expected.end(), {"link_fd", "fsync"});
    if (!known_folder) expected.emplace_back("fsync");  // mail.store: the folder's own name
    EXPECT_EQ(names_of(calls, kOrder), expected);
  }
}

TEST_F(CommitTest, FolderMadeBySomebodyElseIsSyncedAtItsFirstUse) {
  drop_file(path_of(kJohn) / "0.mail", "by hand");
  ops_.take_calls();
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn}));
  EXPECT_EQ(names_of(ops_.take_calls(), {"fsync"}).size(), 3U);  // message, folder, mail.store
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn}));
  EXPECT_EQ(names_of(ops_.take_calls(), {"fsync"}).size(), 2U);
}

TEST_F(CommitTest, FolderWhoseNameCouldNotBeSyncedIsSyncedAtItsNextUse) {
  ops_.set_judge([count = 0](const Call& call) mutable {
    return call.name == "fsync" && ++count >= 3 ? EIO : 0;  // message, folder, mail.store; undo
  });
  EXPECT_FALSE(deliver(*store_, "Hello\r\n", {kJohn}));
  ops_.set_judge(nullptr);
  ops_.take_calls();
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn}));
  EXPECT_EQ(names_of(ops_.take_calls(), {"fsync"}).size(), 3U);
}

// Covers: 5321-6.1-8
TEST_F(CommitTest, BatchIsLinkedAfterItsDataIsSyncedAndReportedAfterItsLinksAre) {
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn, kMary, "x@example.com"}));
  auto deliveries = small_deliveries(10);
  ops_.take_calls();
  for (const auto& id : commit_batch(std::move(deliveries), nullptr)) EXPECT_TRUE(id);
  const auto names =
      names_of(ops_.take_calls(), {"write", "futimens", "fsync", "syncfs", "link_fd"});
  // The first message for itself; then the ten: all data, a sync, all links, a sync.
  std::vector<std::string> expected = {"write", "futimens", "fsync", "link_fd", "fsync"};
  for (int i = 0; i < 10; ++i) expected.insert(expected.end(), {"write", "futimens"});
  expected.emplace_back("syncfs");
  for (int i = 0; i < 15; ++i) expected.emplace_back("link_fd");
  expected.insert(expected.end(), {"fsync", "fsync"});  // two folders
  EXPECT_EQ(names, expected);
}

// Where the file system keeps the order of what is done to it.
class CommitInOrderTest : public CommitTest {
 protected:
  CommitInOrderTest() {
    ops_.set_keeps_order(true);
    reopen();
  }
};

TEST_F(CommitInOrderTest, OneMessageIsWrittenLinkedSyncedOnceAndThenReported) {
  for (const bool known_folder : {false, true}) {
    ops_.take_calls();
    ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn}));
    std::vector<std::string> expected = {"write", "futimens", "sync_file_range"};
    if (!known_folder) expected.emplace_back("mkdirat");
    expected.insert(expected.end(), {"link_fd", "fsync"});
    EXPECT_EQ(names_of(ops_.take_calls(), {"write", "futimens", "sync_file_range", "mkdirat",
                                           "link_fd", "fsync", "syncfs"}),
              expected);
  }
}

TEST_F(CommitInOrderTest, EachOfABatchIsLinkedWhenItsDataIsWrittenAndAllAreSyncedOnce) {
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn, kMary, "x@example.com"}));
  auto deliveries = small_deliveries(3);
  ops_.take_calls();
  for (const auto& id : commit_batch(std::move(deliveries), nullptr)) EXPECT_TRUE(id);
  std::vector<std::string> names;
  for (const auto& call : ops_.take_calls()) {
    const bool waits = (call.flags & SYNC_FILE_RANGE_WAIT_AFTER) != 0;
    if (call.name == "sync_file_range") names.emplace_back(waits ? "wait" : "begin");
    if (call.name == "link_fd" || call.name == "fsync" || call.name == "syncfs") {
      names.push_back(call.name);
    }
  }
  // The first message for itself, for john; then the three, for john and mary, john, john and mary.
  EXPECT_EQ(names, (std::vector<std::string>{"wait", "link_fd", "fsync", "begin", "begin", "begin",
                                             "wait", "link_fd", "link_fd", "wait", "link_fd",
                                             "wait", "link_fd", "link_fd", "fsync"}));
}

TEST_F(CommitInOrderTest, MessageThatCannotBeWrittenFailsAlone) {
  const auto outcomes = commit_batch(small_deliveries(3), [count = 0](const Call& call) mutable {
    const bool waits = (call.flags & SYNC_FILE_RANGE_WAIT_AFTER) != 0;
    return call.name == "sync_file_range" && waits && ++count == 2 ? EIO : 0;
  });
  EXPECT_TRUE(outcomes[0]);
  ASSERT_FALSE(outcomes[1]);
  EXPECT_EQ(outcomes[1].error(), std::errc::io_error);
  EXPECT_TRUE(outcomes[2]);
  EXPECT_EQ(messages_of(kJohn), 3U);
}

TEST_F(CommitInOrderTest, FailedSyncUndoesTheBatch) {
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn, kMary}));
  const auto outcomes = commit_batch(small_deliveries(3), FaultyFileOps::nth_of("fsync", 1, EIO));
  for (const auto& id : outcomes) EXPECT_FALSE(id);
  EXPECT_EQ(messages_of(kJohn), 2U);
  EXPECT_EQ(messages_of(kMary), 1U);
}

TEST_F(CommitTest, ManyFoldersAreSyncedTogether) {
  std::vector<Mailbox> recipients;
  for (int i = 0; i < 10; ++i) recipients.push_back(std::to_string(i) + "@example.com");
  ops_.take_calls();
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", recipients));
  const auto names = names_of(ops_.take_calls(), {"fsync", "syncfs"});
  EXPECT_EQ(names, (std::vector<std::string>{"fsync", "syncfs"}));
}

TEST_F(CommitTest, FailedSyncOfDataFailsEveryMessageThatHasWrittenAnything) {
  const auto flushed = store_->new_delivery();
  ASSERT_FALSE(append_all(*flushed, std::string(200'000, 'x')));
  const auto unwritten = store_->new_delivery();
  ASSERT_TRUE(unwritten->append("Hello\r\n"));

  const auto outcomes = commit_batch(small_deliveries(4), FaultyFileOps::nth_of("syncfs", 1, EIO));
  for (const auto& id : outcomes) {
    ASSERT_FALSE(id);
    EXPECT_EQ(id.error(), std::errc::io_error);
  }
  EXPECT_FALSE(commit(*flushed, {kJohn}));
  EXPECT_TRUE(commit(*unwritten, {kJohn}));
  EXPECT_TRUE(deliver(*store_, std::string(200'000, 'x'), {kJohn}));
  EXPECT_EQ(messages_of(kJohn), 3U);  // the batch's first, the unwritten, the new
}

TEST_F(CommitTest, FailedSyncOfLinksUndoesTheBatchAndFailsWhatIsHeldOpen) {
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn, kMary}));
  const auto flushed = store_->new_delivery();
  ASSERT_FALSE(append_all(*flushed, std::string(200'000, 'x')));
  std::vector<Mailbox> many;
  for (int i = 0; i < 10; ++i) many.push_back(std::to_string(i) + "@example.com");
  ops_.set_judge(FaultyFileOps::nth_of("syncfs", 1, EIO));
  EXPECT_FALSE(deliver(*store_, "Hello\r\n", many));
  for (const auto& mailbox : many) EXPECT_EQ(tree(path_of(mailbox)), std::vector<std::string>{});
  EXPECT_FALSE(commit(*flushed, {kJohn}));
  EXPECT_EQ(messages_of(kJohn), 1U);
  EXPECT_TRUE(deliver(*store_, "Hello\r\n", many));
}

// Covers: 5321-4.1.1.4-10
TEST_F(CommitTest, FailedSyncOfOneFolderUndoesTheBatch) {
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn, kMary}));
  int syncs = 0;
  const auto outcomes = commit_batch(small_deliveries(3), [&](const Call& call) {
    return call.name == "fsync" && ++syncs == 3 ? EIO : 0;  // the first's folder, john's, mary's
  });
  for (const auto& id : outcomes) EXPECT_FALSE(id);
  EXPECT_EQ(messages_of(kJohn), 2U);
  EXPECT_EQ(messages_of(kMary), 1U);
}

TEST_F(CommitTest, OneMessagesLinkThatFailsFailsThatMessageAlone) {
  ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn, kMary}));
  const size_t before = open_descriptors();
  // The gate's message links once; then 2, 1, 2 links: the fourth is the third message's first.
  const auto outcomes = commit_batch(small_deliveries(3), [count = 0](const Call& call) mutable {
    return call.name == "link_fd" && call.detail.starts_with(kMary) && ++count == 2 ? ENOSPC : 0;
  });
  EXPECT_TRUE(outcomes[0]);
  EXPECT_TRUE(outcomes[1]);
  ASSERT_FALSE(outcomes[2]);
  EXPECT_EQ(outcomes[2].error(), std::errc::no_space_on_device);
  EXPECT_EQ(messages_of(kJohn), 4U);
  EXPECT_EQ(messages_of(kMary), 2U);
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(CommitTest, UndoLeavesWhatAHandHasPutInItsPlace) {
  ops_.set_judge([&](const Call& call) {
    if (call.name != "link_fd" || !call.detail.starts_with(kMary)) return 0;
    std::filesystem::remove(path_of(kJohn) / "0.mail");
    drop_file(path_of(kJohn) / "0.mail", "by hand");
    return ENOSPC;
  });
  EXPECT_FALSE(deliver(*store_, "Hello\r\n", {kJohn, kMary}));
  EXPECT_EQ(file_content(path_of(kJohn) / "0.mail"), "by hand");
}

// Its only name is taken from it between the two links: such a file gets no other.
class ReaderBetweenLinksTest : public CommitTest, public testing::WithParamInterface<bool> {
 protected:
  ReaderBetweenLinksTest() {
    ops_.set_keeps_order(GetParam());
    reopen();
  }

  // What is in john's mailbox goes before the link into mary's is made.
  void remove_johns(const Call& call) const {
    if (call.name != "link_fd" || !call.detail.starts_with(kMary)) return;
    std::filesystem::remove(path_of(kJohn) / "0.mail");
  }
};

INSTANTIATE_TEST_SUITE_P(TwoSyncsAndOne, ReaderBetweenLinksTest, testing::Bool());

TEST_P(ReaderBetweenLinksTest, MessageArrivesAtTheOthersWithTheSameId) {
  const size_t before = open_descriptors();
  const std::string text(200'000, 'x');
  ops_.set_judge([this](const Call& call) {
    remove_johns(call);
    return 0;
  });
  const auto id = deliver(*store_, text, {kJohn, kMary, "x@example.com"});
  ops_.set_judge(nullptr);
  ASSERT_TRUE(id) << id.error().message();
  EXPECT_EQ(messages_of(kJohn), 0U);
  for (const Mailbox& mailbox : {kMary, Mailbox("x@example.com")}) {
    const auto maildrop = open_maildrop(*store_, mailbox);
    ASSERT_TRUE(maildrop);
    ASSERT_EQ((*maildrop)->messages().size(), 1U);
    EXPECT_EQ(read_all(**maildrop, 0), text);
    EXPECT_EQ((*maildrop)->messages().uid_of(0), id->text + "-0");
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST_P(ReaderBetweenLinksTest, MessageThatCannotBeCopiedIsRefusedAndNowhere) {
  for (const std::string failing : {"openat", "write", "futimens", "fsync"}) {
    bool is_removed = false;
    ops_.set_judge([&](const Call& call) {
      remove_johns(call);
      is_removed = is_removed || (call.name == "link_fd" && call.detail.starts_with(kMary));
      const bool makes_copy = call.name != "openat" || (call.flags & O_TMPFILE) == O_TMPFILE;
      return is_removed && call.name == failing && makes_copy ? ENOSPC : 0;
    });
    const auto id = deliver(*store_, "Hello\r\n", {kJohn, kMary});
    ops_.set_judge(nullptr);
    ASSERT_FALSE(id) << failing;
    EXPECT_EQ(id.error(), std::errc::no_space_on_device) << failing;
    EXPECT_EQ(messages_of(kMary), 0U) << failing;
    EXPECT_EQ(messages_of(kJohn), 0U) << failing;
    std::filesystem::remove_all(path_of(kJohn));
  }
}

TEST_F(CommitTest, UndoThatFailsIsTold) {
  ops_.set_judge([](const Call& call) {
    if (call.name == "unlinkat") return EIO;
    return call.name == "link_fd" && call.detail.starts_with(kMary) ? ENOSPC : 0;
  });
  EXPECT_FALSE(deliver(*store_, "Hello\r\n", {kJohn, kMary}));
  ASSERT_EQ(observed().size(), 1U);
  EXPECT_NE(observed().front().find(kJohn + "/0.mail"), std::string::npos) << observed().front();
}

TEST_F(CommitTest, StoreWithoutExtendedAttributesStillStores) {
  ops_.set_judge(
      [](const Call& call) { return call.name.find("xattr") != std::string::npos ? ENOTSUP : 0; });
  reopen();
  EXPECT_EQ(observed().size(), 1U);
  ASSERT_TRUE(deliver(*store_, "a\nb\n", {kJohn}));
  auto maildrop = open_maildrop(*store_, kJohn);
  ASSERT_TRUE(maildrop);
  EXPECT_EQ((*maildrop)->messages().octets_of(0), 6U);
  EXPECT_TRUE(remove(**maildrop, {0}));
  EXPECT_EQ(observed().size(), 1U);
}

TEST_F(CommitTest, FullDiskWhileFlushingFailsTheMessageForGood) {
  const size_t before = open_descriptors();
  for (const auto& [name, error] : std::vector<std::pair<std::string, int>>{
           {"openat", EMFILE}, {"openat", ENOSPC}, {"write", ENOSPC}, {"write", EIO}}) {
    ops_.set_judge(FaultyFileOps::always(name, error));
    auto delivery = store_->new_delivery();
    static_cast<void>(delivery->append(std::string(70'000, 'x')));
    const auto flushed = flush(*delivery);
    ASSERT_FALSE(flushed) << name;
    EXPECT_EQ(flushed.error(), std::error_code(error, std::system_category()));
    ops_.set_judge(nullptr);
    EXPECT_FALSE(commit(*delivery, {kJohn}));
    delivery.reset();
    EXPECT_EQ(tree(path()), std::vector<std::string>{});
    EXPECT_EQ(open_descriptors(), before);
  }
  EXPECT_TRUE(deliver(*store_, "Hello\r\n", {kJohn}));
}

}  // namespace
}  // namespace store
