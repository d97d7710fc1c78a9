// The server's side of one TLS connection on a non-blocking socket: each call does what can be done
// now and says what to wait for. It owns the TLS state, not the socket. One thread at a time.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "common/users/sasl_exchange.h"

namespace net {

// What TLS itself finds wrong, for the log: its message is OpenSSL's reason.
const std::error_category& tls_category();

class TlsSocket {
 public:
  struct Progress {
    enum class What {
      kDone,        // octets were moved, or the handshake is done
      kWantsRead,   // try again when the socket is readable
      kWantsWrite,  // or writable
      kEnd,         // the peer sends no more, whether or not it said so
      kFailed,      // see error
    };
    What what;
    size_t octets = 0;
    std::error_code error = {};
  };

  // `descriptor` stays open while it is used.
  TlsSocket(std::shared_ptr<SSL_CTX> context, int descriptor);

  Progress handshake();
  Progress read(std::span<char> buffer);
  Progress write(std::string_view text);  // not empty
  // Whether octets wait that a readable socket would not tell of. They may be a part of a record:
  // if read() then wants more, only the socket can bring it.
  bool has_pending() const;

  // Tells the peer that nothing more comes, if that can be done at once.
  void say_end();

  // After the handshake.
  users::ChannelBinding binding() const;
  std::string_view version() const;  // TLSv1.3
  std::string_view cipher() const;

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  Progress progress(int result, size_t octets);

  std::shared_ptr<SSL_CTX> context_;
  std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace net
