// The reception of one message: from the 354 that answers DATA to the octet before the reply that
// ends it (RFC 5321 §4.1.1.4). Undoes dot-stuffing, finds the end of the data and the reasons to
// refuse it, and asks for what is to be done with the text. A message that is refused is read to
// its end all the same. Pure; belongs to the session and sees only what the client sent after DATA.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/protocol/action.h"
#include "common/text/dot_stuffing.h"
#include "common/text/line_reader.h"
#include "smtpd/action.h"
#include "smtpd/reply.h"
#include "smtpd/settings.h"
#include "smtpd/trace.h"

namespace smtp {

class Reception {
 public:
  static constexpr size_t kAppendOctets = size_t{64} * 1024;
  // What is read of it in one piece: the decoder may give back two octets more than it is given.
  static constexpr size_t kReadOctets = kAppendOctets - 2;

  // All that was read is used, and the message has not come to its end.
  struct NeedsInput {};
  // The message is read to its end, and is refused.
  struct Refused {
    Reply reply;
  };
  // What is next. After OpenMessage and AppendMessage their outcome is reported first; after
  // CommitMessage and Refused this object has nothing left to do.
  using Step =
      std::variant<NeedsInput, Refused, OpenMessage, AppendMessage, CommitMessage, DiscardMessage>;

  // `settings` outlives it. `mailboxes`: each once.
  Reception(const Settings& settings, Origin origin, std::vector<std::string> mailboxes);

  // Takes the message's octets out of `reader`, and none behind its end.
  Step next(text::LineReader& reader);

  void opened(protocol::StoreOutcome outcome);
  void appended(protocol::StoreOutcome outcome);

  // So far, dot-stuffing undone.
  uint64_t octets() const { return decoder_.octets(); }

 private:
  enum class Phase { kOpen, kRead };

  void judge();

  const Settings* settings_;
  Origin origin_;
  std::vector<std::string> mailboxes_;
  text::DotDecoder decoder_;
  Phase phase_ = Phase::kOpen;
  bool open_ = false;             // there is a message that can be appended to
  std::optional<Reply> refusal_;  // once it is there, the rest of the message is only read
  std::string chunk_;             // decoded and not yet appended
};

}  // namespace smtp
