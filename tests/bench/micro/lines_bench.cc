// text::LineReader: command lines cut out of what a client pipelined.
#include <benchmark/benchmark.h>

#include <string>

#include "common/text/line_reader.h"
#include "smtpd/limits.h"

namespace {

void command_lines(benchmark::State& state) {
  std::string commands;
  while (commands.size() < size_t{16} * 1024) commands += "RCPT TO:<john.doe@example.com>\r\n";
  for (auto _ : state) {
    text::LineReader reader(text::LineReader::Rule::kFirstLineDecides, smtp::Limits::kMailLine);
    reader.append(commands);
    while (auto line = reader.next()) benchmark::DoNotOptimize(line);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(commands.size()));
}
BENCHMARK(command_lines);

}  // namespace
