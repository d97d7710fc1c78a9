// Whether a client keeps up a least rate, told from how long it was waited for and what it moved
// meanwhile. Pure: time comes in as durations.
//
// It is an account of seconds. It begins with the grace, waiting spends it, and each octet earns
// its share of a second: so a client at half the rate has twice the grace, and one that keeps the
// rate on the average has no end. Never is there more in it than the grace, whatever was moved
// before, nor a debt of more than the grace.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace net {

class TransferPace {
 public:
  using Duration = std::chrono::steady_clock::duration;

  // `octets_a_second`: 0 asks for nothing.
  TransferPace(uint64_t octets_a_second, Duration grace)
      : octets_a_second_(octets_a_second), grace_(grace), left_(grace) {}

  // The grace begins anew.
  void restart() { left_ = grace_; }

  void spend(Duration waited) { left_ = std::max(left_ - waited, -grace_); }

  void earn(uint64_t octets) {
    if (octets_a_second_ == 0) return;
    const uint64_t seconds = octets / octets_a_second_;
    if (std::chrono::seconds(std::min(seconds, kLong)) >= 2 * grace_) return restart();
    const uint64_t rest = octets % octets_a_second_;
    const auto part = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(
        static_cast<double>(rest) / static_cast<double>(octets_a_second_)));
    left_ = std::min(left_ + std::chrono::seconds(seconds) + part, grace_);
  }

  // How long it may still be waited for.
  Duration left() const { return left_; }
  bool is_spent() const { return octets_a_second_ != 0 && left_ <= Duration::zero(); }

 private:
  static constexpr uint64_t kLong = 1'000'000'000;  // seconds, so that no duration overflows

  uint64_t octets_a_second_;
  Duration grace_;
  Duration left_;
};

}  // namespace net
