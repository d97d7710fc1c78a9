#include "common/net/listener.h"

#include <asio/redirect_error.hpp>
#include <chrono>
#include <utility>

#include "common/log.h"
#include "common/net/awaitable.h"
#include "common/net/system_code.h"

namespace net {
namespace {

constexpr std::chrono::milliseconds kPause{100};

// The connection went wrong before it was accepted; the next one need not. Every other error is
// taken for one of ours: out of descriptors (EMFILE, ENFILE) or memory (ENOBUFS, ENOMEM).
bool is_about_the_connection(const std::error_code& error) {
  using enum std::errc;
  return error == connection_aborted || error == connection_reset || error == interrupted ||
         error == protocol_error || error == network_down || error == network_unreachable ||
         error == host_unreachable || error == no_protocol_option || error == timed_out ||
         error == operation_not_permitted || error == resource_unavailable_try_again;
}

}  // namespace

Listener::Listener(asio::ip::tcp::acceptor acceptor, Greeting greeting, Receptionist& receptionist)
    : acceptor_(std::move(acceptor)),
      pause_(acceptor_.get_executor()),
      greeting_(greeting),
      receptionist_(receptionist) {}

Awaitable<void> Listener::accept_all() {
  bool short_of_something = false;
  while (acceptor_.is_open()) {
    std::error_code error;
    auto& context = receptionist_.next_context();
    auto socket = co_await acceptor_.async_accept(context, asio::redirect_error(kAwait, error));
    if (!acceptor_.is_open()) break;
    if (!error) {
      short_of_something = false;
      receptionist_.take(std::move(socket), context, greeting_);
      continue;
    }
    error = to_system_code(error);
    if (is_about_the_connection(error)) continue;
    if (!std::exchange(short_of_something, true)) {
      logging::warning("accepting-paused", {{"reason", error}});
    }
    pause_.expires_after(kPause);
    co_await pause_.async_wait(asio::redirect_error(kAwait, error));
  }
}

void Listener::close() {
  std::error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

asio::ip::tcp::endpoint Listener::endpoint() const {
  std::error_code ignored;
  return acceptor_.local_endpoint(ignored);
}

}  // namespace net
