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
  bool is_due = false;
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(request));
    is_due = waiting_.size() == wanted_;
  }
  if (is_due) wake_.notify_one();
}

void Committer::work() {
  using Clock = BatchPace::Clock;
  MailboxFolders folders(root_);
  StampClock clock(root_.clock());
  BatchPace pace;
  for (;;) {
    auto batch = next_batch(pace);
    if (batch.empty()) return;
    const size_t size = batch.size();
    const auto start = Clock::now();
    CommitBatch(root_, folders, clock, std::move(batch)).run();
    const auto end = Clock::now();
    pace.committed(size, waiting(), end, end - start);
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

size_t Committer::waiting() {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

}  // namespace store
