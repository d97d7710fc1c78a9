// What one octet of a session's settings says about TLS and logins: what kind of connection it is,
// and what the server asks of it. 0: no TLS, a client on this machine, nothing asked.
#pragma once

#include <cstdint>

#include "common/protocol/channel.h"

namespace fuzz {

class SecurityOctet {
 public:
  enum Bit : unsigned {
    kTlsOffered = 1U << 0U,  // STARTTLS or STLS is to be had
    kTlsStarted = 1U << 1U,  // TLS was there before the greeting; with kTlsOffered: it was not, and
                             // a handshake fails
    kElsewhere = 1U << 2U,   // the client is not on this machine
    kPlaintextLogins = 1U << 3U,  // and logins in the clear are taken all the same
    kRequireLogin = 1U << 4U,     // SMTP
    kAnySender = 1U << 5U,        // SMTP
    kHideUsers = 1U << 6U,
  };

  explicit SecurityOctet(uint8_t octet) : octet_(octet) {}

  bool is(Bit bit) const { return (octet_ & bit) != 0; }
  bool handshake_fails() const { return is(kTlsOffered) && is(kTlsStarted); }
  protocol::Channel channel() const {
    return {.encrypted = is(kTlsStarted) && !is(kTlsOffered), .loopback = !is(kElsewhere)};
  }
  protocol::LoginPolicy logins() const {
    return {.tls = is(kTlsOffered) || is(kTlsStarted), .plaintext_logins = is(kPlaintextLogins)};
  }

 private:
  uint8_t octet_;
};

}  // namespace fuzz
