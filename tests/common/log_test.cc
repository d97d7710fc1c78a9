#include "common/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <future>
#include <string>
#include <string_view>
#include <vector>

namespace logging {
namespace {

// A pipe; read_all() ends when the writing end is closed.
class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe(ends_.data()), 0); }
  ~Pipe() {
    ::close(ends_[0]);
    if (ends_[1] >= 0) ::close(ends_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int writing_end() const { return ends_[1]; }
  void close_writing_end() {
    ::close(ends_[1]);
    ends_[1] = -1;
  }
  std::string read_all() {
    std::string all;
    std::array<char, 4096> buffer{};
    for (;;) {
      const ssize_t octets = ::read(ends_[0], buffer.data(), buffer.size());
      if (octets <= 0) return all;
      all.append(buffer.data(), static_cast<size_t>(octets));
    }
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

TEST(LogTest, EventIsALineWithTimeAndLevel) {
  Pipe pipe;
  {
    const Log log({.descriptor = pipe.writing_end()});
    warning("odd", {{"n", 1}});
  }
  pipe.close_writing_end();
  const std::string line = pipe.read_all();
  ASSERT_EQ(line.size(), std::string("2026-01-31T23:59:59.123Z warning odd n=1\n").size());
  EXPECT_EQ(line[10], 'T');
  EXPECT_EQ(line.substr(23), "Z warning odd n=1\n");
}

TEST(LogTest, JsonEventIsAnObjectALine) {
  Pipe pipe;
  {
    const Log log({.form = Form::kJson, .descriptor = pipe.writing_end()});
    error("odd", {{"n", 1}});
    info("even");
  }
  pipe.close_writing_end();
  const auto lines = lines_of(pipe.read_all());
  ASSERT_EQ(lines.size(), 2U);
  const std::string time = R"({"time":"2026-01-31T23:59:59.123Z",)";
  EXPECT_TRUE(lines[0].starts_with(R"({"time":")")) << lines[0];
  EXPECT_EQ(lines[0].substr(time.size()), R"("level":"error","event":"odd","n":1})");
  EXPECT_EQ(lines[1].substr(time.size()), R"("level":"info","event":"even"})");
}

TEST(LogTest, WhatIsBelowTheLeastLevelIsLeftOut) {
  Pipe pipe;
  {
    const Log log({.least = Level::kWarning, .descriptor = pipe.writing_end()});
    debug("no");
    info("no");
    warning("yes");
    error("yes");
  }
  info("closed");
  pipe.close_writing_end();
  const auto lines = lines_of(pipe.read_all());
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].ends_with("warning yes"));
  EXPECT_TRUE(lines[1].ends_with("error yes"));
}

TEST(LogTest, UnreadLogNeverBlocksAndWhatIsDroppedIsCounted) {
  constexpr size_t kLogged = 5000;  // of over 100 octets: far more than a pipe holds
  Pipe pipe;
  std::string text;
  {
    const Log log({.descriptor = pipe.writing_end(), .queued_lines = 64});
    const std::string filler(100, 'x');
    for (size_t i = 0; i < kLogged; ++i) info("event", {{"i", i}, {"filler", filler}});
    // Only now somebody reads.
    auto reader = std::async(std::launch::async, [&pipe] { return pipe.read_all(); });
    drain(std::chrono::minutes(5));
    pipe.close_writing_end();
    text = reader.get();
  }
  size_t through = 0;
  size_t dropped = 0;
  constexpr std::string_view kOverrun = "warning log-overrun dropped=";
  for (const auto& line : lines_of(text)) {
    const size_t at = line.find(kOverrun);
    if (at == std::string::npos) {
      ++through;
    } else {
      dropped += std::stoul(line.substr(at + kOverrun.size()));
    }
  }
  EXPECT_GT(dropped, 0U);
  EXPECT_EQ(through + dropped, kLogged);
}

TEST(LogTest, ClosingEndsThoughNobodyReads) {
  Pipe pipe;
  {
    const Log log({.descriptor = pipe.writing_end(), .queued_lines = 64});
    const std::string filler(400, 'x');
    for (size_t i = 0; i < 1000; ++i) info("event", {{"i", i}, {"filler", filler}});
  }
  pipe.close_writing_end();
  EXPECT_LT(lines_of(pipe.read_all()).size(), 1000U);
}

}  // namespace
}  // namespace logging
