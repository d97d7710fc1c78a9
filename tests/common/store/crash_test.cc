// Recorded runs, and every disk that a power cut may have left of each prefix of them
// (tests/support/disk_model.h): a server that is started on it keeps the promise.
#include <fcntl.h>

#include <cerrno>
#include <set>

#include "common/store/commit_batch.h"
#include "tests/common/store/recorded_store.h"

namespace store {
namespace {

using Call = FaultyFileOps::Call;

const std::vector<Mailbox> kFive = {kJohn, kMary, "a@example.com", "b@example.com",
                                    "c@example.com"};

// On a disk that keeps the order of what is done to it, and on one that does not.
class CrashTest : public RecordedTest, public testing::WithParamInterface<Order> {
 protected:
  CrashTest() { set_order(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(AnyOrder, CrashTest, testing::Values(Order::kAny));
INSTANTIATE_TEST_SUITE_P(OrderKept, CrashTest, testing::Values(Order::kKept));

// Covers: 5321-6.1-1
TEST_P(CrashTest, FirstDeliveryEverSurvivesEveryPowerCut) {
  ASSERT_TRUE(server_.open());
  ASSERT_TRUE(server_.deliver({kJohn}));
  expect_promise_kept();
}

// Covers: 5321-2.1-2, 5321-6.1-1
TEST_P(CrashTest, DeliveriesToKnownMailboxesSurviveEveryPowerCut) {
  ASSERT_TRUE(server_.open());
  ASSERT_TRUE(server_.deliver({kJohn}));
  begin_recording();
  ASSERT_TRUE(server_.deliver({kJohn}));
  ASSERT_TRUE(server_.deliver({kJohn, kMary}));
  ASSERT_TRUE(server_.deliver({kMary}));
  expect_promise_kept();
}

TEST_P(CrashTest, DeliveryToFiveNewMailboxesSurvivesEveryPowerCut) {
  ASSERT_TRUE(server_.open());
  begin_recording();
  ASSERT_TRUE(server_.deliver(kFive));
  expect_promise_kept();
}

TEST_P(CrashTest, MessageWrittenInPiecesSurvivesEveryPowerCut) {
  ASSERT_TRUE(server_.open());
  begin_recording();
  ASSERT_TRUE(server_.deliver({kJohn}, 140'000));
  expect_promise_kept();
}

// Covers: 5321-6.1-1
TEST_P(CrashTest, BatchSurvivesEveryPowerCut) {
  ASSERT_TRUE(server_.open());
  begin_recording();
  deliver_together({{kJohn}, {kMary}, {kJohn, kMary}});
  expect_promise_kept();
}

TEST_P(CrashTest, LargerBatchSurvivesEveryPowerCut) {
  ASSERT_TRUE(server_.open());
  begin_recording();
  deliver_together({{kJohn}, {kJohn}, {kMary, kFive[2]}, {kJohn}, {kFive[3]}, {kJohn}});
  expect_promise_kept();
}

TEST_P(CrashTest, DeliveryByNamedDraftsSurvivesEveryPowerCut) {
  ops_.set_judge(FaultyFileOps::without_tmpfile());
  ASSERT_TRUE(server_.open());
  begin_recording();
  ASSERT_TRUE(server_.deliver({kJohn, kMary}));
  expect_promise_kept();
}

// A message that is committed alone, to a file that was made before it came.
class DeliveryToASpare : public Delivery {
 public:
  DeliveryToASpare(StoreRoot& root, SpareDrafts& spares)
      : root_(root), spares_(spares), message_(std::make_shared<IncomingMessage>(root)) {}

  bool append(std::string_view text) override { return message_->append(text); }
  void flush(Done<void> done) override { done({}); }
  void drop(Done<void> done) override { done({}); }
  void commit(std::vector<Mailbox> recipients, Done<MessageId> done) override {
    MailboxFolders folders(root_);
    StampClock clock(root_.clock());
    CommitBatch batch(root_, folders, clock, spares_);
    std::vector<CommitRequest> requests;
    requests.push_back({std::move(message_), std::move(recipients), std::move(done)});
    batch.add(std::move(requests));
    batch.run();
    batch.report();
  }

 private:
  StoreRoot& root_;
  SpareDrafts& spares_;
  std::shared_ptr<IncomingMessage> message_;
};

TEST_P(CrashTest, MessageInAFileThatWasMadeAheadSurvivesEveryPowerCut) {
  ASSERT_TRUE(server_.open());
  begin_recording();
  const auto root = StoreRoot::open("/mail.store", ops_, nullptr, disk_.clock()).value();
  SpareDrafts spares(*root);
  for (size_t i = 0; i < SpareDrafts::kSteady; ++i) spares.expect(1);
  ASSERT_TRUE(server_.deliver({kJohn}));  // its syncs have seen the file, without a name
  DeliveryToASpare delivery(*root, spares);
  const std::string text = server_.new_text();
  EXPECT_TRUE(delivery.append(text));
  ops_.take_calls();
  EXPECT_TRUE(await<MessageId>([&](Done<MessageId> done) {
    server_.commit(delivery, text, {kJohn, kMary}, std::move(done));
  }));
  for (const auto& call : ops_.take_calls()) EXPECT_EQ(call.flags & O_TMPFILE & ~O_DIRECTORY, 0);
  ASSERT_TRUE(server_.deliver({kMary}));
  expect_promise_kept();
}

// Covers: 5321-4.2.5-1
TEST_P(CrashTest, RefusedMessageStaysAwayWhereverThePowerIsCut) {
  ASSERT_TRUE(server_.open());
  ASSERT_TRUE(server_.deliver({kJohn, kMary}));
  begin_recording();
  ops_.set_judge([](const Call& call) {
    return call.name == "link_fd" && call.detail.starts_with(kMary) ? ENOSPC : 0;
  });
  ASSERT_FALSE(server_.deliver({kJohn, kMary}));
  ops_.set_judge(nullptr);
  ASSERT_TRUE(server_.deliver({kJohn, kMary}));
  expect_promise_kept();
}

// Also of the data alone: then it is the wait that tells.
bool is_sync(const Call& call) {
  return call.name == "fsync" || call.name == "syncfs" ||
         (call.name == "sync_file_range" && (call.flags & SYNC_FILE_RANGE_WAIT_AFTER) != 0);
}

// Each sync in turn: of the data, of the folders, of the undo; and the last two of these.
TEST_P(CrashTest, DeliveryWhoseSyncFailsIsNowhereAndTheNextIsWhole) {
  const std::vector<std::set<int>> rounds = {{1}, {2}, {3}, {2, 3}};
  for (size_t round = 0; round < rounds.size(); ++round) {
    ASSERT_TRUE(server_.open());
    begin_recording();
    int syncs = 0;
    ops_.set_judge([&](const Call& call) {
      if (is_sync(call) && rounds[round].contains(++syncs)) disk_.fail_next_sync();
      return 0;
    });
    // There is no third of a delivery that succeeds, nor a fourth.
    const bool fails = *rounds[round].begin() < 3;
    EXPECT_EQ(server_.deliver({std::to_string(round) + "@example.com", kJohn}).has_value(), !fails);
    ops_.set_judge(nullptr);
    ASSERT_TRUE(server_.deliver({kJohn}));
    expect_promise_kept();
    server_.close();
  }
}

class RemovalCrashTest
    : public RecordedTest,
      public testing::WithParamInterface<std::tuple<Order, std::vector<size_t>>> {};

TEST_P(RemovalCrashTest, RemovedMessagesStayAwayAndTheirNumbersToo) {
  const auto& [order, removed] = GetParam();
  set_order(order);
  ASSERT_TRUE(server_.open());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(server_.deliver({kJohn, kMary}));
  begin_recording();
  ASSERT_TRUE(server_.remove(kJohn, removed));
  ASSERT_TRUE(server_.deliver({kJohn}));
  expect_promise_kept();
}

INSTANTIATE_TEST_SUITE_P(OldestNewestAll, RemovalCrashTest,
                         testing::Combine(testing::Values(Order::kAny, Order::kKept),
                                          testing::Values(std::vector<size_t>{0},
                                                          std::vector<size_t>{2},
                                                          std::vector<size_t>{0, 1, 2})));

class ExpiryCrashTest
    : public RecordedTest,
      public testing::WithParamInterface<std::tuple<Order, RecordedStore::ExpiryBy, size_t>> {
 protected:
  static constexpr auto kAge = std::chrono::days(30);
  static constexpr auto kAgeNs = uint64_t{std::chrono::nanoseconds(kAge).count()};
};

// The oldest, or all, are too old; mary has them too, and keeps them.
TEST_P(ExpiryCrashTest, ExpiredMessagesStayAwayAndTheOthersStay) {
  const auto& [order, by, old] = GetParam();
  set_order(order);
  ASSERT_TRUE(server_.open());
  std::vector<size_t> doomed;
  for (size_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(server_.deliver({kJohn, kMary}));
    if (i < old) doomed.push_back(i);
    if (i + 1 == old) disk_.set_time(disk_.clock()() + kAgeNs);
  }
  begin_recording();
  EXPECT_TRUE(server_.expire(kJohn, doomed, kAge, by));
  ASSERT_TRUE(server_.deliver({kJohn}));
  expect_promise_kept();
}

INSTANTIATE_TEST_SUITE_P(OldestAll, ExpiryCrashTest,
                         testing::Combine(testing::Values(Order::kAny, Order::kKept),
                                          testing::Values(RecordedStore::ExpiryBy::kSweep,
                                                          RecordedStore::ExpiryBy::kLogin),
                                          testing::Values(size_t{1}, size_t{3})));

TEST_P(CrashTest, StoreWhoseFirstStartFailedIsDurableAfterTheSecond) {
  disk_.fail_next_sync();  // of the store's parent
  ASSERT_FALSE(server_.open());
  ASSERT_TRUE(server_.open());
  ASSERT_TRUE(server_.deliver({kJohn}));
  expect_promise_kept();
}

// The other one has made mail.store, and is then as slow as can be.
TEST_P(CrashTest, StoreThatAnotherServerHasJustMadeIsDurableAfterTheStart) {
  ASSERT_FALSE(disk_.mkdirat(AT_FDCWD, "/mail.store", 0700));
  ASSERT_TRUE(server_.open());
  ASSERT_TRUE(server_.deliver({kJohn}));
  expect_promise_kept();
}

TEST_P(CrashTest, NumberStaysAwayAfterAQuitThatFailedAndOneThatDidNot) {
  ASSERT_TRUE(server_.open());
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(server_.deliver({kJohn}));
  begin_recording();
  disk_.fail_next_sync();  // of the mark
  ASSERT_FALSE(server_.remove(kJohn, {1}));
  ASSERT_TRUE(server_.remove(kJohn, {1}));
  expect_promise_kept();
}

// The new folder has the inode number of the old one, and nobody has synced its name. Its numbers
// are its own: nothing is promised of those of the old one.
TEST_P(CrashTest, MailboxThatAHandHasMadeAnewIsDurableAfterTheNextDelivery) {
  ASSERT_TRUE(server_.open());
  ASSERT_TRUE(server_.deliver({kMary}));
  ASSERT_TRUE(server_.remove(kMary, {0}));
  begin_recording();
  const std::string folder = "/mail.store/" + kMary;
  const auto before = disk_.fstatat(AT_FDCWD, folder);
  ASSERT_FALSE(disk_.mkdirat(AT_FDCWD, "/other", 0700));  // takes the number that is free
  ASSERT_FALSE(disk_.rmdirat(AT_FDCWD, folder));
  ASSERT_FALSE(disk_.mkdirat(AT_FDCWD, folder, 0700));
  ASSERT_TRUE(disk_.fstatat(AT_FDCWD, folder)->is_same_file(*before));
  ASSERT_TRUE(server_.deliver({kMary}));
  const auto findings = survey();
  EXPECT_FALSE(findings.breaches.contains(Breach::kMissing)) << to_text(findings);
}

// One of them is undone for itself, and then the sync that would have made that durable fails.
TEST_P(CrashTest, UndoWithinABatchWhoseSyncFailsIsDurableToo) {
  ASSERT_TRUE(server_.open());
  ASSERT_TRUE(server_.deliver({kJohn}));
  ASSERT_TRUE(server_.deliver({kMary}));
  begin_recording();
  // The first message's folder, the data of the two, the first of their folders; where the order is
  // kept there is none but the last.
  const int doomed = GetParam() == Order::kKept ? 1 : 4;
  int syncs = 0;
  const auto outcomes =
      deliver_together({{kJohn}, {kMary, "c@example.com"}}, [&](const Call& call) {
        if (call.name == "link_fd" && call.detail.starts_with("c@")) return ENOSPC;
        if (call.name == "fsync" && ++syncs == doomed) disk_.fail_next_sync();
        return 0;
      });
  EXPECT_EQ(outcomes, (std::vector<bool>{false, false}));
  expect_promise_kept();
}

}  // namespace
}  // namespace store
