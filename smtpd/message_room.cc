#include "smtpd/message_room.h"

#include <memory>

namespace smtp {

Place MessageRoom::take_place() {
  if (taken_.fetch_add(kOctetsAMessage) + kOctetsAMessage > memory_octets_) {
    taken_ -= kOctetsAMessage;
    return nullptr;
  }
  return {&taken_, [](std::atomic<uint64_t>* taken) { *taken -= kOctetsAMessage; }};
}

bool MessageRoom::knows_disk(Clock::time_point now) const {
  const std::scoped_lock lock(mutex_);
  return looked_at_ && now - *looked_at_ < kFresh;
}

void MessageRoom::disk_looked_at(uint64_t free_octets, Clock::time_point now) {
  const std::scoped_lock lock(mutex_);
  looked_at_ = now;
  free_octets_ = free_octets;
}

bool MessageRoom::take_disk(uint64_t octets) {
  const std::scoped_lock lock(mutex_);
  if (free_octets_ < reserved_octets_ || free_octets_ - reserved_octets_ < octets) return false;
  free_octets_ -= octets;
  return true;
}

uint64_t MessageRoom::disk_free() const {
  const std::scoped_lock lock(mutex_);
  return free_octets_;
}

}  // namespace smtp
