#include "common/protocol/login_dialogue.h"

#include <utility>

#include "common/text/ascii.h"

namespace protocol {

LoginDialogue::LoginDialogue(std::string_view argument, const SaslOffer& offer) {
  set_next(sasl_.begin(argument, offer));
}

LoginDialogue::LoginDialogue(Credentials credentials)
    : next_(Authenticate{std::move(credentials)}) {}

LoginDialogue::Step LoginDialogue::next(const std::optional<text::Line>& line) {
  if (needs_line() && line) {
    set_next(line->too_long ? Fault::kTooLong
                            : sasl_.receive(text::without_trailing_blanks(line->text)));
  }
  return std::exchange(next_, NeedsLine{});
}

bool LoginDialogue::goes_on(const AuthOutcome& outcome) {
  if (fault_) {
    next_ = *fault_;
    return true;
  }
  const auto* challenge = std::get_if<Challenge>(&outcome);
  if (challenge == nullptr) return false;
  challenged_ = true;
  next_ = Prompt{challenge->text};
  return true;
}

void LoginDialogue::set_next(SaslDialogue::Step step) {
  const auto* fault = std::get_if<Fault>(&step);
  if (fault != nullptr && challenged_) {
    fault_ = *fault;
    next_ = Authenticate{SaslCancelled{}};
    return;
  }
  next_ = std::visit([](auto&& one) -> Step { return std::forward<decltype(one)>(one); },
                     std::move(step));
}

}  // namespace protocol
