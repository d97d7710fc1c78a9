// What a session may ask of the world. A session (smtp::Session, pop3::Session) does no I/O: its
// next() returns one action, the driver (common/net/session_driver.h) does it, reports the outcome
// to the session, and asks for the next. The actions that only one server knows are in its
// session.h.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>

namespace protocol {

// What the client is waited for to send: how long it may take depends on it.
enum class Awaited {
  kCommand,
  kLogin,    // a command of a client that is to log in first
  kMessage,  // more of a message's data
};

// Bring more of the client's bytes: receive(bytes) or end_of_input(). The driver first sends what
// take_output() holds, since the client may be waiting for it.
struct Read {
  Awaited awaited = Awaited::kCommand;
  // At most so many. A session keeps what it was given while the client does not take its replies,
  // so it is no more than what an honest client pipelines.
  size_t max_octets = 4096;
};

// Send what take_output() holds: the session goes on only when it is taken, so that output is
// bounded however much the client pipelines.
struct Flush {};

// Send what take_output() holds and close the connection. The session is over.
struct Close {};

// Start TLS: send what take_output() holds, forget all that the client sent after that command, and
// do the handshake. Answered by tls_started(); if it fails the connection is over.
struct StartTls {};

// A step of a login, answered by authenticated(AuthOutcome). The first is a name and a password, or
// the choice of a SASL mechanism; after a Challenge the client's next message follows.
struct Credentials {
  std::string user;      // as the client wrote it
  std::string password;  // exactly
};
struct SaslStart {
  std::string mechanism;               // in upper case
  std::optional<std::string> message;  // if the client sent one along
};
struct SaslMessage {
  std::string message;
};
// The client broke the exchange off after a Challenge: it is forgotten. The outcome says nothing.
struct SaslCancelled {};
struct Authenticate {
  std::variant<Credentials, SaslStart, SaslMessage, SaslCancelled> step;
};

// The outcome of Authenticate.
struct Challenge {
  std::string text;  // what the mechanism says next, not yet encoded
};
struct Accepted {
  std::string user;  // as spelled in users.txt: the mailbox's name
};
struct Refused {};      // the credentials are wrong
struct Unavailable {};  // they could not be checked now, or too many wrong ones came before
using AuthOutcome = std::variant<Challenge, Accepted, Refused, Unavailable>;

// The outcome of an action on the mail store, as far as a reply depends on it.
enum class StoreOutcome {
  kDone,
  kFull,    // no space, quota, descriptors or memory: it may work later
  kFailed,  // anything else
};

}  // namespace protocol
