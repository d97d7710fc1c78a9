// Opens many connections to a server, waits for each one's greeting, and holds them: idle, as most
// connections of mail clients are.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/mailbench/endpoint.h"
#include "tests/bench/mailbench/event_loop.h"
#include "tests/bench/mailbench/latencies.h"
#include "tests/bench/mailbench/server_usage.h"

namespace bench {

class IdleLoad {
 public:
  struct Settings {
    size_t connections;
    size_t at_once;  // connections that wait for their greeting at a time
    std::chrono::nanoseconds hold;
    std::chrono::nanoseconds give_up;
  };

  struct Result {
    size_t accepted;           // greeted
    size_t held;               // of these still open at the end
    double seconds_to_accept;  // from the first connect to the last greeting
    Latencies latencies;       // from connect to greeting
    uint64_t errors;
    std::string first_error;
    ServerUsage::Sample usage;  // CPU until all were accepted, memory at the end
  };

  // All three outlive it.
  IdleLoad(EventLoop& loop, Endpoint& server, const ServerUsage& usage);
  ~IdleLoad();

  Result run(const Settings& settings);

 private:
  class Client;
  void turn(Clock::time_point until);
  bool in_time(Clock::time_point give_up, const char* what);

  EventLoop& loop_;
  Endpoint& server_;
  const ServerUsage& usage_;
  std::vector<std::unique_ptr<Client>> clients_;
  size_t waiting_ = 0;  // for their greeting
  Clock::time_point last_accepted_;
  Result result_{};
};

}  // namespace bench
