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
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(request));
  }
  wake_.notify_one();
}

void Committer::work() {
  MailboxFolders folders(root_);
  StampClock clock(root_.clock());
  for (;;) {
    std::vector<CommitRequest> batch;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      batch.swap(waiting_);
    }
    CommitBatch(root_, folders, clock, std::move(batch)).run();
  }
}

}  // namespace store
