// Delivery stamps: a message's modification time, from which its id and its UIDL are made.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace store {

// Nanoseconds since 1970, each later than the one before, should the clock stand still or be set
// back. Used from one thread.
class StampClock {
 public:
  uint64_t next() {
    const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    last_ = std::max(last_ + 1, static_cast<uint64_t>(now.count()));
    return last_;
  }

 private:
  uint64_t last_ = 0;
};

}  // namespace store
