#include "common/store/read_ahead.h"

#include <fcntl.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <semaphore>
#include <string>
#include <vector>

#include "common/store/names.h"
#include "tests/common/store/store_fixture.h"

namespace store {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

constexpr std::chrono::minutes kHang{1};

// A folder of messages that a ReadAhead reads with a pool of one thread.
class ReadAheadTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = *Descriptor::open(ops_, AT_FDCWD, path_.path().string(), O_RDONLY | O_DIRECTORY);
  }

  static std::string text_of(size_t i, size_t octets) {
    return std::string(octets, static_cast<char>('a' + i % 26));
  }
  fs::path file(size_t i) const { return path_.path() / message_file_name(i); }

  // Each message with so many octets.
  void fill(const std::vector<size_t>& octets) {
    messages_ = std::make_shared<MessageTable>(ops_.fstat(folder_.fd())->device, octets.size());
    for (size_t i = 0; i < octets.size(); ++i) {
      drop_file(file(i), text_of(i, octets[i]));
      const auto status = ops_.fstatat(folder_.fd(), message_file_name(i));
      messages_->add({.n = i, .file = *status, .wire_octets = octets[i]});
    }
    ahead_ = std::make_unique<ReadAhead>(ops_, *pool_, room_, messages_);
    ops_.take_calls();
  }
  void follow(size_t i) { ahead_->follow(i, folder_.fd(), true); }

  // Until the pool has done what it was given.
  void settle() {
    std::promise<void> done;
    pool_->post([&done] { done.set_value(); });
    done.get_future().wait();
  }
  // The messages that the pool has opened since the last call.
  Names opened() {
    settle();
    Names names;
    for (const auto& call : ops_.take_calls()) {
      if (call.name == "openat") names.push_back(call.detail);
    }
    return names;
  }
  static Names names(size_t first, size_t last) {
    Names names;
    for (size_t i = first; i <= last; ++i) names.push_back(message_file_name(i));
    return names;
  }
  // What take() gives, or "none".
  std::string take(size_t i) {
    std::vector<char> buffer(ReadAhead::kWindowOctets);
    const auto octets = ahead_->take(i, buffer);
    return octets ? std::string(buffer.data(), *octets) : "none";
  }
  bool is_all_room_back() {
    settle();
    const bool all = room_.take(ReadAheadRoom::kOctets);
    if (all) room_.give_back(ReadAheadRoom::kOctets);
    return all;
  }

  support::TemporaryFolder path_;
  FaultyFileOps ops_;
  Descriptor folder_;
  ReadAheadRoom room_;
  std::shared_ptr<MessageTable> messages_;
  std::unique_ptr<WorkerPool> pool_ = std::make_unique<WorkerPool>(1);
  std::unique_ptr<ReadAhead> ahead_;
};

TEST_F(ReadAheadTest, NothingIsReadForMessagesThatDoNotFollowOneAnother) {
  fill(std::vector<size_t>(10, 100));
  for (const size_t i : {0U, 2U, 1U, 1U, 5U, 9U, 8U}) follow(i);
  EXPECT_EQ(opened(), Names{});
}

TEST_F(ReadAheadTest, SecondInARowBeginsWithAFewAndGoesOnWithMore) {
  fill(std::vector<size_t>(60, 100));
  follow(0);
  EXPECT_EQ(opened(), Names{});
  follow(1);
  EXPECT_EQ(opened(), names(2, 5));
  follow(2);
  EXPECT_EQ(opened(), Names{});
  follow(3);  // half of the window is used
  EXPECT_EQ(opened(), names(6, 21));
  for (size_t i = 4; i < 13; ++i) follow(i);
  EXPECT_EQ(opened(), Names{});
  follow(13);
  EXPECT_EQ(opened(), names(22, 37));
}

TEST_F(ReadAheadTest, NothingIsBegunThatIsNotWorthwhile) {
  fill(std::vector<size_t>(60, 100));
  for (size_t i = 0; i < 10; ++i) ahead_->follow(i, folder_.fd(), false);
  EXPECT_EQ(opened(), Names{});
  follow(10);
  EXPECT_EQ(opened(), names(11, 14));
}

TEST_F(ReadAheadTest, WhatWasReadIsHandedOutWithoutACall) {
  fill({1, 1, 100, 0, 4096, 7});
  follow(0);
  follow(1);
  opened();
  for (size_t i = 2; i < 6; ++i) {
    EXPECT_EQ(take(i), text_of(i, messages_->file_of(i).file.octets));
    follow(i);
  }
  EXPECT_EQ(take(6), "none");
  EXPECT_EQ(opened(), Names{});
}

TEST_F(ReadAheadTest, WindowHoldsNoMoreOctetsThanItMay) {
  fill(std::vector<size_t>(40, 10'000));
  for (size_t i = 0; i < 4; ++i) follow(i);
  EXPECT_EQ(opened(), names(2, 11));  // 4, then the 6 that fit
}

TEST_F(ReadAheadTest, WindowEndsBeforeALongMessage) {
  fill({1, 1, 1, ReadAhead::kLongOctets, ReadAhead::kLongOctets + 1, 1, 1, 1});
  follow(0);
  follow(1);
  follow(2);
  EXPECT_EQ(opened(), names(2, 3));
  follow(3);
  follow(4);
  EXPECT_EQ(opened(), names(5, 7));
}

TEST_F(ReadAheadTest, AnotherMessageEndsTheSequenceAndGivesTheMemoryBack) {
  fill(std::vector<size_t>(60, 100));
  for (size_t i = 0; i < 4; ++i) follow(i);
  EXPECT_FALSE(is_all_room_back());
  follow(50);
  EXPECT_TRUE(is_all_room_back());
  EXPECT_EQ(take(4), "none");
  opened();
  follow(51);
  EXPECT_EQ(opened(), names(52, 55));
}

TEST_F(ReadAheadTest, MessageThatIsLeftOutDoesNotEndTheSequence) {
  fill(std::vector<size_t>(60, 100));
  follow(0);
  follow(1);
  opened();
  EXPECT_EQ(take(4), text_of(4, 100));
  follow(4);
  EXPECT_EQ(take(5), text_of(5, 100));
}

TEST_F(ReadAheadTest, UsedUpWindowsAreGone) {
  fill(std::vector<size_t>(10, 100));
  for (size_t i = 0; i < 10; ++i) follow(i);
  EXPECT_TRUE(is_all_room_back());
}

TEST_F(ReadAheadTest, OtherFileOfThatNameIsNotHandedOut) {
  fill(std::vector<size_t>(10, 100));
  fs::remove(file(2));
  fs::remove(file(3));
  drop_file(file(3), "another");
  follow(0);
  follow(1);
  settle();
  EXPECT_EQ(take(2), "none");
  EXPECT_EQ(take(3), "none");
  EXPECT_EQ(take(4), text_of(4, 100));
}

TEST_F(ReadAheadTest, MessageThatCannotBeReadIsLeftToWhoAsksForIt) {
  fill(std::vector<size_t>(10, 100));
  ops_.set_judge(FaultyFileOps::nth_of("pread", 1, EIO));
  follow(0);
  follow(1);
  settle();
  EXPECT_EQ(take(2), "none");
  EXPECT_EQ(take(3), text_of(3, 100));
}

TEST_F(ReadAheadTest, MessageThatIsAskedForBeforeThePoolHasBegunItIsNotReadTwice) {
  fill(std::vector<size_t>(10, 100));
  std::binary_semaphore held(0);
  pool_->post([&held] { held.acquire(); });
  follow(0);
  follow(1);
  EXPECT_EQ(take(2), "none");
  follow(2);
  held.release();
  EXPECT_EQ(opened(), names(3, 5));
}

TEST_F(ReadAheadTest, ItMayBeDestroyedWhileThePoolReadsForIt) {
  fill(std::vector<size_t>(10, 100));
  std::binary_semaphore reached(0);
  std::binary_semaphore held(0);
  ops_.set_judge([&](const FaultyFileOps::Call& call) {
    if (call.name == "pread") {
      reached.release();
      held.acquire();
    }
    return 0;
  });
  follow(0);
  follow(1);
  ASSERT_TRUE(reached.try_acquire_for(kHang));
  ahead_.reset();
  held.release();
  EXPECT_EQ(opened(), names(2, 2));  // the others are left alone
  EXPECT_TRUE(is_all_room_back());
}

TEST_F(ReadAheadTest, PoolMayEndAfterIt) {
  fill(std::vector<size_t>(10, 100));
  std::binary_semaphore held(0);
  pool_->post([&held] { held.acquire(); });
  follow(0);
  follow(1);
  ahead_.reset();
  held.release();
  pool_.reset();
  EXPECT_TRUE(room_.take(ReadAheadRoom::kOctets));
}

TEST_F(ReadAheadTest, WithoutRoomNothingIsReadAhead) {
  fill(std::vector<size_t>(10, 100));
  ASSERT_TRUE(room_.take(ReadAheadRoom::kOctets - 399));
  for (size_t i = 0; i < 6; ++i) follow(i);
  EXPECT_EQ(opened(), Names{});
  follow(6);
  EXPECT_EQ(opened(), names(7, 9));  // those that are left, all three
  for (size_t i = 7; i < 10; ++i) follow(i);
  room_.give_back(ReadAheadRoom::kOctets - 399);
  EXPECT_TRUE(is_all_room_back());
}

TEST_F(ReadAheadTest, MessageIsHandedOutOnlyWhole) {
  fill(std::vector<size_t>(10, 100));
  follow(0);
  follow(1);
  settle();
  std::vector<char> buffer(99);
  EXPECT_EQ(ahead_->take(2, buffer), std::nullopt);
}

TEST_F(ReadAheadTest, WhereTheFolderCannotBeOpenedAgainNothingIsReadAhead) {
  fill(std::vector<size_t>(10, 100));
  ops_.set_judge(FaultyFileOps::always("openat_cached", EAGAIN));
  for (size_t i = 0; i < 10; ++i) follow(i);
  EXPECT_EQ(opened(), Names{});
  EXPECT_TRUE(is_all_room_back());
}

}  // namespace
}  // namespace store
