// The time of day, as the store asks for it: a function, so that a test can set it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace store {

// Nanoseconds since 1970. Callable from any thread; may stand still and be set back.
using WallClock = std::function<uint64_t()>;

inline uint64_t time_of_day() {
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  return static_cast<uint64_t>(now.count());
}

}  // namespace store
