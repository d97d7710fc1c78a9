// Whether the commit thread does better to wait a moment for company. Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace store {

// While a batch is committed others come, and wait for the next. Were that always begun at once,
// the senders of the one would for ever miss the other's sync by a moment: two halves that take
// turns, two syncs where one would do. Waiting for those that were just answered costs the time
// that they take to come again, in which the disk has little to do but their data, which is written
// as they come. So they are waited for where that is less than what a sync takes, both as they were
// of late. Where it is less than three it pays as well, for a sync is work, too; but not if to link
// those that are there already is a good part of the time: then the halves take turns, and the one
// is linked while the other comes again. Whoever sends alone waits for nobody, nor does the first
// after a rest.
class BatchPace {
 public:
  using Clock = std::chrono::steady_clock;

  // A batch that was answered, and what came since the one before it was.
  struct Batch {
    size_t size = 0;
    size_t waiting = 0;         // for the next
    Clock::time_point now{};    // it was answered
    Clock::duration syncing{};  // what the disk took of its time
    Clock::duration linking{};  // the rest of it
    size_t came = 0;            // messages, this batch's own or waiting
    Clock::time_point last_came{};
  };

  void answered(const Batch& batch) {
    if (size_ > 0 && batch.came > 0) {
      auto took = std::max(batch.last_came - answered_at_, Clock::duration::zero());
      if (batch.came < size_) took = took * size_ / batch.came;  // the others took still longer
      coming_ = mean(coming_, std::min<Clock::duration>(took, kLongest));
    }
    syncing_ = mean(syncing_, batch.syncing);
    if (batch.size > 0) {
      linking_each_ = mean(linking_each_, batch.linking / static_cast<Clock::rep>(batch.size));
    }
    size_ = batch.size;
    answered_at_ = batch.now;
    expected_ = std::min(batch.size + batch.waiting, kEnough);
    until_ = batch.now;
    // Not for ever: who was just answered may have nothing more to send.
    const auto linking = linking_each_ * static_cast<Clock::rep>(batch.waiting);
    const auto worth_waiting = linking < syncing_ / 2 ? 3 * syncing_ : syncing_;
    if (coming_ < worth_waiting) until_ += std::min({4 * coming_, worth_waiting, kLongest});
  }

  // The next batch is begun as soon as so many wait, or it is so late, whichever comes first.
  size_t expected() const { return expected_; }
  Clock::time_point until() const { return until_; }

 private:
  static constexpr size_t kEnough = 32;  // share a sync well: one more saves little
  static constexpr Clock::duration kLongest = std::chrono::milliseconds(4);

  // Forgets what was by half with each batch.
  static Clock::duration mean(Clock::duration was, Clock::duration is) { return (was + is) / 2; }

  size_t expected_ = 1;
  Clock::time_point until_;
  size_t size_ = 0;  // of the batch before
  Clock::time_point answered_at_;
  Clock::duration coming_{};  // what those that were answered took to come again
  Clock::duration syncing_{};
  Clock::duration linking_each_{};  // a message
};

}  // namespace store
