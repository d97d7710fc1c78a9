// A net::Server on a thread of its own and a free port of 127.0.0.1, stopped at the end.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <thread>
#include <utility>

#include "common/net/server.h"

namespace support {

class RunningServer {
 public:
  explicit RunningServer(net::Server::Serve serve) : server_(settings(), std::move(serve)) {
    const auto listening = server_.listen();
    EXPECT_TRUE(listening.has_value()) << listening.error();
    thread_ = std::thread([this] { server_.run(); });
  }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;
  ~RunningServer() { stop(); }

  uint16_t port() const { return server_.endpoints().front().port(); }
  void shut_down() { server_.shut_down(); }
  // Every session is over when it returns.
  void stop() {
    if (!thread_.joinable()) return;
    server_.shut_down();
    thread_.join();
  }

 private:
  static net::ServerSettings settings() {
    net::ServerSettings settings;
    settings.addresses = {"127.0.0.1"};
    return settings;
  }

  net::Server server_;
  std::thread thread_;
};

}  // namespace support
