// How long things took: the percentiles of all that was added.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace bench {

class Latencies {
 public:
  void add(std::chrono::nanoseconds latency) { all_.push_back(latency); }
  void clear() { all_.clear(); }
  bool empty() const { return all_.empty(); }

  // The smallest latency that at least `percent` of all do not exceed, in ms; 100: the longest.
  // Of nothing: 0.
  double percentile_ms(double percent);

 private:
  std::vector<std::chrono::nanoseconds> all_;
};

}  // namespace bench
