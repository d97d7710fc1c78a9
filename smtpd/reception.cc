#include "smtpd/reception.h"

#include <string_view>
#include <utility>

namespace smtp {

using protocol::StoreOutcome;

Reception::Reception(const Settings& settings, Origin origin, std::vector<std::string> mailboxes)
    : settings_(&settings),
      origin_(std::move(origin)),
      mailboxes_(std::move(mailboxes)),
      decoder_(origin_.lf_lines ? text::LineEnds::kLf : text::LineEnds::kCrlf) {}

Reception::Step Reception::next(text::LineReader& reader) {
  if (phase_ == Phase::kOpen) return OpenMessage{std::move(origin_)};
  for (;;) {
    if (refusal_ && std::exchange(open_, false)) return DiscardMessage{};
    if (decoder_.ended()) {
      if (refusal_) return Refused{*std::move(refusal_)};
      return CommitMessage{std::move(mailboxes_), decoder_.octets(), decoder_.first_bare_newline()};
    }
    const std::string_view bytes = reader.buffered().substr(0, kReadOctets);
    if (bytes.empty()) return NeedsInput{};
    reader.consume(decoder_.decode(bytes, chunk_));
    judge();
    if (refusal_) chunk_.clear();
    if (!chunk_.empty()) return AppendMessage{chunk_};
  }
}

// Finds the reason to refuse the message, if what has come of it gives one.
void Reception::judge() {
  if (refusal_) return;
  const auto bare = decoder_.first_bare_newline();
  if (const auto nul = decoder_.first_nul()) {
    refusal_ = message_refused("NUL", *nul, {});
  } else if (bare && settings_->bare_newlines == BareNewlines::kRefuse) {
    refusal_ = message_refused(bare->which == '\n' ? "bare LF" : "bare CR", bare->octet,
                               "send CRLF (curl --crlf; smtplib: send_message)");
  } else if (decoder_.octets() > settings_->limits.message_octets) {
    refusal_ = message_too_large();
  }
}

void Reception::opened(StoreOutcome outcome) {
  phase_ = Phase::kRead;
  open_ = outcome == StoreOutcome::kDone;
  if (!open_) refusal_ = not_stored(outcome);
}

void Reception::appended(StoreOutcome outcome) {
  std::string().swap(chunk_);  // a client that stalls now costs no buffer
  if (outcome != StoreOutcome::kDone) refusal_ = not_stored(outcome);
}

}  // namespace smtp
