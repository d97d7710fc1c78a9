// Why a session ends: on behalf of the server, or by its own decision.
#pragma once

namespace protocol {

enum class Ending {
  kTimeOut,   // the client was silent too long
  kTooSlow,   // it sent its message too slowly, while others want to be served
  kShutDown,  // the server stops
};

// Why a session closed by itself, for the log.
enum class Closed {
  kQuit,
  kEndOfInput,     // the client sent no more
  kEnded,          // as it was told to: see Ending
  kTooManyErrors,  // of the client's
  kTooManyCommands,
  kNoMailClient,  // a browser's first command, or a TLS hello
  kUnreadable,    // the store failed in the middle of a message that was being sent
};

}  // namespace protocol
