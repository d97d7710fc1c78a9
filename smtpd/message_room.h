// Room for messages that come in: memory for so many of them at a time, and a part of the disk that
// stays free. What all sessions of a server share of both. Callable from any thread.
//
// A message takes memory from MAIL to the end of its transaction, and each counts as much as one
// can take at the most (kOctetsAMessage): what is in memory at a time is then bounded, however the
// messages come. The disk is looked at by others, and not more often than once a second (kFresh);
// in between the sizes that clients declare count as if they were written already.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

#include "common/store/incoming_message.h"
#include "smtpd/action.h"
#include "smtpd/limits.h"
#include "smtpd/reception.h"

namespace smtp {

class MessageRoom {
 public:
  using Clock = std::chrono::steady_clock;

  // A piece as it came, the same decoded, and in the store the same behind what was not written
  // yet.
  static constexpr uint64_t kOctetsAMessage =
      uint64_t{3} * Reception::kAppendOctets + store::IncomingMessage::kBufferOctets;
  static constexpr std::chrono::seconds kFresh{1};

  // `reserved_octets`: of the disk; 0: none of it.
  MessageRoom(uint64_t memory_octets, uint64_t reserved_octets)
      : memory_octets_(memory_octets), reserved_octets_(reserved_octets) {}
  MessageRoom(const MessageRoom&) = delete;
  MessageRoom& operator=(const MessageRoom&) = delete;
  ~MessageRoom() = default;

  // Memory for one message; null: there is none. The room outlives the place.
  Place take_place();
  // What the places come to that are taken.
  uint64_t memory_taken() const { return taken_; }

  bool reserves_disk() const { return reserved_octets_ != 0; }
  // Whether the disk was looked at within the last second.
  bool knows_disk(Clock::time_point now) const;
  void disk_looked_at(uint64_t free_octets, Clock::time_point now);
  // Whether a message of so many octets leaves the reserve free; then they count as taken. One that
  // has declared no size is let in as long as the reserve is there.
  bool take_disk(uint64_t octets);
  // As far as is known.
  uint64_t disk_free() const;

 private:
  const uint64_t memory_octets_;
  const uint64_t reserved_octets_;
  std::atomic<uint64_t> taken_ = 0;

  mutable std::mutex mutex_;  // guards the following
  std::optional<Clock::time_point> looked_at_;
  uint64_t free_octets_ = 0;
};

static_assert(Limits{}.memory_octets >= MessageRoom::kOctetsAMessage);

}  // namespace smtp
