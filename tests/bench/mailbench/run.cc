#include "tests/bench/mailbench/run.h"

#include <utility>

namespace bench {

Run::Run(const Bounds& bounds, ServerUsage& usage) : bounds_(bounds), usage_(usage) {
  if (bounds_.warm_up.count() == 0) begin_measuring(began_);
}

void Run::begin_measuring(Clock::time_point now) {
  measuring_ = true;
  measured_from_ = last_done_ = now;
  usage_before_ = usage_.sample();
  result_.units = result_.octets = 0;
  result_.latencies.clear();
}

bool Run::take() {
  tick();
  if (gave_up_) return false;
  if (bounds_.units > 0 ? taken_ == bounds_.units
                        : measuring_ && Clock::now() >= measured_from_ + bounds_.time) {
    return false;
  }
  ++taken_;
  return true;
}

void Run::done(Clock::time_point begun, uint64_t octets) {
  const auto now = Clock::now();
  last_done_ = now;
  ++result_.units;
  ++result_.all_units;
  result_.octets += octets;
  result_.latencies.add(now - begun);
}

void Run::fail(const std::string& why) {
  if (result_.errors++ == 0) result_.first_error = why;
  if (result_.errors >= kMostErrors) gave_up_ = true;
}

void Run::tick() {
  const auto now = Clock::now();
  if (!measuring_ && now >= began_ + bounds_.warm_up) begin_measuring(now);
  if (!gave_up_ && now >= began_ + bounds_.give_up) {
    fail("gave up: it took too long");
    gave_up_ = true;
  }
}

Run::Result Run::result() {
  result_.seconds = std::chrono::duration<double>(last_done_ - measured_from_).count();
  result_.usage = usage_.sample() - usage_before_;
  return std::move(result_);
}

}  // namespace bench
