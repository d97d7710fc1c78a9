// Runs tests/transcripts/smtp on the session.
#include <gtest/gtest.h>

#include "tests/support/smtp_world.h"
#include "tests/support/transcript_player.h"

namespace {

using support::Pace;
using support::SmtpWorld;
using support::Transcript;

uint64_t quota_of(const Transcript& transcript) {
  return std::stoul(transcript.option("quota", "0"));
}

smtp::Settings settings_of(const Transcript& transcript) {
  smtp::Settings settings;
  settings.host_name = "h";
  settings.postmaster = transcript.option("postmaster", "");
  if (transcript.option("bare-newlines", "keep") == "refuse") {
    settings.bare_newlines = smtp::BareNewlines::kRefuse;
  }
  settings.logins = transcript.login_policy();
  settings.require_login = transcript.is_set("require-login");
  settings.any_sender = transcript.is_set("any-sender");
  settings.hide_users = transcript.is_set("hide-users");
  settings.has_quota = quota_of(transcript) > 0;
  settings.limits.errors = std::stoul(transcript.option("max-errors", "100"));
  settings.limits.commands = std::stoul(transcript.option("max-commands", "0"));
  settings.limits.recipients = std::stoul(transcript.option("max-recipients", "1000"));
  settings.limits.message_octets = std::stoul(transcript.option("max-message-size", "52428800"));
  return settings;
}

class SmtpTranscriptTest : public testing::Test {
 public:
  SmtpTranscriptTest(Transcript transcript, Pace pace)
      : transcript_(std::move(transcript)), pace_(pace) {}

  void TestBody() override {
    SmtpWorld world(settings_of(transcript_), transcript_.users, transcript_.channel());
    world.set_quota(quota_of(transcript_));
    for (const auto& message : transcript_.given) world.put(message);
    const auto fail = [&](const std::string& step) {
      const size_t blank = step.find(' ');
      world.fail_next(step.substr(0, blank), step.substr(blank + 1) == "full"
                                                 ? protocol::StoreOutcome::kFull
                                                 : protocol::StoreOutcome::kFailed);
    };
    support::TranscriptPlayer<SmtpWorld>(world, fail, pace_).play(transcript_);
    EXPECT_EQ(world.stored(), transcript_.stored);
    EXPECT_FALSE(world.has_open_message());
  }

 private:
  Transcript transcript_;
  Pace pace_;
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  support::register_transcripts<SmtpTranscriptTest>(TRANSCRIPTS, "smtp");
  return RUN_ALL_TESTS();
}
