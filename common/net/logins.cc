#include "common/net/logins.h"

#include <asio/co_spawn.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

#include "common/log.h"
#include "common/net/awaitable.h"

namespace net {

using protocol::AuthOutcome;
using std::chrono::steady_clock;

namespace {

// In the queue, for as long as it lives.
class Place {
 public:
  explicit Place(std::atomic<size_t>& taken) : taken_(taken), number_(++taken) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { --taken_; }

  size_t number() const { return number_; }

 private:
  std::atomic<size_t>& taken_;
  const size_t number_;
};

}  // namespace

Logins::~Logins() { threads_.join(); }

Logins::OnThePool Logins::check(users::Login& login, const protocol::Authenticate& action,
                                const users::ChannelBinding& binding) {
  co_return login.step(action, binding);
}

Awaitable<AuthOutcome> Logins::check_elsewhere(users::Login& login,
                                               const protocol::Authenticate& action,
                                               const users::ChannelBinding& binding) {
  const Place place(waiting_);
  if (place.number() > most_waiting_) co_return protocol::Unavailable{};
  co_return co_await asio::co_spawn(threads_, check(login, action, binding), kAwait);
}

bool ConnectionLogins::has_to_wait(std::string_view name) {
  if (!is_throttled()) return false;
  const auto wait = logins_.guesses_.wait(connection_.peer_address(), login_->account_of(name),
                                          steady_clock::now());
  if (wait.count() == 0) return false;
  logging::warning("login-unavailable", {{"session", connection_.number()},
                                         {"user", name},
                                         {"peer", connection_.peer()},
                                         {"reason", "too many wrong passwords"},
                                         {"seconds", wait.count()}});
  return true;
}

Awaitable<void> ConnectionLogins::hold_up() {
  asio::steady_timer delay(connection_.executor(), Logins::kDelay);
  std::error_code ignored;
  co_await delay.async_wait(asio::redirect_error(kAwait, ignored));
}

Awaitable<AuthOutcome> ConnectionLogins::step(const protocol::Authenticate& action) {
  if (!login_) login_ = std::make_unique<users::Login>(logins_.users_, logins_.hash_);
  // No guess: nothing was tried.
  if (std::holds_alternative<protocol::SaslCancelled>(action.step)) {
    co_return login_->step(action, {});
  }
  // Who has to wait costs no hash, where the name is known before.
  const auto* credentials = std::get_if<protocol::Credentials>(&action.step);
  if (credentials != nullptr && has_to_wait(credentials->user)) {
    co_await hold_up();
    co_return protocol::Unavailable{};
  }
  const users::ChannelBinding binding =
      connection_.tls() == nullptr ? users::ChannelBinding() : connection_.tls()->binding();
  auto quick = login_->quick_step(action, binding);
  if (!quick) quick = co_await logins_.check_elsewhere(*login_, action, binding);
  const AuthOutcome outcome = *std::move(quick);
  if (std::holds_alternative<protocol::Challenge>(outcome)) co_return outcome;
  if (std::holds_alternative<protocol::Unavailable>(outcome)) {
    logging::warning("login-unavailable", {{"session", connection_.number()},
                                           {"peer", connection_.peer()},
                                           {"reason", "too many are being checked"}});
    co_return outcome;
  }
  // Whether the password was right is not told to one who has to wait.
  if (has_to_wait(login_->name())) {
    co_await hold_up();
    co_return protocol::Unavailable{};
  }
  const std::string_view address = connection_.peer_address();
  if (std::holds_alternative<protocol::Accepted>(outcome)) {
    logins_.guesses_.right(address, login_->account());
    co_return outcome;
  }
  logging::warning(
      "login-refused",
      {{"session", connection_.number()}, {"user", login_->name()}, {"peer", connection_.peer()}});
  if (is_throttled()) {
    logins_.guesses_.wrong(address, login_->account(), login_->wrong_password(),
                           steady_clock::now());
    co_await hold_up();
  }
  co_return outcome;
}

}  // namespace net
