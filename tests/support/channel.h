// Hands values from one thread to another.
#pragma once

#include <condition_variable>
#include <mutex>
#include <queue>
#include <utility>

namespace support {

template <class T>
class Channel {
 public:
  void put(T value) {
    const std::scoped_lock lock(mutex_);
    values_.push(std::move(value));
    changed_.notify_one();
  }
  // Waits until there is one.
  T take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !values_.empty(); });
    T value = std::move(values_.front());
    values_.pop();
    return value;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::queue<T> values_;
};

}  // namespace support
