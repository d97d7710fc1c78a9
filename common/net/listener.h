// One listening socket at work: accepts connections for as long as it is open, whatever happens.
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <system_error>

#include "common/net/awaitable.h"

namespace net {

// How connections to a socket begin: in the clear, or with the TLS handshake (RFC 8314).
enum class Greeting { kClear, kTls };

// Who gets the connections.
class Receptionist {
 public:
  virtual ~Receptionist() = default;
  // The context that the asker's next connection is to belong to.
  virtual asio::io_context& next_context() = 0;
  // A connection that belongs to `context`, which next_context() has named. Others may have asked
  // meanwhile.
  virtual void take(Socket socket, asio::io_context& context, Greeting greeting) = 0;
};

// Used on the thread of the socket's context, but for its construction.
class Listener {
 public:
  // `receptionist` outlives the Listener.
  Listener(asio::ip::tcp::acceptor acceptor, Greeting greeting, Receptionist& receptionist);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() = default;

  // Accepts until close(). Out of descriptors or memory it pauses for 100 ms at a time: the
  // connections wait in the kernel meanwhile.
  Awaitable<void> accept_all();

  void close();

  asio::ip::tcp::endpoint endpoint() const;
  Greeting greeting() const { return greeting_; }

 private:
  asio::ip::tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  const Greeting greeting_;
  Receptionist& receptionist_;
};

}  // namespace net
