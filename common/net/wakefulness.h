// Whether a thread that has run out of work looks for more a while before it sleeps. Pure; a thread
// has its own.
//
// Falling asleep and being woken take two threads some 40 µs, which is about half of a round trip
// with a client on the same machine. So a thread that has lately never slept for long stays awake:
// what it burns by looking it saves by not sleeping. For clients further away, or busy with other
// things, looking is in vain: the thread then sleeps at once, until it has slept shortly so many
// times in a row again. So at the worst one wait in kShortNaps + 1 costs kLook more than it had to.
#pragma once

#include <algorithm>
#include <chrono>

namespace net {

class Wakefulness {
 public:
  using Duration = std::chrono::steady_clock::duration;

  // How long it looks.
  static constexpr Duration kLook = std::chrono::microseconds(50);
  // Sleep is short if it lasts no longer, with the work that ended it.
  static constexpr Duration kShortNap = std::chrono::microseconds(200);
  static constexpr int kShortNaps = 16;

  // Whether the thread is to look before it sleeps.
  bool looks() const { return short_naps_ >= kShortNaps; }

  // The thread has looked for kLook, and there was nothing.
  void looked_in_vain() { short_naps_ = 0; }
  // It has slept for so long.
  void slept(Duration nap) {
    short_naps_ = nap <= kShortNap ? std::min(short_naps_ + 1, kShortNaps) : 0;
  }

 private:
  int short_naps_ = 0;  // in a row
};

}  // namespace net
