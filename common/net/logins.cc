#include "common/net/logins.h"

#include <asio/co_spawn.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

#include "common/log.h"

namespace net {

using protocol::AuthOutcome;
using std::chrono::steady_clock;

Logins::~Logins() { threads_.join(); }

asio::awaitable<AuthOutcome> Logins::check(users::Login& login,
                                           const protocol::Authenticate& action,
                                           const users::ChannelBinding& binding) {
  co_return login.step(action, binding);
}

asio::awaitable<AuthOutcome> Logins::check_elsewhere(users::Login& login,
                                                     const protocol::Authenticate& action,
                                                     const users::ChannelBinding& binding) {
  if (waiting_.fetch_add(1) >= kMostWaiting) {
    --waiting_;
    co_return protocol::Unavailable{};
  }
  auto outcome =
      co_await asio::co_spawn(threads_, check(login, action, binding), asio::use_awaitable);
  --waiting_;
  co_return outcome;
}

asio::awaitable<AuthOutcome> ConnectionLogins::step(const protocol::Authenticate& action) {
  const users::ChannelBinding binding =
      connection_.tls() == nullptr ? users::ChannelBinding() : connection_.tls()->binding();
  // No co_await in a conditional expression: GCC 12 destroys its temporaries twice.
  AuthOutcome outcome;
  if (login_.is_quick(action)) {
    outcome = login_.step(action, binding);
  } else {
    outcome = co_await logins_.check_elsewhere(login_, action, binding);
  }
  if (std::holds_alternative<protocol::Challenge>(outcome)) co_return outcome;
  if (std::holds_alternative<protocol::Unavailable>(outcome)) {
    logging::warning("login-unavailable", {{"session", connection_.number()},
                                           {"peer", connection_.peer()},
                                           {"reason", "too many are being checked"}});
    co_return outcome;
  }
  const bool throttled = logins_.throttle_loopback_ || !connection_.is_loopback();
  const std::string_view address = connection_.peer_address();
  const std::string account = login_.account();
  const auto now = steady_clock::now();
  // Whether the password was right is not told to one who has to wait.
  if (const auto wait = logins_.guesses_.wait(address, account, now);
      throttled && wait.count() > 0) {
    logging::warning("login-unavailable", {{"session", connection_.number()},
                                           {"user", login_.name()},
                                           {"peer", connection_.peer()},
                                           {"reason", "too many wrong passwords"},
                                           {"seconds", wait.count()}});
    co_return protocol::Unavailable{};
  }
  if (std::holds_alternative<protocol::Accepted>(outcome)) {
    logins_.guesses_.right(address, account);
    co_return outcome;
  }
  logging::warning(
      "login-refused",
      {{"session", connection_.number()}, {"user", login_.name()}, {"peer", connection_.peer()}});
  if (throttled) {
    logins_.guesses_.wrong(address, account, login_.wrong_password(), now);
    asio::steady_timer delay(connection_.executor(), Logins::kDelay);
    std::error_code ignored;
    co_await delay.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  co_return outcome;
}

}  // namespace net
