// What an input of the target pop3_session says: settings, outcomes of log-ins and of the store,
// what the client sends, and what is in the maildrop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/action.h"
#include "common/protocol/channel.h"
#include "pop3d/session.h"
#include "tests/fuzz/handshakes.h"
#include "tests/fuzz/pieces.h"
#include "tests/fuzz/settings_octets.h"
#include "tests/support/fixed_list.h"

namespace fuzz {

// Behind them stand what the client sends and the messages, parted by kMark. The octets in front;
// all of them 0: nothing fails, no limit is near, and the client logs in itself.
enum Pop3Octet : size_t {
  kPop3Finish,            // finish_from()
  kPop3LogsIn,            // odd: the log-in is put in front of what the client sends
  kPop3Errors,            // so many; 0: 100
  kPop3RepeatDialogue,    // repeated(): what the client sends
  kPop3RepeatMessages,    // repeated(): each message
  kPop3Copies,            // each message so many times more; 255: thousands of times
  kPop3LoginOutcomes,     // a pair a log-in: 1 and 3 unavailable, 2 refused, else checked
  kPop3MaildropOutcomes,  // a pair a log-in: 1 in use, 2 unavailable, else open
  kPop3RemoveOutcome,     // odd: failed
  kPop3ReadOutcome,       // the nth message that is sent cannot be read; 0: all can
  kPop3ReadOctet,         // from this octet on
  kPop3Interruption,      // the nth time that the session reads or flushes the server ends it
  kPop3Security,          // SecurityOctet
  kPop3Pieces,            // Pieces of what the client sends
  kPop3ReadPieces = kPop3Pieces + 2,  // Pieces of messages, up to the last of the settings
};

struct Pop3Case {
  explicit Pop3Case(std::string_view input);

  pop3::Settings settings;
  protocol::Channel channel;  // at the start
  std::string dialogue;       // all that the client sends
  Handshakes handshakes;      // where in it
  bool handshake_fails;
  std::vector<std::string> messages;
  support::FixedList listing;
  Pieces pieces;
  Pieces read_pieces;
  Finish finish;
  size_t interruption;  // 0: none
  bool removes;

  protocol::AuthOutcome authenticated(size_t attempt, const protocol::Credentials& asked) const;
  std::optional<pop3::MaildropRefusal> maildrop_refused(size_t attempt) const;
  // From which octet on the message that is sent as the nth (from 0) cannot be read. When the
  // messages before it had so many octets that a client could go on for ever, that is the first.
  std::optional<size_t> unreadable_from(size_t nth, size_t octets_before) const;

 private:
  std::string settings_octets_;
};

// Every line end as CRLF.
std::string lines_with_crlf(std::string_view text);

// A message as POP3 sends it, less the dot-stuffing: with one at its end as well.
std::string on_the_wire(std::string_view message);

}  // namespace fuzz
