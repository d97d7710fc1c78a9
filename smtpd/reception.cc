#include "smtpd/reception.h"

#include <algorithm>
#include <cstdint>
#include <limits>
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
    chunk_.reserve(bytes.size() + 2);  // else it would grow to up to twice as much
    reader.consume(decoder_.decode(bytes, chunk_));
    judge();
    // The buffer goes too: the rest of a message that is refused may be long in coming.
    if (refusal_) std::string().swap(chunk_);
    if (!chunk_.empty()) return AppendMessage{chunk_};
  }
}

// Finds the reason to refuse the message, if what has come of it gives one. Of several it is the
// one that shows first, so that the reply does not depend on how the message was cut on its way.
void Reception::judge() {
  if (refusal_) return;
  constexpr uint64_t kNowhere = std::numeric_limits<uint64_t>::max();
  const uint64_t limit = settings_->limits.message_octets;
  const auto nul = decoder_.first_nul();
  const auto bare = settings_->bare_newlines == BareNewlines::kRefuse
                        ? decoder_.first_bare_newline()
                        : std::nullopt;
  // The octet that shows it: of a bare CR the one after it.
  const uint64_t nul_shows = nul.value_or(kNowhere);
  const uint64_t bare_shows = bare ? bare->octet + (bare->which == '\r' ? 1 : 0) : kNowhere;
  const uint64_t size_shows = decoder_.octets() > limit ? limit + 1 : kNowhere;
  const uint64_t first = std::min({nul_shows, bare_shows, size_shows});
  if (first == kNowhere) return;
  if (nul && first == nul_shows) {
    refusal_ = message_refused("NUL", *nul, {});
  } else if (bare && first == bare_shows) {
    refusal_ = message_refused(bare->which == '\n' ? "bare LF" : "bare CR", bare->octet,
                               "send CRLF (curl --crlf; smtplib: send_message)");
  } else {
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
