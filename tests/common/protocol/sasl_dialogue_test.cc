#include "common/protocol/sasl_dialogue.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>

namespace protocol {
namespace {

using Fault = SaslDialogue::Fault;
using Prompt = SaslDialogue::Prompt;
using Step = SaslDialogue::Step;

constexpr SaslOffer kAll{.scram = true, .scram_plus = true};

// What a step is, in a word or two.
std::string text_of(const Step& step) {
  if (const auto* prompt = std::get_if<Prompt>(&step)) return "prompt " + prompt->text;
  if (const auto* fault = std::get_if<Fault>(&step)) {
    if (*fault == Fault::kCancelled) return "cancelled";
    return *fault == Fault::kMalformed ? "malformed" : "unknown";
  }
  const auto& action = std::get<Authenticate>(step).step;
  if (const auto* start = std::get_if<SaslStart>(&action)) {
    return start->mechanism + (start->message ? " " + *start->message : "");
  }
  if (const auto* message = std::get_if<SaslMessage>(&action)) return "message " + message->message;
  const auto& credentials = std::get<Credentials>(action);
  return credentials.user + "/" + credentials.password;
}

std::string begun(std::string_view argument, const SaslOffer& offer = kAll) {
  return text_of(SaslDialogue().begin(argument, offer));
}

TEST(SaslDialogueTest, OnlyWhatIsOfferedIsBegun) {
  EXPECT_EQ(SaslOffer{}.names(), "PLAIN LOGIN");
  EXPECT_EQ(kAll.names(), "PLAIN LOGIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS");
  EXPECT_EQ(begun("scram-sha-256-plus"), "SCRAM-SHA-256-PLUS");
  EXPECT_EQ(begun("SCRAM-SHA-256-PLUS", {.scram = true}), "unknown");
  EXPECT_EQ(begun("SCRAM-SHA-256", {}), "unknown");
  EXPECT_EQ(begun("plain", {}), "PLAIN");
  EXPECT_EQ(begun("CRAM-MD5"), "unknown");
  EXPECT_EQ(begun(""), "unknown");
}

TEST(SaslDialogueTest, InitialResponseMayBeThereOrEmptyOrNoBase64) {
  EXPECT_EQ(begun("PLAIN"), "PLAIN");
  EXPECT_EQ(begun("PLAIN AGEAYg=="), std::string("PLAIN \0a\0b", 10));
  EXPECT_EQ(begun("PLAIN ="), "PLAIN ");
  EXPECT_EQ(begun("PLAIN =="), "malformed");
  EXPECT_EQ(begun("PLAIN YQ"), "malformed");
  EXPECT_EQ(begun("PLAIN YQ== YQ=="), "malformed");
  EXPECT_EQ(begun("PLAIN *"), "malformed");
}

TEST(SaslDialogueTest, LoginAsksForNameAndPassword) {
  SaslDialogue dialogue;
  EXPECT_EQ(text_of(dialogue.begin("LOGIN", {})), "prompt Username:");
  EXPECT_EQ(text_of(dialogue.receive("am9obg==")), "prompt Password:");
  EXPECT_EQ(text_of(dialogue.receive("c2VjcmV0")), "john/secret");
  SaslDialogue with_name;
  EXPECT_EQ(text_of(with_name.begin("login am9obg==", {})), "prompt Password:");
  EXPECT_EQ(text_of(with_name.receive("")), "john/");
  EXPECT_EQ(SaslDialogue::encoded({"Username:"}), "VXNlcm5hbWU6");
  EXPECT_EQ(SaslDialogue::encoded({"Password:"}), "UGFzc3dvcmQ6");
}

TEST(SaslDialogueTest, StarCancelsWhateverIsAwaited) {
  for (const std::string_view argument : {"PLAIN", "LOGIN", "LOGIN am9obg==", "SCRAM-SHA-256"}) {
    SaslDialogue dialogue;
    (void)dialogue.begin(argument, kAll);
    EXPECT_EQ(text_of(dialogue.receive("*")), "cancelled") << argument;
  }
}

TEST(SaslDialogueTest, LinesOfAMechanismAreItsMessages) {
  SaslDialogue dialogue;
  (void)dialogue.begin("SCRAM-SHA-256", kAll);
  EXPECT_EQ(text_of(dialogue.receive("YWJj")), "message abc");
  EXPECT_EQ(text_of(dialogue.receive("")), "message ");
  EXPECT_EQ(text_of(dialogue.receive("YWJj=")), "malformed");
}

}  // namespace
}  // namespace protocol
