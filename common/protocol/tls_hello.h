// Tells a client that begins with TLS, on a port where nothing is encrypted, from a mail client: by
// its first octet. It waits for TLS to answer, and replies in words leave it waiting. Pure.
#pragma once

#include <string_view>

namespace protocol {

// `begun`: what the client has sent so far. A TLS connection begins with a record of the type
// handshake (RFC 8446 §5.1); no command begins with this octet.
constexpr bool is_tls_hello(std::string_view begun) {
  constexpr char kHandshake = 22;
  return begun.starts_with(kHandshake);
}

}  // namespace protocol
