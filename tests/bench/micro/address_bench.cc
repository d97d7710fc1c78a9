// MAIL's and RCPT's paths.
#include <benchmark/benchmark.h>

#include <string_view>

#include "smtpd/address.h"

namespace {

void forward_path(benchmark::State& state, std::string_view path) {
  for (auto _ : state) {
    auto parsed = smtp::parse_forward_path(path);
    benchmark::DoNotOptimize(parsed);
  }
}

BENCHMARK_CAPTURE(forward_path, plain, "<john.doe@example.com>");
BENCHMARK_CAPTURE(forward_path, quoted, "<\"john \\\" doe\"@mail.example.com>");
BENCHMARK_CAPTURE(forward_path, literal, "<john.doe@[IPv6:2001:db8::17]>");

}  // namespace
