// Plays a transcript against a world (SmtpWorld, Pop3World): lock-step, byte by byte, or in one
// piece.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>

#include "common/protocol/ending.h"
#include "tests/support/transcript.h"

namespace support {

enum class Pace {
  kLockStep,    // each step sent as it stands, and its replies compared before the next
  kByteByByte,  // the same, a byte at a time
  kOnePiece,    // all that the client sends at once, as far as no T, D or F stands between
};

// Turns what a session's test knows into what the transcript leaves open: `{uid}`, `{id}` and
// `{version}`.
std::string filled_in(std::string expected);

// A world: start(), send(bytes), end_of_input(), end(why), start_tls(), closed(). `fail` carries
// out an F step.
template <class World>
class TranscriptPlayer {
 public:
  TranscriptPlayer(World& world, std::function<void(const std::string&)> fail, Pace pace)
      : world_(world), fail_(std::move(fail)), pace_(pace) {}

  void play(const Transcript& transcript) {
    answers_ += world_.start();
    for (const auto& step : transcript.steps) {
      SCOPED_TRACE("line " + std::to_string(step.line));
      take(step, transcript.line_end());
    }
    compare();
    if (!world_.closed()) answers_ += world_.end_of_input();
    EXPECT_TRUE(world_.closed());
    EXPECT_EQ(answers_, "") << "after the last step";
  }

 private:
  void take(const Step& step, const std::string& line_end) {
    switch (step.kind) {
      case 'C':
        return send(step.text + line_end);
      case 'B':
        return send(step.text);
      case 'S':
        expected_ += filled_in(step.text) + "\r\n";
        if (pace_ != Pace::kOnePiece) compare();
        return;
      case 'E':
        compare();
        answers_ += world_.end_of_input();
        return;
      case 'H':
        compare();
        EXPECT_EQ(answers_, "") << "before the handshake";
        answers_ += world_.start_tls();
        return;
      case 'X':
        compare();
        EXPECT_TRUE(world_.closed());
        return;
      case 'T':
        compare();
        answers_ += world_.end(step.text == "slow" ? protocol::Ending::kTooSlow
                                                   : protocol::Ending::kTimeOut);
        return;
      case 'D':
        compare();
        answers_ += world_.end(protocol::Ending::kShutDown);
        return;
      case 'F':
        compare();
        return fail_(step.text);
      default:
        FAIL() << "unknown step " << step.kind;
    }
  }

  void send(std::string_view bytes) {
    if (pace_ == Pace::kOnePiece) {
      unsent_ += bytes;
      return;
    }
    EXPECT_EQ(answers_, "") << "answered more than expected";
    const size_t step = pace_ == Pace::kByteByByte ? 1 : bytes.size();
    for (size_t at = 0; at < bytes.size(); at += step)
      answers_ += world_.send(bytes.substr(at, step));
  }

  // What was answered must begin with what was expected; all of it where the client goes on.
  void compare() {
    if (!unsent_.empty()) answers_ += world_.send(std::exchange(unsent_, {}));
    EXPECT_EQ(answers_.substr(0, expected_.size()), expected_);
    answers_.erase(0, expected_.size());
    expected_.clear();
  }

  World& world_;
  std::function<void(const std::string&)> fail_;
  Pace pace_;
  std::string unsent_;
  std::string answers_;
  std::string expected_;
};

// Registers a test a transcript of root/FOLDER and pace: smtp/data.LockStep, … Test(transcript,
// pace).
template <class Test>
void register_transcripts(const std::string& root, const std::string& folder) {
  const std::pair<Pace, const char*> paces[] = {{Pace::kLockStep, "LockStep"},
                                                {Pace::kByteByByte, "ByteByByte"},
                                                {Pace::kOnePiece, "OnePiece"}};
  for (const auto& transcript : read_transcripts(root, folder)) {
    for (const auto& [how, name] : paces) {
      testing::RegisterTest(
          transcript.name.c_str(), name, nullptr, nullptr, __FILE__, __LINE__,
          [transcript, pace = how]() -> testing::Test* { return new Test(transcript, pace); });
    }
  }
}

}  // namespace support
