// A few threads that run what is posted to them, oldest first: for whatever of the store may wait
// for the disk and is not a commit (flushes, opening maildrops, reads that miss the cache, QUIT's
// deletions).
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace store {

class WorkerPool {
 public:
  using Job = std::move_only_function<void()>;

  explicit WorkerPool(size_t threads);
  // Runs what is still posted, then ends.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // From any thread. The job may not throw.
  void post(Job job);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;  // guarded by mutex_
  bool ending_ = false;   // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace store
