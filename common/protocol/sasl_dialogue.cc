#include "common/protocol/sasl_dialogue.h"

#include <utility>

#include "common/text/ascii.h"
#include "common/text/base64.h"

namespace protocol {
namespace {

constexpr std::string_view kPlain = "PLAIN";
constexpr std::string_view kLogin = "LOGIN";
constexpr std::string_view kScram = "SCRAM-SHA-256";
constexpr std::string_view kScramPlus = "SCRAM-SHA-256-PLUS";

// As it is known to the rest, or nothing if it is not offered.
std::optional<std::string_view> offered(std::string_view name, const SaslOffer& offer) {
  using text::equal_ignoring_case;
  if (equal_ignoring_case(name, kPlain)) return kPlain;
  if (equal_ignoring_case(name, kLogin)) return kLogin;
  if (offer.scram && equal_ignoring_case(name, kScram)) return kScram;
  if (offer.scram_plus && equal_ignoring_case(name, kScramPlus)) return kScramPlus;
  return std::nullopt;
}

}  // namespace

std::string SaslOffer::names() const {
  std::string names = "PLAIN LOGIN";
  if (scram) names.append(" ").append(kScram);
  if (scram_plus) names.append(" ").append(kScramPlus);
  return names;
}

SaslDialogue::Step SaslDialogue::begin(std::string_view argument, const SaslOffer& offer) {
  const auto mechanism = offered(text::take_word(argument), offer);
  if (!mechanism) return Fault::kUnknownMechanism;
  const std::string_view initial = text::without_blanks(argument);
  std::optional<std::string> message;
  if (!initial.empty()) {
    // An empty message is written `=` (RFC 4954 §4).
    message = initial == "=" ? std::string() : text::from_base64(initial);
    if (!message) return Fault::kMalformed;
  }
  if (*mechanism == kLogin) {
    state_ = AwaitsName{};
    if (message) return take(*std::move(message));
    return Prompt{"Username:"};
  }
  state_ = AwaitsMessage{};
  return Authenticate{SaslStart{std::string(*mechanism), std::move(message)}};
}

SaslDialogue::Step SaslDialogue::receive(std::string_view line) {
  if (line == "*") return Fault::kCancelled;
  auto message = text::from_base64(line);
  if (!message) return Fault::kMalformed;
  return take(*std::move(message));
}

SaslDialogue::Step SaslDialogue::take(std::string text) {
  if (std::holds_alternative<AwaitsName>(state_)) {
    state_ = AwaitsPassword{std::move(text)};
    return Prompt{"Password:"};
  }
  if (auto* password = std::get_if<AwaitsPassword>(&state_)) {
    return Authenticate{Credentials{std::move(password->name), std::move(text)}};
  }
  return Authenticate{SaslMessage{std::move(text)}};
}

std::string SaslDialogue::encoded(const Prompt& prompt) { return text::to_base64(prompt.text); }

}  // namespace protocol
