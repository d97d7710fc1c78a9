// Runs tests/transcripts/pop3 on the session.
#include <gtest/gtest.h>

#include "tests/support/pop3_world.h"
#include "tests/support/transcript_player.h"

namespace {

using support::Pace;
using support::Pop3World;
using support::Transcript;

class Pop3TranscriptTest : public testing::Test {
 public:
  Pop3TranscriptTest(Transcript transcript, Pace pace)
      : transcript_(std::move(transcript)), pace_(pace) {}

  void TestBody() override {
    Pop3World world({"h", "1.2.3", {}}, transcript_.users, transcript_.given);
    if (pace_ == Pace::kByteByByte) world.set_read_octets(1);
    const auto fail = [&](const std::string& step) {
      world.fail_next(step == "maildrop in-use" ? "in-use" : step.substr(0, step.find(' ')));
    };
    support::TranscriptPlayer<Pop3World>(world, fail, pace_).play(transcript_);
    EXPECT_EQ(world.messages(), transcript_.stored);
  }

 private:
  Transcript transcript_;
  Pace pace_;
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  support::register_transcripts<Pop3TranscriptTest>(TRANSCRIPTS, "pop3");
  return RUN_ALL_TESTS();
}
