// A TCP server: listens, deals the connections to its I/O threads in turn, counts them, and ends on
// a signal without cutting short what was promised.
//
// The thread that calls run() is the first I/O thread and accepts; signals and the connections'
// count are its business alone.
#pragma once

#include <asio/ip/tcp.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/net/address_count.h"
#include "common/net/awaitable.h"
#include "common/net/connection.h"
#include "common/net/crowding.h"
#include "common/net/io_thread.h"
#include "common/net/listener.h"
#include "common/net/patience.h"
#include "common/net/service_manager.h"
#include "common/net/tls_context.h"

namespace net {

struct ServerSettings {
  // Listening sockets to take over; if there are any, the next two do not count.
  std::vector<PassedSocket> sockets;
  std::vector<std::string> addresses;  // IP addresses; none: 127.0.0.1 and ::1
  uint16_t port = 0;                   // 0: a free one
  // For connections that begin with the handshake; it needs `tls`. 0: a free one. Does not count if
  // a socket is passed for them.
  std::optional<uint16_t> tls_port;
  TlsContext* tls = nullptr;  // outlives the server; null: no TLS
  size_t io_threads = 1;
  size_t max_connections = 10'000;           // open at a time, if there are descriptors enough
  size_t max_connections_per_address = 100;  // of them; loopback addresses have no such limit
  bool count_loopback = false;               // they have it, too
  std::string refusal;                       // sent to one past them, with its line end
  Patience patience = {};
  unsigned shut_down_grace_s = 9;  // then what still runs is cut off
  // SIGHUP. Called on the thread that calls run(). It blocks it, so it is quick.
  std::function<void()> on_hangup = [] {};
};

class Server final : private Receptionist {
 public:
  // A whole session on this connection, whose beginning is logged, and the end is to be: see
  // session_log.h. Called, and run, on the connection's I/O thread.
  using Serve = std::function<Awaitable<void>(Connection&)>;

  Server(ServerSettings settings, Serve serve);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() override;

  // Opens the sockets, and says so on standard output, a line for each: `listening on
  // 127.0.0.1:2525`, behind it ` (TLS)` if connections begin with the handshake. The error is for a
  // person. Lowers the most connections to what there are descriptors for.
  std::expected<void, std::string> listen();
  std::vector<asio::ip::tcp::endpoint> endpoints() const;

  // Once. Serves until SIGTERM, SIGINT or shut_down(); returns when every session is over. What is
  // not over after the grace is cut off by ending the process, with status 0; a second signal that
  // comes more than a second after the first ends it at once, with 128 and its number.
  void run();

  // Stops accepting, ends every session that waits for its client, and lets the others finish what
  // they are at. From any thread, once run() is called or before.
  void shut_down();

 private:
  asio::io_context& next_context() override;
  void take(Socket socket, asio::io_context& context, Greeting greeting) override;
  void refuse(Socket& socket, const asio::ip::tcp::endpoint& peer, Greeting greeting,
              std::string_view limit) const;
  // The handshake first.
  Awaitable<void> serve_by_tls(Connection& connection);
  std::expected<void, std::string> take_over(Greeting greeting);
  std::expected<void, std::string> open(Greeting greeting, uint16_t port);
  void listen_on(std::vector<asio::ip::tcp::acceptor> sockets, Greeting greeting);
  // The number of open connections changes.
  void set_open(size_t open);
  void session_over(uint64_t number, const asio::ip::address& address,
                    const std::exception_ptr& failure);

  void begin_shut_down();
  void end_shut_down();
  Awaitable<void> obey_signals();
  Awaitable<void> obey_hangups();
  Awaitable<void> cut_off_late();

  const ServerSettings settings_;
  const Serve serve_;
  std::vector<std::unique_ptr<IoThread>> threads_;  // the first is run()'s caller
  std::vector<std::unique_ptr<Listener>> listeners_;
  asio::signal_set signals_;
  asio::signal_set hangups_;
  asio::steady_timer grace_;
  size_t next_thread_ = 0;  // the one named last
  uint64_t accepted_ = 0;
  size_t open_ = 0;  // connections
  size_t max_connections_ = 0;
  Crowding crowding_;
  AddressCount addresses_;
  bool shutting_down_ = false;
};

}  // namespace net
