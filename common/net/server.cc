#include "common/net/server.h"

#include <algorithm>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <chrono>
#include <csignal>
#include <iostream>
#include <system_error>
#include <thread>
#include <utility>

#include "common/log.h"
#include "common/net/awaitable.h"
#include "common/net/endpoint_text.h"
#include "common/net/listening_sockets.h"
#include "common/net/process.h"
#include "common/net/session_log.h"

namespace net {
namespace {

using asio::ip::tcp;

// Within it a second signal is the first one once more: a shell and a supervisor both send one.
constexpr std::chrono::seconds kSameSignal{1};

constexpr int kSignalStatus = 128;  // and the signal's number: how shells name such an end

std::vector<std::unique_ptr<IoThread>> make_threads(size_t count) {
  std::vector<std::unique_ptr<IoThread>> threads;
  while (threads.size() < count) threads.push_back(std::make_unique<IoThread>());
  return threads;
}

std::string what_failed(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "unknown";
  }
}

constexpr std::string_view kPassItToo =
    " (the other sockets were passed: have this one passed too, named tls)";

bool is_for_tls(const PassedSocket& socket) { return socket.name == "tls"; }

// A task of the server's own that ends by an exception ends the process.
void end_loudly(const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

Server::Server(ServerSettings settings, Serve serve)
    : settings_(std::move(settings)),
      serve_(std::move(serve)),
      threads_(make_threads(settings_.io_threads)),
      signals_(threads_.front()->context(), SIGTERM, SIGINT),
      hangups_(threads_.front()->context(), SIGHUP),
      grace_(threads_.front()->context()),
      addresses_(settings_.max_connections_per_address, settings_.count_loopback) {}

Server::~Server() = default;

std::expected<void, std::string> Server::listen() {
  const bool passed = !settings_.sockets.empty();
  const auto in_the_clear =
      passed ? take_over(Greeting::kClear) : open(Greeting::kClear, settings_.port);
  if (!in_the_clear) return in_the_clear;
  if (std::ranges::any_of(settings_.sockets, is_for_tls)) {
    if (auto taken = take_over(Greeting::kTls); !taken) return taken;
  } else if (settings_.tls_port) {
    if (auto opened = open(Greeting::kTls, *settings_.tls_port); !opened) {
      return std::unexpected(opened.error() + (passed ? std::string(kPassItToo) : ""));
    }
  }
  max_connections_ = connections_that_fit(settings_.max_connections);
  for (const auto& listener : listeners_) {
    const std::string_view tls = listener->greeting() == Greeting::kTls ? " (TLS)" : "";
    std::cout << "listening on " << to_text(listener->endpoint()) << tls << '\n' << std::flush;
  }
  return {};
}

// Those of the passed sockets whose connections begin so.
std::expected<void, std::string> Server::take_over(Greeting greeting) {
  std::vector<int> descriptors;
  for (const auto& socket : settings_.sockets) {
    if (is_for_tls(socket) == (greeting == Greeting::kTls))
      descriptors.push_back(socket.descriptor);
  }
  if (greeting == Greeting::kTls && settings_.tls == nullptr) {
    return std::unexpected("descriptor " + std::to_string(descriptors.front()) +
                           ", which was passed to listen on, is named tls, and there is no "
                           "certificate (name it by --tls-cert and --tls-key)");
  }
  auto sockets = take_over_sockets(threads_.front()->context(), descriptors);
  if (!sockets) return std::unexpected(sockets.error());
  listen_on(*std::move(sockets), greeting);
  return {};
}

std::expected<void, std::string> Server::open(Greeting greeting, uint16_t port) {
  auto sockets = open_listening_sockets(threads_.front()->context(), settings_.addresses, port);
  if (!sockets) return std::unexpected(sockets.error());
  listen_on(*std::move(sockets), greeting);
  return {};
}

void Server::listen_on(std::vector<tcp::acceptor> sockets, Greeting greeting) {
  Receptionist& receptionist = *this;
  for (auto& socket : sockets) {
    listeners_.push_back(std::make_unique<Listener>(std::move(socket), greeting, receptionist));
  }
}

std::vector<tcp::endpoint> Server::endpoints() const {
  std::vector<tcp::endpoint> endpoints;
  endpoints.reserve(listeners_.size());
  for (const auto& listener : listeners_) endpoints.push_back(listener->endpoint());
  return endpoints;
}

void Server::run() {
  const SignalsTaken signals;
  auto& context = threads_.front()->context();
  for (const auto& listener : listeners_) {
    asio::co_spawn(context, listener->accept_all(), end_loudly);
  }
  asio::co_spawn(context, obey_signals(), end_loudly);
  asio::co_spawn(context, obey_hangups(), end_loudly);
  {
    std::vector<std::jthread> others;
    for (size_t i = 1; i < threads_.size(); ++i) {
      others.emplace_back([&thread = *threads_[i]] { thread.run(); });
    }
    threads_.front()->run();
  }
  logging::info("stopped");
}

void Server::shut_down() {
  asio::post(threads_.front()->context(), [this] { begin_shut_down(); });
}

asio::io_context& Server::next_context() {
  next_thread_ = (next_thread_ + 1) % threads_.size();
  return threads_[next_thread_]->context();
}

void Server::take(Socket socket, asio::io_context& context, Greeting greeting) {
  std::error_code error;
  const auto peer = socket.remote_endpoint(error);  // of one that is gone already: 0.0.0.0
  if (open_ >= max_connections_) return refuse(socket, peer, greeting, "all");
  if (!addresses_.add(peer.address())) return refuse(socket, peer, greeting, "address");
  IoThread& thread =
      **std::ranges::find(threads_, &context, [](const auto& one) { return &one->context(); });
  const uint64_t number = ++accepted_;
  set_open(open_ + 1);
  // Run on the connection's thread. Itself no coroutine: each idle connection would have its frame.
  auto serve_one = [this, socket = std::move(socket), &thread, number, greeting,
                    connection = std::unique_ptr<Connection>()]() mutable {
    connection = std::make_unique<Connection>(std::move(socket), thread, number, settings_.patience,
                                              crowding_);
    log_connected(*connection);
    return greeting == Greeting::kTls ? serve_by_tls(*connection) : serve_(*connection);
  };
  asio::co_spawn(thread.context(), std::move(serve_one),
                 [this, number, address = peer.address()](const std::exception_ptr& failure) {
                   asio::post(threads_.front()->context(), [this, number, address, failure] {
                     session_over(number, address, failure);
                   });
                 });
}

// Says it once, into the empty buffer of a new socket, and does not wait for anything.
void Server::refuse(Socket& socket, const tcp::endpoint& peer, Greeting greeting,
                    std::string_view limit) const {
  logging::warning("connection-refused",
                   {{"peer", to_text(peer)}, {"limit", limit}, {"open", open_}});
  std::error_code error;
  socket.non_blocking(true, error);
  // Who expects a handshake would not understand it.
  if (!error && greeting == Greeting::kClear)
    socket.write_some(asio::buffer(settings_.refusal), error);
  socket.shutdown(Socket::shutdown_send, error);
}

Awaitable<void> Server::serve_by_tls(Connection& connection) {
  const auto error = co_await connection.start_tls(*settings_.tls);
  log_handshake(connection, error);
  if (error) {
    log_end(connection, {SessionEnd::Why::kTlsFailed, error}, {});
    co_return;
  }
  co_await serve_(connection);
}

void Server::set_open(size_t open) {
  open_ = open;
  crowding_.set_open(open_, max_connections_);
}

void Server::session_over(uint64_t number, const asio::ip::address& address,
                          const std::exception_ptr& failure) {
  // Only what is out of memory or a bug throws; it costs that one session.
  if (failure) {
    logging::error("session-failed", {{"session", number}, {"reason", what_failed(failure)}});
  }
  set_open(open_ - 1);
  addresses_.remove(address);
  if (shutting_down_ && open_ == 0) end_shut_down();
}

void Server::begin_shut_down() {
  if (std::exchange(shutting_down_, true)) return;
  logging::info("stopping", {{"open", open_}});
  for (const auto& listener : listeners_) listener->close();
  for (const auto& thread : threads_) thread->shut_down();
  if (open_ == 0) {
    end_shut_down();
  } else {
    grace_.expires_after(std::chrono::seconds(settings_.shut_down_grace_s));
    asio::co_spawn(threads_.front()->context(), cut_off_late(), end_loudly);
  }
}

void Server::end_shut_down() {
  grace_.cancel();
  std::error_code ignored;
  signals_.cancel(ignored);
  hangups_.cancel(ignored);
}

Awaitable<void> Server::obey_signals() {
  using Clock = std::chrono::steady_clock;
  Clock::time_point first{};
  while (!shutting_down_ || open_ > 0) {
    std::error_code error;
    const int signal = co_await signals_.async_wait(asio::redirect_error(kAwait, error));
    if (error) co_return;
    if (first == Clock::time_point{}) {
      first = Clock::now();
      begin_shut_down();
    } else if (Clock::now() - first > kSameSignal) {
      logging::warning("stopped-at-once", {{"open", open_}});
      end_process(kSignalStatus + signal);
    }
  }
}

Awaitable<void> Server::obey_hangups() {
  while (!shutting_down_ || open_ > 0) {
    std::error_code error;
    co_await hangups_.async_wait(asio::redirect_error(kAwait, error));
    if (error) co_return;
    settings_.on_hangup();
  }
}

Awaitable<void> Server::cut_off_late() {
  std::error_code error;
  co_await grace_.async_wait(asio::redirect_error(kAwait, error));
  if (error) co_return;
  logging::warning("stopped-late", {{"open", open_}});
  end_process(0);
}

}  // namespace net
