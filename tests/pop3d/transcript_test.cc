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
    pop3::Settings settings{.host_name = "h", .version = "1.2.3"};
    settings.logins = transcript_.login_policy();
    settings.hide_users = transcript_.is_set("hide-users");
    settings.expiry_days =
        static_cast<unsigned>(std::stoul(transcript_.option("message-expiry", "0")));
    settings.limits.errors = std::stoul(transcript_.option("max-errors", "100"));
    settings.limits.commands = std::stoul(transcript_.option("max-commands", "0"));
    Pop3World world(std::move(settings), transcript_.users, transcript_.given,
                    transcript_.channel());
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
