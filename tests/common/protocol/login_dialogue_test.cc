#include "common/protocol/login_dialogue.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace protocol {
namespace {

constexpr SaslOffer kAll{.scram = true, .scram_plus = true};

// What a step is, in a word or two.
std::string text_of(const LoginDialogue::Step& step) {
  if (const auto* prompt = std::get_if<LoginDialogue::Prompt>(&step)) {
    return "prompt " + prompt->text;
  }
  if (const auto* fault = std::get_if<LoginDialogue::Fault>(&step)) {
    if (*fault == LoginDialogue::Fault::kCancelled) return "cancelled";
    return *fault == LoginDialogue::Fault::kTooLong ? "too long" : "other fault";
  }
  const auto* action = std::get_if<Authenticate>(&step);
  if (action == nullptr) return "needs a line";
  if (std::holds_alternative<SaslCancelled>(action->step)) return "cancel";
  const auto* credentials = std::get_if<Credentials>(&action->step);
  return credentials == nullptr ? "mechanism" : credentials->user + "/" + credentials->password;
}

std::string next(LoginDialogue& login) { return text_of(login.next(std::nullopt)); }

std::string next(LoginDialogue& login, std::string_view text) {
  return text_of(login.next(text::Line{.text = text, .octets = text.size() + 2}));
}

TEST(LoginDialogueTest, PassAsksOnceAndItsOutcomeIsTheLogins) {
  LoginDialogue login(Credentials{"john", "secret"});
  EXPECT_FALSE(login.needs_line());
  EXPECT_EQ(next(login), "john/secret");
  EXPECT_FALSE(login.goes_on(Accepted{"john@x"}));
}

TEST(LoginDialogueTest, PromptsAreSaidBeforeALineIsTaken) {
  LoginDialogue login("LOGIN", kAll);
  EXPECT_FALSE(login.needs_line());
  EXPECT_EQ(next(login), "prompt Username:");
  EXPECT_TRUE(login.needs_line());
  EXPECT_EQ(next(login), "needs a line");
  EXPECT_EQ(next(login, "am9obg=="), "prompt Password:");
  EXPECT_EQ(next(login, "c2VjcmV0 \t"), "john/secret");
  EXPECT_FALSE(login.goes_on(Refused{}));
}

TEST(LoginDialogueTest, ChallengesGoOnUntilTheOutcome) {
  LoginDialogue login("SCRAM-SHA-256 YWJj", kAll);
  EXPECT_EQ(next(login), "mechanism");
  EXPECT_TRUE(login.goes_on(Challenge{"more"}));
  EXPECT_EQ(next(login), "prompt more");
  EXPECT_EQ(next(login, "YWJj"), "mechanism");
  EXPECT_FALSE(login.goes_on(Unavailable{}));
}

TEST(LoginDialogueTest, WhoBreaksOffAMechanismHasItForgottenFirst) {
  for (const auto& [line, said] :
       {std::pair{"*", "cancelled"}, std::pair{"no base64", "other fault"}}) {
    LoginDialogue login("PLAIN", kAll);
    EXPECT_EQ(next(login), "mechanism");
    EXPECT_TRUE(login.goes_on(Challenge{}));
    EXPECT_EQ(next(login), "prompt ");
    EXPECT_EQ(next(login, line), "cancel");
    EXPECT_TRUE(login.goes_on(Refused{}));
    EXPECT_EQ(next(login), said);
  }
}

TEST(LoginDialogueTest, WithoutAMechanismThereIsNothingToForget) {
  LoginDialogue login("LOGIN", kAll);
  EXPECT_EQ(next(login), "prompt Username:");
  EXPECT_EQ(next(login, "*"), "cancelled");
  LoginDialogue unknown("CRAM-MD5", kAll);
  EXPECT_EQ(next(unknown), "other fault");
}

TEST(LoginDialogueTest, LineThatIsTooLongEndsIt) {
  LoginDialogue login("LOGIN", kAll);
  EXPECT_EQ(next(login), "prompt Username:");
  EXPECT_EQ(text_of(login.next(text::Line{.text = "am9obg==", .too_long = true})), "too long");
}

}  // namespace
}  // namespace protocol
