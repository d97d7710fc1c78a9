#include "tests/bench/mailbench/report.h"

#include <fmt/format.h>

namespace bench {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c >= ' ' && c <= '~' ? c : ' ';
  }
  return out + '"';
}

std::string latencies_of(Latencies& latencies) {
  return fmt::format(R"("latency_ms": {{"p50": {:.3f}, "p99": {:.3f}, "max": {:.3f}}})",
                     latencies.percentile_ms(50), latencies.percentile_ms(99),
                     latencies.percentile_ms(100));
}

std::string errors_of(uint64_t errors, std::string_view first) {
  return fmt::format(R"("errors": {}, "first_error": {})", errors, quoted(first));
}

std::string usage_of(const ServerUsage::Sample& usage, uint64_t units) {
  const double cpu_s = usage.user_s + usage.system_s;
  return fmt::format(
      R"(, "server": {{"user_s": {:.3f}, "system_s": {:.3f}, "cpu_us_each": {:.1f}, )"
      R"("rss_kib": {}, "pss_kib": {}, "processes": {}}})",
      usage.user_s, usage.system_s, units == 0 ? 0 : cpu_s * 1e6 / static_cast<double>(units),
      usage.rss_kib, usage.pss_kib, usage.processes);
}

}  // namespace

std::string report(std::string_view unit, Run::Result& result, bool with_usage) {
  const auto per_second = [&](double amount) {
    return result.seconds > 0 ? amount / result.seconds : 0;
  };
  return fmt::format(R"({{"unit": {}, "count": {}, "with_warm_up": {}, "seconds": {:.3f}, )"
                     R"("per_s": {:.1f}, "mb_per_s": {:.2f}, {}, {}{}}})",
                     quoted(unit), result.units, result.all_units, result.seconds,
                     per_second(static_cast<double>(result.units)),
                     per_second(static_cast<double>(result.octets) / 1e6),
                     latencies_of(result.latencies), errors_of(result.errors, result.first_error),
                     with_usage ? usage_of(result.usage, result.units) : "");
}

std::string report(IdleLoad::Result& result, bool with_usage) {
  return fmt::format(
      R"({{"unit": "connections", "count": {}, "held": {}, "seconds": {:.3f}, {}, {}{}}})",
      result.accepted, result.held, result.seconds_to_accept, latencies_of(result.latencies),
      errors_of(result.errors, result.first_error),
      with_usage ? usage_of(result.usage, result.accepted) : "");
}

}  // namespace bench
