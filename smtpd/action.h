// What an SMTP session may ask of the world: common/protocol/action.h, and what is done with a
// message. Each is answered by a call of the session (session.h), except DiscardMessage and
// ReleaseRoom.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/protocol/action.h"
#include "common/text/dot_stuffing.h"
#include "smtpd/trace.h"

namespace smtp {

// Whether this mailbox may take a message of so many octets (0: the client has not said), and hold
// the room for it: only where mailboxes have a quota. Answered by room_answered().
struct ClaimRoom {
  std::string mailbox;
  uint64_t octets;
};
enum class Room {
  kThere,
  kNone,
  kUnknown,  // the mailbox could not be measured
};

// The message that room was claimed for, if any, will not come.
struct ReleaseRoom {};

// What a message that may come in holds of what all of them share. It is given back when the last
// copy goes.
using Place = std::shared_ptr<const void>;

// Find out whether there is room for a message, and keep a place for it: before MAIL is answered.
struct AdmitMessage {
  uint64_t octets;  // that the client has announced (RFC 1870); 0: none
};

// Start a message; what AppendMessage brings belongs to it.
struct OpenMessage {
  Origin origin;
};

// Put this at the end of the message. Valid until message_appended(); at most
// Reception::kAppendOctets.
struct AppendMessage {
  std::string_view text;
};

// Put the message into these mailboxes, on stable storage. Each is named once.
struct CommitMessage {
  std::vector<std::string> mailboxes;
  // For the log: its size, and the first CR or LF that stood alone in a CRLF session.
  uint64_t octets;
  std::optional<text::DotDecoder::BareNewline> bare_newline;
};

// Forget the message: it is refused. More of it may still be on its way.
struct DiscardMessage {};

using Action = std::variant<protocol::Read, protocol::Flush, protocol::Close, AdmitMessage,
                            ClaimRoom, ReleaseRoom, OpenMessage, AppendMessage, CommitMessage,
                            DiscardMessage, protocol::StartTls, protocol::Authenticate>;

}  // namespace smtp
