#include "common/store/spare_drafts.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "tests/common/store/store_fixture.h"

namespace store {
namespace {

class SpareDraftsTest : public StoreTest {
 protected:
  SpareDraftsTest() {
    root_ = StoreRoot::open(path().string(), ops_, nullptr, time_of_day).value();
    spares_ = std::make_unique<SpareDrafts>(*root_);
    before_ = open_descriptors();
    ops_.take_calls();
  }

  // As senders that keep coming do.
  void expect_steadily(size_t messages) {
    for (size_t i = 0; i < SpareDrafts::kSteady; ++i) spares_->expect(messages);
  }

  size_t spares() const { return open_descriptors() - before_; }
  size_t opened() {
    return static_cast<size_t>(
        std::ranges::count(ops_.take_calls(), std::string("openat"), &FaultyFileOps::Call::name));
  }

  std::unique_ptr<StoreRoot> root_;
  std::unique_ptr<SpareDrafts> spares_;

 private:
  size_t before_ = 0;
};

TEST_F(SpareDraftsTest, WhoHasComeAFewTimesIsNotCountedOn) {
  for (size_t i = 1; i < SpareDrafts::kSteady; ++i) spares_->expect(10);
  EXPECT_EQ(spares(), 0U);
  EXPECT_FALSE(spares_->take().is_open());
  spares_->expect(10);
  EXPECT_EQ(spares(), 10U);
}

TEST_F(SpareDraftsTest, EachIsAnEmptyFileWithoutAName) {
  expect_steadily(2);
  const Descriptor one = spares_->take();
  const Descriptor other = spares_->take();
  EXPECT_FALSE(spares_->take().is_open());
  for (const auto* file : {&one, &other}) {
    const auto status = ops_.fstat(file->fd());
    ASSERT_TRUE(status);
    EXPECT_EQ(status->links, 0U);
    EXPECT_EQ(status->octets, 0U);
  }
  EXPECT_NE(ops_.fstat(one.fd())->inode, ops_.fstat(other.fd())->inode);
  EXPECT_EQ(tree(path()).size(), 0U);
}

TEST_F(SpareDraftsTest, WhatIsThereAlreadyIsNotMadeAgain) {
  expect_steadily(5);
  EXPECT_EQ(opened(), 5U);
  spares_->expect(5);
  spares_->expect(3);
  EXPECT_EQ(opened(), 0U);
  EXPECT_EQ(spares(), 5U);
}

TEST_F(SpareDraftsTest, HoweverManyAreExpectedThereIsAMost) {
  expect_steadily(10'000);
  EXPECT_EQ(spares(), SpareDrafts::kMost);
}

TEST_F(SpareDraftsTest, RestClosesThemAndBeginsToCountAnew) {
  expect_steadily(5);
  spares_->rest();
  EXPECT_EQ(spares(), 0U);
  spares_->expect(5);
  EXPECT_EQ(spares(), 0U);
}

TEST_F(SpareDraftsTest, FullDiskIsNotTheirConcern) {
  ops_.set_judge(FaultyFileOps::always("openat", ENOSPC));
  expect_steadily(5);
  EXPECT_EQ(spares(), 0U);
  ops_.set_judge(nullptr);
  spares_->expect(5);
  EXPECT_EQ(spares(), 5U);
}

TEST_F(SpareDraftsTest, FileSystemWithoutUnnamedFilesIsAskedOnce) {
  ops_.set_judge(FaultyFileOps::without_tmpfile());
  expect_steadily(5);
  expect_steadily(5);
  EXPECT_EQ(opened(), 1U);
  EXPECT_FALSE(spares_->take().is_open());
}

TEST_F(SpareDraftsTest, AfterASyncThatWasLostOthersAreMade) {
  expect_steadily(1);
  ops_.set_judge(FaultyFileOps::always("syncfs", EIO));
  EXPECT_TRUE(root_->sync_all());
  ops_.set_judge(nullptr);
  EXPECT_FALSE(spares_->take().is_open());
  spares_->expect(1);
  EXPECT_TRUE(spares_->take().is_open());
}

}  // namespace
}  // namespace store
