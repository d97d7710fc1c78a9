#include "tests/bench/mailbench/latencies.h"

#include <algorithm>
#include <cmath>

namespace bench {

double Latencies::percentile_ms(double percent) {
  if (all_.empty()) return 0;
  const double rank = std::ceil(static_cast<double>(all_.size()) * percent / 100);
  const size_t index = rank < 1 ? 0 : std::min(static_cast<size_t>(rank), all_.size()) - 1;
  const auto found = all_.begin() + static_cast<std::ptrdiff_t>(index);
  std::nth_element(all_.begin(), found, all_.end());
  return std::chrono::duration<double, std::milli>(*found).count();
}

}  // namespace bench
