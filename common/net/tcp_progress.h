// How far a TCP connection has come, as the kernel counts.
#pragma once

#include <cstdint>

namespace net {

// The octets that the peer has acknowledged, and those that it has sent, since the beginning. What
// lies in our own buffers is not among them. 0 if the kernel does not say.
uint64_t octets_moved(int socket);

}  // namespace net
