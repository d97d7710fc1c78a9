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
// as they come. So they are waited for where that is less than what two syncs take, both as they
// were of late; where it is more, the halves take turns. What counts is how long all of them would
// take: a half that comes again soon takes twice as long once it is the whole, since the same
// processors answer everybody. Whoever sends alone waits for nobody, nor does the first after a
// rest.
class BatchPace {
 public:
  using Clock = std::chrono::steady_clock;

  // A batch that was answered, and what came since the one before it was.
  struct Batch {
    size_t size = 0;
    size_t waiting = 0;         // for the next
    Clock::time_point now{};    // it was answered
    Clock::duration syncing{};  // what the disk took of its time
    size_t came = 0;            // messages, this batch's own or waiting
    Clock::time_point last_came{};
  };

  void answered(const Batch& batch) {
    if (size_ > 0 && batch.came > 0) {
      const auto took = std::max(batch.last_came - answered_at_, Clock::duration::zero());
      // Where not all have come the others took still longer.
      each_coming_ = mean(each_coming_, std::min<Clock::duration>(took, kLongest) /
                                            static_cast<Clock::rep>(std::min(batch.came, size_)));
    }
    syncing_ = mean(syncing_, batch.syncing);
    size_ = batch.size;
    answered_at_ = batch.now;
    expected_ = std::min(batch.size + batch.waiting, kEnough);
    until_ = batch.now;
    // Not for ever: who was just answered may have nothing more to send.
    const auto worth_waiting = 2 * syncing_;
    const auto all_coming = static_cast<Clock::rep>(batch.size + batch.waiting) * each_coming_;
    if (all_coming < worth_waiting) until_ += std::min({4 * all_coming, worth_waiting, kLongest});
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
  Clock::duration each_coming_{};  // what those that were answered took, by their number
  Clock::duration syncing_{};
};

}  // namespace store
