// What an input of the target smtp_session says: settings, outcomes of the store, and what the
// client sends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/protocol/action.h"
#include "common/protocol/channel.h"
#include "smtpd/session.h"
#include "tests/fuzz/handshakes.h"
#include "tests/fuzz/pieces.h"
#include "tests/fuzz/settings_octets.h"

namespace fuzz {

// The octets in front; all of them 0: nothing fails, no limit is near.
enum SmtpOctet : size_t {
  kSmtpFinish,          // finish_from()
  kSmtpBareNewlines,    // odd: they are refused; with its second bit: mailboxes have a quota
  kSmtpPostmaster,      // odd: the second user
  kSmtpRecipients,      // so many are taken; 0: 1,000
  kSmtpMessageOctets,   // 16 times so many, less 1, are taken; 0: 50 MiB
  kSmtpErrors,          // so many; 0: 100
  kSmtpRepeat,          // repeated(): what stands between two marks
  kSmtpOpenOutcomes,    // a pair a message: 1 full, 2 failed, else done
  kSmtpCommitOutcomes,  // the same
  kSmtpAppendOutcome,   // the first pair: the outcome; the second: the message
  kSmtpAppendOctet,     // once that message has so many octets
  kSmtpInterruption,    // the nth time that the session reads or flushes the server ends it
  kSmtpSecurity,        // SecurityOctet
  kSmtpPieces,          // up to the last of the settings: Pieces
};

struct SmtpCase {
  explicit SmtpCase(std::string_view input);

  smtp::Settings settings;
  protocol::Channel channel;  // at the start
  std::string dialogue;       // all that the client sends
  Handshakes handshakes;      // where in it
  bool handshake_fails;
  Pieces pieces;
  Finish finish;
  size_t interruption;  // 0: none

  // Who sends somebody's password is that user; what else comes of a login is told by the length of
  // what was sent.
  protocol::AuthOutcome authenticated(const protocol::Authenticate& asked) const;
  // It is told by the size that was declared.
  static smtp::Room room_for(const smtp::ClaimRoom& asked);
  protocol::StoreOutcome opened(size_t message) const;
  protocol::StoreOutcome committed(size_t message) const;
  // Of an append that makes the message `octets` long.
  protocol::StoreOutcome appended(size_t message, size_t octets) const;
  bool may_fail_to_append() const;

 private:
  std::string settings_octets_;
};

}  // namespace fuzz
