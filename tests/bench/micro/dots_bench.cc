// Dot-stuffing, undone and done, of 1 MiB in pieces of 64 KiB: mail as it mostly is (lines of 76
// characters), and the worst (nothing but dots and line ends).
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "common/text/dot_stuffing.h"

namespace {

constexpr size_t kOctets = size_t{1024} * 1024;
constexpr size_t kPiece = size_t{64} * 1024;

std::string lines(std::string_view line) {
  std::string text;
  while (text.size() < kOctets) text += line;
  return text;
}

std::string mail() { return lines(std::string(76, 'x') + "\r\n"); }

void decode(benchmark::State& state, const std::string& stuffed) {
  std::string out;
  for (auto _ : state) {
    text::DotDecoder decoder(text::LineEnds::kCrlf);
    for (size_t at = 0; at < stuffed.size(); at += kPiece) {
      out.clear();
      decoder.decode(std::string_view(stuffed).substr(at, kPiece), out);
      benchmark::DoNotOptimize(out.data());
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(stuffed.size()));
}

void encode(benchmark::State& state, const std::string& message) {
  std::string out;
  for (auto _ : state) {
    text::DotEncoder encoder;
    for (size_t at = 0; at < message.size(); at += kPiece) {
      out.clear();
      encoder.encode(std::string_view(message).substr(at, kPiece), out);
      benchmark::DoNotOptimize(out.data());
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(message.size()));
}

void wire_size(benchmark::State& state, const std::string& message) {
  for (auto _ : state) {
    text::WireSize size;
    size.add(message);
    benchmark::DoNotOptimize(size.octets());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(message.size()));
}

BENCHMARK_CAPTURE(decode, mail, mail());
BENCHMARK_CAPTURE(decode, dots, lines("..\r\n"));
BENCHMARK_CAPTURE(encode, mail, mail());
BENCHMARK_CAPTURE(encode, dots, lines(".\r\n"));
BENCHMARK_CAPTURE(wire_size, mail, mail());

}  // namespace
