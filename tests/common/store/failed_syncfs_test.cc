// A syncfs that fails is reported by the kernel once, whatever it has lost: every message of which
// anything was written before fails, and none is tried again.
#include <cerrno>

#include "tests/common/store/recorded_store.h"

namespace store {
namespace {

using Call = FaultyFileOps::Call;

class FailedSyncfsTest : public RecordedTest {
 protected:
  FailedSyncfsTest() { EXPECT_TRUE(server_.open()); }

  // A message as a server has it while it comes in: appended, and flushed if it is `on_disk`.
  struct Incoming {
    std::unique_ptr<Delivery> delivery;
    std::string text;
  };
  Incoming receive(bool on_disk) {
    Incoming incoming{server_.store().new_delivery(), server_.new_text(on_disk ? 70'000 : 0)};
    if (on_disk) {
      EXPECT_FALSE(incoming.delivery->append(incoming.text));
      EXPECT_TRUE(flush(*incoming.delivery));
    } else {
      EXPECT_TRUE(incoming.delivery->append(incoming.text));
    }
    return incoming;
  }
  Committed commit(Incoming& incoming, const std::vector<Mailbox>& recipients) {
    return await<MessageId>([&](Done<MessageId> done) {
      server_.commit(*incoming.delivery, incoming.text, recipients, std::move(done));
    });
  }
  // A batch of three, the nth syncfs of which loses what was written before it.
  std::vector<bool> lose_a_batch(int nth, const std::vector<std::vector<Mailbox>>& recipients) {
    return deliver_together(recipients, [this, nth, syncs = 0](const Call& call) mutable {
      if (call.name == "syncfs" && ++syncs == nth) disk_.fail_next_sync();
      return 0;
    });
  }
};

const std::vector<std::vector<Mailbox>> kThree = {{kJohn}, {kMary}, {kJohn, kMary}};

TEST_F(FailedSyncfsTest, WholeBatchFailsAndNoneOfItIsTriedAgain) {
  begin_recording();
  EXPECT_EQ(lose_a_batch(1, kThree), (std::vector<bool>{false, false, false}));
  expect_promise_kept();
}

TEST_F(FailedSyncfsTest, MessageWithPartsOnDiskFailsWhenItCommits) {
  begin_recording();
  auto incoming = receive(true);
  lose_a_batch(1, kThree);
  const auto id = commit(incoming, {kJohn});
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error(), std::errc::io_error);
  expect_promise_kept();
}

TEST_F(FailedSyncfsTest, MessageThatIsOnlyInMemoryGoesThrough) {
  begin_recording();
  auto incoming = receive(false);
  lose_a_batch(1, kThree);
  EXPECT_TRUE(commit(incoming, {kJohn}));
  expect_promise_kept();
}

TEST_F(FailedSyncfsTest, MessageAfterItGoesThroughOnDiskOrNot) {
  begin_recording();
  lose_a_batch(1, kThree);
  for (const bool on_disk : {true, false}) {
    auto incoming = receive(on_disk);
    EXPECT_TRUE(commit(incoming, {kJohn, kMary}));
  }
  expect_promise_kept();
}

// The sync of many folders' names speaks of all data too.
TEST_F(FailedSyncfsTest, LinksSyncFailsWhatIsHeldOpenAsWell) {
  begin_recording();
  auto on_disk = receive(true);
  auto in_memory = receive(false);
  const std::vector<std::vector<Mailbox>> many = {{kJohn, kMary, "c@example.com"}};
  EXPECT_EQ(lose_a_batch(1, many), std::vector<bool>{false});
  EXPECT_FALSE(commit(on_disk, {kJohn}));
  EXPECT_TRUE(commit(in_memory, {kJohn}));
  EXPECT_TRUE(server_.deliver({kJohn}));
  expect_promise_kept();
}

// What was acknowledged before is safe, whatever the failed sync has lost.
TEST_F(FailedSyncfsTest, WhatWasAcknowledgedBeforeStays) {
  begin_recording();
  ASSERT_TRUE(server_.deliver({kJohn, kMary}));
  lose_a_batch(1, kThree);
  expect_promise_kept();
}

// Two messages are synced one by one, and then all is well for a third that is being received.
TEST_F(FailedSyncfsTest, FailedFsyncOfOneMessageIsThatMessagesAlone) {
  begin_recording();
  auto incoming = receive(true);
  int syncs = 0;
  const auto outcomes = deliver_together({{kJohn}, {kMary}}, [&](const Call& call) {
    // The first message's folder and its name, then the data of the two.
    if (call.name == "fsync" && ++syncs == 3) disk_.fail_next_sync();
    return 0;
  });
  EXPECT_EQ(outcomes, (std::vector<bool>{false, true}));
  EXPECT_TRUE(commit(incoming, {kJohn}));
  expect_promise_kept();
}

}  // namespace
}  // namespace store
