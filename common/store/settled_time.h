// Whether a time that a file system has given to a change is past. Pure.
#pragma once

#include <chrono>
#include <cstdint>

namespace store {

// A change may share its time with the next one: both within one tick of the modification time (4
// ms before Linux 6.13), or of the clock that a network file system keeps. What was read of a file
// or a folder counts for later only if its last change was then at least so long ago.
constexpr std::chrono::nanoseconds kSettled = std::chrono::seconds(2);

inline bool is_settled(uint64_t changed_ns, uint64_t now_ns) {
  // Wraps around as FileStatus's times do: a time before 1970 is long ago, one to come is not.
  return static_cast<int64_t>(now_ns - changed_ns) >= kSettled.count();
}

}  // namespace store
