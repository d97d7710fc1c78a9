// Delivery stamps: a message's modification time, from which its id and its UIDL are made.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "common/store/wall_clock.h"

namespace store {

// Nanoseconds since 1970, each later than the one before, should the clock stand still or be set
// back. Used from one thread.
class StampClock {
 public:
  explicit StampClock(WallClock clock) : clock_(std::move(clock)) {}

  uint64_t next() {
    last_ = std::max(last_ + 1, clock_());
    return last_;
  }

 private:
  WallClock clock_;
  uint64_t last_ = 0;
};

}  // namespace store
