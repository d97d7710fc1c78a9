// Makes several messages one batch.
#pragma once

#include <condition_variable>
#include <mutex>
#include <utility>

#include "tests/support/faulty_file_ops.h"

namespace store {

// Holds the commit thread in the first fsync that it makes, until release(): what is committed
// meanwhile is one batch.
class Gate {
 public:
  // Where it is open, what `then` says.
  FaultyFileOps::Judge judge(FaultyFileOps::Judge then = nullptr) {
    return [this, then = std::move(then)](const FaultyFileOps::Call& call) {
      std::unique_lock lock(mutex_);
      if (call.name == "fsync" && !reached_) {
        reached_ = true;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
        return 0;
      }
      return open_ && then ? then(call) : 0;
    };
  }
  void wait_until_reached() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return reached_; });
  }
  void release() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool reached_ = false;
  bool open_ = false;
};

}  // namespace store
