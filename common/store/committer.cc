#include "common/store/committer.h"

#include <utility>

#include "common/store/mailbox_folders.h"
#include "common/store/stamp_clock.h"

namespace store {

Committer::Committer(StoreRoot& root) : root_(root), thread_([this] { work(); }) {}

Committer::~Committer() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Committer::commit(CommitRequest request) {
  const auto now = BatchPace::Clock::now();
  bool is_due = false;
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(request));
    ++came_;
    last_came_ = now;
    is_due = waiting_.size() == wanted_;
  }
  if (is_due) wake_.notify_one();
}

void Committer::work() {
  MailboxFolders folders(root_);
  StampClock clock(root_.clock());
  BatchPace pace;
  for (;;) {
    auto batch = next_batch(pace);
    if (batch.empty()) return;
    const size_t size = batch.size();
    const auto syncing = CommitBatch(root_, folders, clock, std::move(batch)).run();
    pace.answered(answered(size, syncing));
  }
}

std::vector<CommitRequest> Committer::next_batch(const BatchPace& pace) {
  std::unique_lock lock(mutex_);
  const auto are_there = [this] { return ending_ || waiting_.size() >= wanted_; };
  wanted_ = pace.expected();
  wake_.wait_until(lock, pace.until(), are_there);
  wanted_ = 1;
  wake_.wait(lock, are_there);
  return std::exchange(waiting_, {});
}

BatchPace::Batch Committer::answered(size_t size, BatchPace::Clock::duration syncing) {
  const std::lock_guard lock(mutex_);
  return {.size = size,
          .waiting = waiting_.size(),
          .now = BatchPace::Clock::now(),
          .syncing = syncing,
          .came = std::exchange(came_, 0),
          .last_came = last_came_};
}

}  // namespace store
