// A maildrop whose messages are read ahead (read_ahead.h), as its session sees it.
#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <numeric>
#include <semaphore>
#include <string>
#include <vector>

#include "common/store/names.h"
#include "tests/common/store/maildrop_fixture.h"

namespace store {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

constexpr std::chrono::minutes kHang{1};

class MaildropReadAheadTest : public MaildropTest {
 protected:
  void SetUp() override {
    for (size_t i = 0; i < 40; ++i) {
      texts_.push_back("message " + std::to_string(i) + "\r\n" + std::string(i * i * 40, 'x'));
      drop(message_file_name(i), texts_.back());
    }
  }
  // The pool is held when it opens this message, once; what is not read ahead is opened by
  // openat_cached.
  void hold_at(const std::string& name) {
    ops_.set_judge([this, name](const FaultyFileOps::Call& call) {
      if (call.name == "pread_nowait") return EAGAIN;  // the disk is needed: it is worthwhile
      if (call.name == "openat" && call.detail == name && !held_once_.exchange(true)) {
        reached_.release();
        held_.acquire();
      }
      return 0;
    });
  }

  Names texts_;
  std::atomic<bool> held_once_ = false;
  std::binary_semaphore reached_{0};
  std::binary_semaphore held_{0};
};

TEST_F(MaildropReadAheadTest, MessagesInOrderAreAsTheyAreStored) {
  ops_.set_judge(FaultyFileOps::always("pread_nowait", EAGAIN));
  for (int round = 0; round < 20; ++round) {
    const auto maildrop = open();
    for (size_t i = 0; i < texts_.size(); ++i) {
      EXPECT_TRUE(read_all(*maildrop, i) == texts_[i]) << i;
    }
  }
}

TEST_F(MaildropReadAheadTest, MessagesThatAreSkippedOrReadAgainAreAsTheyAreStored) {
  ops_.set_judge(FaultyFileOps::always("pread_nowait", EAGAIN));
  const auto maildrop = open();
  for (const size_t i : {0U, 1U, 2U, 2U, 4U, 5U, 5U, 9U, 10U, 11U, 12U, 3U, 4U, 5U, 39U, 0U, 1U}) {
    EXPECT_TRUE(read_all(*maildrop, i) == texts_[i]) << i;
  }
}

TEST_F(MaildropReadAheadTest, MailboxIsUnlockedThoughThePoolStillReadsAhead) {
  auto maildrop = open();
  hold_at("2.mail");
  read_all(*maildrop, 0);
  read_all(*maildrop, 1);
  ASSERT_TRUE(reached_.try_acquire_for(kHang));
  maildrop.reset();
  EXPECT_TRUE(open_maildrop(*store_, kJohn));
  held_.release();
}

TEST_F(MaildropReadAheadTest, MessagesAreRemovedThoughThePoolStillReadsAhead) {
  const auto maildrop = open();
  hold_at("2.mail");
  read_all(*maildrop, 0);
  read_all(*maildrop, 1);
  ASSERT_TRUE(reached_.try_acquire_for(kHang));
  std::vector<size_t> all(texts_.size());
  std::iota(all.begin(), all.end(), size_t{0});
  EXPECT_TRUE(remove(*maildrop, all));
  EXPECT_EQ(tree(path_of(kJohn)), Names{});
  held_.release();
}

TEST_F(MaildropReadAheadTest, MessageThatThePoolIsJustReadingIsReadAllTheSame) {
  const auto maildrop = open();
  hold_at("2.mail");
  read_all(*maildrop, 0);
  read_all(*maildrop, 1);
  ASSERT_TRUE(reached_.try_acquire_for(kHang));
  EXPECT_TRUE(read_all(*maildrop, 2) == texts_[2]);
  held_.release();
}

TEST_F(MaildropReadAheadTest, ErrorIsReportedForTheMessageThatWasAskedForAlone) {
  ops_.set_judge(FaultyFileOps::always("pread_nowait", EAGAIN));
  const auto maildrop = open();
  fs::remove(path_of(kJohn) / "3.mail");
  std::vector<char> buffer(100'000);
  for (size_t i = 0; i < 6; ++i) {
    const auto got =
        await<size_t>([&](Done<size_t> done) { maildrop->read(i, 0, buffer, std::move(done)); });
    ASSERT_EQ(got.has_value(), i != 3) << i;
    if (i == 3) {
      EXPECT_EQ(got.error(), std::errc::no_such_file_or_directory);
    }
  }
}

TEST_F(MaildropReadAheadTest, DescriptorsAreClosedWithTheStore) {
  store_.reset();
  const size_t before = open_descriptors();
  reopen();
  auto maildrop = open();
  for (size_t i = 0; i < 10; ++i) read_all(*maildrop, i);
  maildrop.reset();
  store_.reset();
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace store
