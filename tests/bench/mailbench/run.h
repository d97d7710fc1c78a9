// One measurement: how much is still to be done, and what has been done so far. Clients ask it
// before each unit of work (a message, a login), and tell it how that went.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "tests/bench/mailbench/event_loop.h"
#include "tests/bench/mailbench/latencies.h"
#include "tests/bench/mailbench/server_usage.h"

namespace bench {

struct Bounds {
  uint64_t units = 0;               // to do; 0: until `time` is over
  std::chrono::nanoseconds time{};  // after the warm-up
  std::chrono::nanoseconds warm_up{};
  std::chrono::nanoseconds give_up{};  // whatever is left then is not done, and an error
};

class Run {
 public:
  static constexpr uint64_t kMostErrors = 100;  // then it is over

  // Begins now. `usage` outlives it.
  Run(const Bounds& bounds, ServerUsage& usage);

  // Whether one more unit may be begun.
  bool take();
  // A unit is done, which began then. `octets`: what counts as its size.
  void done(Clock::time_point begun, uint64_t octets);
  // A unit, or the way to it, failed.
  void fail(const std::string& why);

  // To be called now and then: ends the warm-up, and gives up.
  void tick();
  // Nothing more is to be waited for.
  bool gave_up() const { return gave_up_; }

  struct Result {
    uint64_t units;      // measured
    uint64_t all_units;  // with those of the warm-up
    uint64_t octets;     // measured
    double seconds;      // from the end of the warm-up to the last unit's
    Latencies latencies;
    uint64_t errors;
    std::string first_error;
    ServerUsage::Sample usage;  // in these seconds
  };
  // At the end.
  Result result();

 private:
  void begin_measuring(Clock::time_point now);

  const Bounds bounds_;
  ServerUsage& usage_;
  const Clock::time_point began_ = Clock::now();
  bool measuring_ = false;
  Clock::time_point measured_from_;
  Clock::time_point last_done_;
  ServerUsage::Sample usage_before_;
  uint64_t taken_ = 0;
  bool gave_up_ = false;
  Result result_{};
};

}  // namespace bench
