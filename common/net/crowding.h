// Whether a server is half full: from then on its connections have less patience with clients that
// are slow. Set by the thread that counts, looked at from any.
#pragma once

#include <atomic>
#include <cstddef>

namespace net {

class Crowding {
 public:
  // Connections: so many are open of so many.
  void set_open(size_t open, size_t most) { half_full_ = open >= most - most / 2; }
  bool is_half_full() const { return half_full_; }

 private:
  std::atomic<bool> half_full_ = false;
};

}  // namespace net
