// Whether the commit thread does better to wait a moment for company. Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace store {

// While a batch is committed others come, and wait for the next. Were that begun at once, the
// senders of the one would for ever miss the other's sync by a moment: two halves that take turns,
// each at twice the time. So the next batch gives those that have just been answered the time to
// come again: a part of what the sync took, and not a moment longer than until all are there, or
// enough. Whoever sends alone waits for nobody, nor does the first after a rest.
class BatchPace {
 public:
  using Clock = std::chrono::steady_clock;

  // A batch of `size` was committed and answered at `now`, which took so long; `waiting` came
  // meanwhile.
  void committed(size_t size, size_t waiting, Clock::time_point now, Clock::duration took) {
    expected_ = std::min(size + waiting, kEnough);
    until_ = now + std::min(took / kPart, kLongest);
  }

  // The next batch is begun as soon as so many wait, or it is so late, whichever comes first.
  size_t expected() const { return expected_; }
  Clock::time_point until() const { return until_; }

 private:
  static constexpr size_t kEnough = 32;  // share a sync well: one more saves little
  static constexpr int kPart = 4;
  static constexpr Clock::duration kLongest = std::chrono::milliseconds(4);

  size_t expected_ = 1;
  Clock::time_point until_;
};

}  // namespace store
