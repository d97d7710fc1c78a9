// The commit thread: takes whatever waits as one batch, commits it, takes what came meanwhile.
// Alone a message waits for nobody; the more come, the more share a sync (batch_pace.h).
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "common/store/batch_pace.h"
#include "common/store/commit_batch.h"
#include "common/store/spare_drafts.h"

namespace store {

class Committer {
 public:
  // `root` outlives it.
  explicit Committer(StoreRoot& root);
  // Commits and reports what was accepted, then ends.
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  // From any thread. Reported on the commit thread, in the order of acceptance within a batch.
  void commit(CommitRequest request);

 private:
  void work();
  // Blocks until a batch is due. Meanwhile what comes for it is written, and files are made for
  // what is to come. False: it is the end.
  bool fill(CommitBatch& batch, const BatchPace& pace, SpareDrafts& spares);
  void take(CommitBatch& batch, std::unique_lock<std::mutex>& lock);
  // What the pace is told of the batch that is about to be answered.
  BatchPace::Batch answered(size_t size, const CommitBatch::Took& took);

  StoreRoot& root_;
  std::mutex mutex_;
  std::condition_variable wake_;
  size_t wanted_ = 1;                       // it is woken when so many wait; guarded by mutex_
  std::vector<CommitRequest> waiting_;      // guarded by mutex_
  size_t came_ = 0;                         // since a batch was answered; guarded by mutex_
  BatchPace::Clock::time_point last_came_;  // guarded by mutex_
  bool ending_ = false;                     // guarded by mutex_
  std::thread thread_;                      // last: it uses the others
};

}  // namespace store
