// A batch that grows while it is waited for: what is called when.
#include "common/store/commit_batch.h"

#include <fcntl.h>

#include <algorithm>

#include "common/store/stamp_clock.h"
#include "tests/common/store/store_fixture.h"

namespace store {
namespace {

using Names = std::vector<std::string>;

class CommitBatchTest : public StoreTest, public testing::WithParamInterface<bool> {
 protected:
  CommitBatchTest() {
    ops_.set_keeps_order(GetParam());
    root_ = StoreRoot::open(path().string(), ops_, nullptr, time_of_day).value();
    folders_ = std::make_unique<MailboxFolders>(*root_);
    clock_ = std::make_unique<StampClock>(root_->clock());
    spares_ = std::make_unique<SpareDrafts>(*root_);
    batch_ = std::make_unique<CommitBatch>(*root_, *folders_, *clock_, *spares_);
    ops_.take_calls();
  }

  void add(size_t count) {
    std::vector<CommitRequest> requests;
    for (size_t i = 0; i < count; ++i) {
      auto message = std::make_shared<IncomingMessage>(*root_);
      EXPECT_TRUE(message->append("Hello\r\n"));
      requests.push_back({std::move(message), {kJohn}, [this](const Committed& id) {
                            EXPECT_TRUE(id);
                            ++reported_;
                          }});
    }
    batch_->add(std::move(requests));
  }

  // Since it was asked last.
  Names calls() {
    Names names;
    for (const auto& call : ops_.take_calls()) {
      if (call.name == "write" || call.name == "link_fd") names.push_back(call.name);
      if (call.name != "sync_file_range") continue;
      names.emplace_back((call.flags & SYNC_FILE_RANGE_WAIT_AFTER) != 0 ? "wait" : "begin");
    }
    return names;
  }

  bool keeps_order() const { return GetParam(); }

  std::unique_ptr<StoreRoot> root_;
  std::unique_ptr<MailboxFolders> folders_;
  std::unique_ptr<StampClock> clock_;
  std::unique_ptr<SpareDrafts> spares_;
  std::unique_ptr<CommitBatch> batch_;
  size_t reported_ = 0;
};

TEST_P(CommitBatchTest, MessagesAreWrittenAtOnceAndNamedWhenItRuns) {
  add(1);
  EXPECT_EQ(calls(), Names{"write"});
  add(1);
  EXPECT_EQ(calls(), Names{"write"});
  EXPECT_EQ(batch_->size(), 2U);
  EXPECT_EQ(tree(path()).size(), 0U);
  batch_->run();
  EXPECT_EQ(tree(path()).size(), 2U);
}

TEST_P(CommitBatchTest, NobodyIsToldBeforeItIsReported) {
  add(3);
  batch_->run();
  EXPECT_EQ(reported_, 0U);
  batch_->report();
  EXPECT_EQ(reported_, 3U);
}

// Where names may become durable before data, a sync of all will have the data written.
TEST_P(CommitBatchTest, DataIsGivenToTheDiskOnceWhereTheOrderIsKept) {
  add(2);
  EXPECT_EQ(calls(), (Names{"write", "write"}));
  batch_->begin_data();
  batch_->begin_data();
  EXPECT_EQ(calls(), keeps_order() ? (Names{"begin", "begin"}) : Names{});
  add(1);
  EXPECT_EQ(calls(), Names{"write"});
  batch_->run();
  EXPECT_EQ(calls(), keeps_order()
                         ? (Names{"wait", "link_fd", "wait", "link_fd", "wait", "link_fd"})
                         : (Names{"link_fd", "link_fd", "link_fd"}));
}

// The first is linked while the disk writes the others' data.
TEST_P(CommitBatchTest, AllDataIsBegunBeforeAnyIsWaitedForWhereTheOrderIsKept) {
  add(3);
  batch_->run();
  Names expected = {"write", "write", "write"};
  if (keeps_order()) {
    expected.insert(expected.end(), {"begin", "begin", "begin", "wait", "link_fd", "wait",
                                     "link_fd", "wait", "link_fd"});
  } else {
    expected.insert(expected.end(), {"link_fd", "link_fd", "link_fd"});
  }
  EXPECT_EQ(calls(), expected);
}

TEST_P(CommitBatchTest, MessagesAreWrittenToTheFilesThatWereMadeAhead) {
  for (size_t i = 0; i < SpareDrafts::kSteady; ++i) spares_->expect(2);
  ops_.take_calls();
  add(3);
  const auto written = ops_.take_calls();
  EXPECT_EQ(std::ranges::count(written, std::string("openat"), &FaultyFileOps::Call::name), 1);
  batch_->run();
  batch_->report();
  EXPECT_EQ(reported_, 3U);
  for (const auto& file : tree(path())) EXPECT_EQ(file_content(path() / file), "Hello\r\n");
}

INSTANTIATE_TEST_SUITE_P(OrderIsKeptOrNot, CommitBatchTest, testing::Bool());

}  // namespace
}  // namespace store
