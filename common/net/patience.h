// How long a connection waits for its client, state by state, and how slow it may be. A server has
// one for all its connections.
#pragma once

#include <chrono>
#include <cstdint>

namespace net {

struct Patience {
  // For a whole command, from when the server began to wait for it: an octet now and then is no
  // command. And for the client to take any of what is sent to it.
  std::chrono::seconds idle{300};
  // From the connection on until the client has logged in, where the session asks for a login.
  std::chrono::seconds login{600};
  // For more of a message's data.
  std::chrono::seconds data{300};
  // For the whole of a TLS handshake.
  std::chrono::seconds handshake{60};
  // Of message data that comes in, and of whatever goes out, once half of the connections are taken
  // (crowding.h, transfer_pace.h). 0: any.
  uint64_t octets_a_second = 0;
  // How long a client may take for nothing.
  std::chrono::seconds grace{60};
};

}  // namespace net
