// One login of a session, from AUTH or PASS to its outcome, as both servers have it: a phase of the
// session. Pure. The session has the words, and what comes of it; SaslDialogue knows the
// mechanisms.
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "common/protocol/action.h"
#include "common/protocol/sasl_dialogue.h"
#include "common/text/line_reader.h"

namespace protocol {

class LoginDialogue {
 public:
  using Prompt = SaslDialogue::Prompt;
  using Fault = SaslDialogue::Fault;
  struct NeedsLine {};

  // What the session is to do next: bring the client's next line, say the prompt, ask for the
  // action, or end the login and say what was wrong.
  using Step = std::variant<NeedsLine, Prompt, Authenticate, Fault>;

  // AUTH, with its argument.
  LoginDialogue(std::string_view argument, const SaslOffer& offer);
  // PASS.
  explicit LoginDialogue(Credentials credentials);

  bool needs_line() const { return std::holds_alternative<NeedsLine>(next_); }
  // `line`: the client's next one, if there is one; nothing unless needs_line().
  Step next(const std::optional<text::Line>& line);

  // The outcome of Authenticate. False: it is that of the login, which is over.
  bool goes_on(const AuthOutcome& outcome);

 private:
  void set_next(SaslDialogue::Step step);

  SaslDialogue sasl_;
  Step next_;
  bool challenged_ = false;     // the mechanism awaits another message
  std::optional<Fault> fault_;  // to be said once the mechanism has heard of it
};

}  // namespace protocol
