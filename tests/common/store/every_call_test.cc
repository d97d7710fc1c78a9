// Every system call of a delivery, of opening a maildrop and of a removal fails once.
#include <atomic>

#include "tests/common/store/store_fixture.h"

namespace store {
namespace {

using Call = FaultyFileOps::Call;

// The error, and whether the file system knows O_TMPFILE.
class EveryCallTest : public StoreTest, public testing::WithParamInterface<std::tuple<int, bool>> {
 protected:
  // Fails the nth call from now on; the counter says how many there were.
  std::shared_ptr<std::atomic<int>> fail_nth(int nth) {
    auto count = std::make_shared<std::atomic<int>>(0);
    ops_.set_judge([this, nth, count](const Call& call) {
      if (const int refused = lacking_(call)) return refused;
      return ++*count == nth ? error_ : 0;
    });
    return count;
  }
  void fail_no_more() { ops_.set_judge(lacking_); }

  std::vector<std::string> messages_of(const Mailbox& mailbox) {
    const auto maildrop = open_maildrop(*store_, mailbox);
    EXPECT_TRUE(maildrop) << maildrop.error().message();
    std::vector<std::string> uids;
    if (maildrop) {
      for (const auto& message : (*maildrop)->messages()) uids.push_back(message.uid);
    }
    return uids;
  }

  const int error_ = std::get<0>(GetParam());
  const FaultyFileOps::Judge lacking_ = std::get<1>(GetParam())
                                            ? FaultyFileOps::Judge([](const Call&) { return 0; })
                                            : FaultyFileOps::without_tmpfile();
};

// Whatever it was, the outcome is the truth, nothing of what was refused is seen, no descriptor is
// lost, and the next message goes through.
TEST_P(EveryCallTest, DeliverysOutcomeIsTheTruth) {
  const std::vector<Mailbox> recipients = {kJohn, kMary, "x@example.com"};
  const std::string text(100'000, 'x');
  size_t stored = 0;
  bool failing = true;
  for (int nth = 1; failing; ++nth) {
    // In every other round into new folders.
    if (nth % 2 == 0) {
      for (const auto& mailbox : recipients) std::filesystem::remove_all(path_of(mailbox));
      stored = 0;
    }
    const size_t before = open_descriptors();
    const auto count = fail_nth(nth);
    if (deliver(*store_, text, recipients)) ++stored;
    failing = *count >= nth;
    fail_no_more();
    EXPECT_EQ(open_descriptors(), before) << "call " << nth;
    for (const auto& mailbox : recipients) {
      ASSERT_EQ(messages_of(mailbox).size(), stored) << "call " << nth << ", " << mailbox;
    }
    ASSERT_TRUE(deliver(*store_, text, recipients)) << "after call " << nth;
    ++stored;
    for (const auto& file : tree(path())) {
      // A temporary whose unlinking was refused is left, and told.
      EXPECT_TRUE(!file.starts_with(".tmp-") || !observed().empty()) << "call " << nth;
    }
  }
}

TEST_P(EveryCallTest, OpenedMaildropIsNeverShort) {
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn}));
  drop_file(path_of(kJohn) / "2.mail", "counted\n");
  const auto all = messages_of(kJohn);
  ASSERT_EQ(all.size(), 3U);
  bool failing = true;
  for (int nth = 1; failing; ++nth) {
    const size_t before = open_descriptors();
    const auto count = fail_nth(nth);
    {
      const auto maildrop = open_maildrop(*store_, kJohn);
      failing = *count >= nth;
      if (maildrop) {
        ASSERT_EQ((*maildrop)->messages().size(), all.size()) << "call " << nth;
      }
      EXPECT_TRUE(maildrop || failing);
    }
    fail_no_more();
    EXPECT_EQ(open_descriptors(), before) << "call " << nth;
    EXPECT_EQ(messages_of(kJohn), all) << "call " << nth;
  }
}

TEST_P(EveryCallTest, RemovedMessagesAreGoneAndTheOthersStay) {
  bool failing = true;
  for (int nth = 1; failing; ++nth) {
    std::filesystem::remove_all(path_of(kJohn));
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(deliver(*store_, "Hello\r\n", {kJohn}));
    const auto all = messages_of(kJohn);
    ASSERT_EQ(all.size(), 3U);
    const size_t before = open_descriptors();
    auto maildrop = open_maildrop(*store_, kJohn);
    ASSERT_TRUE(maildrop);
    const auto count = fail_nth(nth);
    const auto removed = remove(**maildrop, {1, 2});
    failing = *count >= nth;
    fail_no_more();
    EXPECT_EQ(open_descriptors(), before) << "call " << nth;
    maildrop->reset();
    const auto rest = messages_of(kJohn);
    ASSERT_FALSE(rest.empty()) << "call " << nth;
    EXPECT_EQ(rest.front(), all.front()) << "call " << nth;
    if (removed) {
      EXPECT_EQ(rest.size(), 1U) << "call " << nth;
    }
    EXPECT_TRUE(removed || failing);
  }
}

INSTANTIATE_TEST_SUITE_P(Errors, EveryCallTest,
                         testing::Combine(testing::Values(EIO, ENOSPC, EMFILE), testing::Bool()),
                         [](const auto& values) {
                           const int error = std::get<0>(values.param);
                           const std::string name = error == EIO      ? "Eio"
                                                    : error == ENOSPC ? "Enospc"
                                                                      : "Emfile";
                           return name + (std::get<1>(values.param) ? "" : "NamedDrafts");
                         });

}  // namespace
}  // namespace store
