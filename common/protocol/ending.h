// Why a server ends a session that the client did not end.
#pragma once

namespace protocol {

enum class Ending {
  kTimeOut,   // the client was silent too long
  kShutDown,  // the server stops
};

}  // namespace protocol
