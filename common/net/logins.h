// Logins as both servers check them: the steps that hash run on threads of their own, since each
// takes up to tens of milliseconds of CPU; who guesses waits; what is refused is logged.
#pragma once

#include <asio/thread_pool.hpp>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

#include "common/net/awaitable.h"
#include "common/net/connection.h"
#include "common/protocol/action.h"
#include "common/users/guess_limit.h"
#include "common/users/keyed_hash.h"
#include "common/users/login.h"
#include "common/users/user_db.h"

namespace net {

// What all connections share. Any thread.
class Logins {
 public:
  // So many may wait to be checked; one more is answered at once that it cannot be done now.
  static constexpr size_t kMostWaiting = 1000;
  // What a wrong password costs its client, whether or not it was tried before, and a try before
  // its time.
  static constexpr std::chrono::milliseconds kDelay{500};

  // `users` outlives it. `throttle_loopback`: clients on this machine wait as others do.
  Logins(users::UserSource& users, bool throttle_loopback, size_t most_waiting = kMostWaiting)
      : users_(users), throttle_loopback_(throttle_loopback), most_waiting_(most_waiting) {}
  Logins(const Logins&) = delete;
  Logins& operator=(const Logins&) = delete;
  // Waits for the steps under way.
  ~Logins();

 private:
  friend class ConnectionLogins;
  using OnThePool = asio::awaitable<protocol::AuthOutcome, asio::thread_pool::executor_type>;

  static OnThePool check(users::Login& login, const protocol::Authenticate& action,
                         const users::ChannelBinding& binding);
  Awaitable<protocol::AuthOutcome> check_elsewhere(users::Login& login,
                                                   const protocol::Authenticate& action,
                                                   const users::ChannelBinding& binding);

  users::UserSource& users_;
  const bool throttle_loopback_;
  const size_t most_waiting_;
  const users::KeyedHash hash_;
  users::GuessLimit guesses_;
  std::atomic<size_t> waiting_ = 0;
  asio::thread_pool threads_{1};
};

// Those of one connection, on its thread.
class ConnectionLogins {
 public:
  // Both outlive it.
  ConnectionLogins(Logins& logins, Connection& connection)
      : logins_(logins), connection_(connection) {}

  // One step, as a session's handler does it.
  Awaitable<protocol::AuthOutcome> step(const protocol::Authenticate& action);

 private:
  bool is_throttled() const { return logins_.throttle_loopback_ || !connection_.is_loopback(); }
  // Says so in the log.
  bool has_to_wait(std::string_view name);
  Awaitable<void> hold_up();

  Logins& logins_;
  Connection& connection_;
  std::unique_ptr<users::Login> login_;  // from the first step on
};

}  // namespace net
