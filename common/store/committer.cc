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
  SpareDrafts spares(root_);
  BatchPace pace;
  for (;;) {
    CommitBatch batch(root_, folders, clock, spares);
    if (!fill(batch, pace, spares)) return;
    const auto took = batch.run();
    pace.answered(answered(batch.size(), took));  // before anybody comes again
    batch.report();
  }
}

bool Committer::fill(CommitBatch& batch, const BatchPace& pace, SpareDrafts& spares) {
  std::unique_lock lock(mutex_);
  const auto are_there = [this] { return ending_ || waiting_.size() >= wanted_; };
  while (batch.size() < pace.expected()) {
    // Half of those that are missing at a time: few wakes, and little left to write at the end.
    wanted_ = (pace.expected() - batch.size() + 1) / 2;
    if (waiting_.size() < wanted_ && BatchPace::Clock::now() < pace.until()) {
      lock.unlock();
      batch.begin_data();
      spares.expect(pace.expected() - batch.size());
      lock.lock();
    }
    wake_.wait_until(lock, pace.until(), are_there);
    const bool is_time = ending_ || BatchPace::Clock::now() >= pace.until();
    if (!waiting_.empty()) take(batch, lock);
    if (is_time) break;
  }
  wanted_ = 1;
  if (batch.size() == 0) {
    if (waiting_.empty()) {
      lock.unlock();
      spares.rest();
      lock.lock();
    }
    wake_.wait(lock, are_there);
    take(batch, lock);
  }
  return batch.size() > 0;
}

// Those that wait, written without the lock.
void Committer::take(CommitBatch& batch, std::unique_lock<std::mutex>& lock) {
  auto requests = std::exchange(waiting_, {});
  lock.unlock();
  batch.add(std::move(requests));
  lock.lock();
}

BatchPace::Batch Committer::answered(size_t size, const CommitBatch::Took& took) {
  const std::lock_guard lock(mutex_);
  return {.size = size,
          .waiting = waiting_.size(),
          .now = BatchPace::Clock::now(),
          .syncing = took.syncing,
          .linking = took.linking,
          .came = std::exchange(came_, 0),
          .last_came = last_came_};
}

}  // namespace store
