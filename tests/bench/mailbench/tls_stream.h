// TLS on a client's socket, by OpenSSL. Always a full handshake of TLS 1.3 with the same key
// exchange and the same cipher, so that every server has the same work with it. Nobody is
// authenticated: the server is on this machine.
#pragma once

#include <openssl/ssl.h>
#include <sys/types.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace bench {

// What all connections of a run share.
class TlsContext {
 public:
  // Throws std::runtime_error where OpenSSL cannot do that.
  TlsContext();

 private:
  friend class TlsStream;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
};

// The client's side of one connection. Its functions return what those of sockets do: -1 and
// errno, which is EAGAIN where more must come from the server first (or be taken by it).
class TlsStream {
 public:
  // `socket`: connected, non-blocking, and open as long as this is used.
  TlsStream(const TlsContext& context, int socket);

  // 0: it is done.
  int handshake();
  bool established() const { return SSL_is_init_finished(stream_.get()) == 1; }

  // How many octets of both were taken, which may be fewer than there are.
  ssize_t send(std::string_view first, std::string_view second);
  // 0: the server closed the connection.
  ssize_t receive(std::span<char> buffer);

 private:
  int outcome(int returned);

  std::unique_ptr<SSL, decltype(&SSL_free)> stream_;
  std::string record_;  // what goes out together
};

}  // namespace bench
