// A net::Server of EchoSessions on a thread of its own.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <thread>
#include <utility>

#include "common/net/awaitable.h"
#include "common/net/server.h"
#include "common/net/session_driver.h"
#include "common/store/done.h"
#include "tests/common/net/echo_session.h"
#include "tests/support/channel.h"

namespace net {

inline ServerSettings echo_settings() {
  ServerSettings settings;
  settings.addresses = {"127.0.0.1"};
  settings.refusal = "no\n";
  return settings;
}

class EchoServer {
 public:
  // Begins the slow action; by default it is done at once.
  using Start = std::function<void(store::Done<void>)>;

  explicit EchoServer(
      ServerSettings settings = echo_settings(),
      Start start = [](store::Done<void> done) { done({}); })
      : start_(std::move(start)),
        tls_(settings.tls),
        server_(std::move(settings), [this](Connection& connection) { return serve(connection); }) {
    const auto listening = server_.listen();
    EXPECT_TRUE(listening.has_value()) << listening.error();
    thread_ = std::thread([this] { server_.run(); });
  }
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;
  ~EchoServer() { stop(); }

  // What the sessions wait for: set before the first connection.
  protocol::Awaited awaited = protocol::Awaited::kCommand;

  uint16_t port() const { return server_.endpoints().front().port(); }
  // Where connections begin with TLS, if there is such a port.
  uint16_t tls_port() const { return server_.endpoints().back().port(); }
  void shut_down() { server_.shut_down(); }
  // Waits for its end.
  void join() { thread_.join(); }
  void stop() {
    if (!thread_.joinable()) return;
    shut_down();
    join();
  }

  // How the sessions ended, one after the other.
  support::Channel<SessionEnd>& ends() { return ends_; }

 private:
  Awaitable<void> serve(Connection& connection) {
    EchoSession session;
    session.awaited = awaited;
    EchoHandler handler(session, start_, tls_);
    SessionDriver driver(connection, session, handler);
    while (!driver.is_over()) co_await driver.go_on();
    ends_.put(driver.end());
  }

  Start start_;
  TlsContext* tls_;
  support::Channel<SessionEnd> ends_;
  Server server_;
  std::thread thread_;
};

}  // namespace net
