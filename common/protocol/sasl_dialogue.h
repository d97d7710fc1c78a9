// The dialogue of a SASL login, which SMTP's AUTH (RFC 4954 §4) and POP3's (RFC 5034 §4) have alike
// but for the words around it: base64, cancelling, and the prompts of LOGIN. Pure. It decides
// nothing about passwords: that is Authenticate's outcome.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/protocol/action.h"

namespace protocol {

// The mechanisms that a session offers now: PLAIN and LOGIN always.
struct SaslOffer {
  bool scram = false;       // SCRAM-SHA-256: every user can log in by it
  bool scram_plus = false;  // and over TLS SCRAM-SHA-256-PLUS

  // As EHLO and CAPA list them, with blanks between.
  std::string names() const;
};

class SaslDialogue {
 public:
  // To be said to the client next, in base64 (encoded() does it), behind `334 ` or `+ `.
  struct Prompt {
    std::string text;
  };
  enum class Fault {
    kUnknownMechanism,  // or one that is not offered
    kMalformed,         // no base64
    kTooLong,           // the line was longer than any that is read
    kCancelled,         // the client sent *
  };
  using Step = std::variant<Prompt, Authenticate, Fault>;

  // AUTH's argument: a mechanism and perhaps an initial response.
  Step begin(std::string_view argument, const SaslOffer& offer);
  // The client's answer to a prompt, a line. After a Fault the dialogue is over.
  Step receive(std::string_view line);

  static std::string encoded(const Prompt& prompt);

 private:
  // LOGIN: the name is awaited, then the password.
  struct AwaitsName {};
  struct AwaitsPassword {
    std::string name;
  };
  // The mechanism's next message is awaited.
  struct AwaitsMessage {};

  Step take(std::string text);

  std::variant<AwaitsMessage, AwaitsName, AwaitsPassword> state_;
};

}  // namespace protocol
