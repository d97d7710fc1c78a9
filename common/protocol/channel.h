// What a session has to know of its connection, and when a login may cross it. Pure.
#pragma once

namespace protocol {

struct Channel {
  bool encrypted = false;  // by TLS
  bool loopback = true;    // the client is on this machine
};

struct LoginPolicy {
  bool tls = false;               // the server has a certificate: STARTTLS, STLS
  bool plaintext_logins = false;  // though it has one, logins in the clear are taken from anywhere
};

// Whether a client may log in over this channel. Without a certificate there is no other way.
constexpr bool may_log_in(const Channel& channel, const LoginPolicy& policy) {
  return channel.encrypted || channel.loopback || !policy.tls || policy.plaintext_logins;
}

// Whether TLS is there to be started.
constexpr bool may_start_tls(const Channel& channel, const LoginPolicy& policy) {
  return policy.tls && !channel.encrypted;
}

}  // namespace protocol
