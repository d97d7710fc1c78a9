#include "common/net/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/ip/address.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "common/net/endpoint_text.h"
#include "common/net/system_code.h"

namespace net {
namespace {

using Socket = asio::ip::tcp::socket;
using What = TlsSocket::Progress::What;

// A client that is slow at it is none.
constexpr std::chrono::seconds kHandshakeTime{60};

// What a client may send after the server's last word before it is cut off.
constexpr size_t kDrainOctets = size_t{1} << 20U;
constexpr std::chrono::seconds kDrainTime{2};

// A peer that vanished is found out within 40 + 4 × 10 = 80 seconds of silence.
constexpr int kSecondsBeforeProbes = 40;
constexpr int kSecondsBetweenProbes = 10;
constexpr int kProbes = 4;

// The same where the kernel sends no keepalives, since data of ours is under way: how often a wait
// is interrupted to look, and how long nothing at all may have come.
constexpr std::chrono::seconds kLookAtPeer{85};
constexpr uint32_t kSilentMilliseconds = 80'000;

// What the kernel takes of ours that it cannot send yet. By itself it takes megabytes for a client
// that reads nothing; what is on its way to one that reads does not count.
constexpr int kMostUnsentOctets = 256 * 1024;

// Failing is no error of its own: the socket of a client that is already gone refuses options, and
// reading from it will tell.
void set_option(Socket& socket, int level, int name, int value) {
  (void)::setsockopt(socket.native_handle(), level, name, &value, sizeof(value));
}

void prepare(Socket& socket) {
  std::error_code ignored;
  socket.non_blocking(true, ignored);
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, kMostUnsentOctets);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, kSecondsBeforeProbes);
  set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, kSecondsBetweenProbes);
  set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, kProbes);
}

std::string peer_of(const Socket& socket) {
  std::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  return error ? "gone" : to_text(endpoint);
}

bool would_block(const std::error_code& error) {
  return error == asio::error::would_block || error == asio::error::try_again;
}

Heard broken(const std::error_code& error) {
  return {.what = Heard::What::kBroken, .error = to_system_code(error)};
}

}  // namespace

Connection::Connection(Socket socket, IoThread& thread, uint64_t number, unsigned timeout_s)
    : Member(thread.deadlines()),
      thread_(thread),
      socket_(std::move(socket)),
      number_(number),
      timeout_(timeout_s),
      peer_(peer_of(socket_)) {
  prepare(socket_);
  thread_.connection_opened();
}

std::string_view Connection::peer_address() const {
  std::string_view address = peer_;
  address = address.substr(0, address.rfind(':'));
  if (address.starts_with('[')) address = address.substr(1, address.find_first_of("%]") - 1);
  return address;
}

Connection::~Connection() { thread_.connection_closing(); }

bool Connection::is_loopback() const {
  std::error_code error;
  const auto address = asio::ip::make_address(peer_address(), error);
  if (error) return false;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
  }
  return address.is_loopback();
}

asio::awaitable<std::error_code> Connection::start_tls(TlsContext& context) {
  tls_ = std::make_unique<TlsSocket>(context.current(), socket_.native_handle());
  for (;;) {
    const auto step = tls_->handshake();
    if (step.what == What::kDone) co_return std::error_code();
    if (step.what == What::kFailed) co_return step.error;
    if (step.what == What::kEnd) co_return std::make_error_code(std::errc::connection_reset);
    // A server that stops need not wait for it: nothing was promised yet.
    if (thread_.shutting_down()) co_return std::make_error_code(std::errc::operation_canceled);
    const auto error = co_await wait_for(step.what, std::min(timeout_, kHandshakeTime));
    if (error) co_return error;
  }
}

asio::awaitable<Heard> Connection::read(size_t max_octets) {
  for (auto wanted = What::kWantsRead;;) {
    if (thread_.shutting_down()) co_return Heard{Heard::What::kShutDown};
    if (!tls_ || !tls_->has_pending()) {
      const auto error = co_await wait_for(wanted, timeout_);
      if (error == std::errc::timed_out) co_return Heard{Heard::What::kTimeOut};
      if (thread_.shutting_down()) continue;
      if (error) co_return broken(error);
    }
    const auto whole = thread_.read_buffer();
    const auto buffer = whole.first(std::min(whole.size(), max_octets));
    const auto step = read_some(buffer);
    switch (step.what) {
      case What::kDone:
        co_return Heard{.what = Heard::What::kBytes, .bytes = {buffer.data(), step.octets}};
      case What::kEnd:
        input_ended_ = true;
        co_return Heard{Heard::What::kEndOfInput};
      case What::kFailed:
        co_return broken(step.error);
      case What::kWantsRead:
      case What::kWantsWrite:
        wanted = step.what;
        break;
    }
  }
}

asio::awaitable<std::error_code> Connection::write(std::string_view text) {
  while (!text.empty()) {
    const auto step = write_some(text);
    text.remove_prefix(step.octets);
    if (step.what == What::kDone) continue;
    if (step.what == What::kFailed) co_return step.error;
    if (step.what == What::kEnd) co_return std::make_error_code(std::errc::broken_pipe);
    const auto error = co_await wait_for(step.what, timeout_);
    if (error) co_return error;
  }
  co_return std::error_code();
}

TlsSocket::Progress Connection::read_some(std::span<char> buffer) {
  if (tls_) return tls_->read(buffer);
  std::error_code error;
  const size_t octets = socket_.read_some(asio::buffer(buffer.data(), buffer.size()), error);
  if (!error) return {What::kDone, octets};
  if (error == asio::error::eof) return {What::kEnd};
  if (would_block(error)) return {What::kWantsRead};
  return {What::kFailed, 0, to_system_code(error)};
}

TlsSocket::Progress Connection::write_some(std::string_view text) {
  if (tls_) return tls_->write(text);
  std::error_code error;
  const size_t octets = socket_.write_some(asio::buffer(text.data(), text.size()), error);
  if (!error) return {What::kDone, octets};
  if (would_block(error)) return {What::kWantsWrite};
  return {What::kFailed, 0, to_system_code(error)};
}

asio::awaitable<std::error_code> Connection::wait_for(What what, std::chrono::seconds at_most) {
  const bool to_read = what == What::kWantsRead;
  std::error_code error;
  interruptible_ = to_read;
  begin_wait(at_most);
  co_await socket_.async_wait(to_read ? Socket::wait_read : Socket::wait_write,
                              asio::redirect_error(asio::use_awaitable, error));
  interruptible_ = false;
  co_return wait_ended(error);
}

asio::awaitable<void> Connection::give_way() {
  co_await asio::post(socket_.get_executor(), asio::use_awaitable);
}

asio::awaitable<void> Connection::close() {
  if (tls_) tls_->say_end();
  std::error_code error;
  socket_.shutdown(Socket::shutdown_send, error);
  const auto buffer = thread_.read_buffer();
  size_t drained = 0;
  begin_wait(kDrainTime);
  while (!error && !input_ended_ && !timed_out_ && drained < kDrainOctets) {
    co_await socket_.async_wait(Socket::wait_read,
                                asio::redirect_error(asio::use_awaitable, error));
    if (error || timed_out_) break;
    drained += socket_.read_some(asio::buffer(buffer.data(), buffer.size()), error);
    if (would_block(error)) error.clear();
  }
  clear_deadline();
  socket_.close(error);
}

void Connection::begin_wait(std::chrono::seconds at_most) {
  const auto step = std::min(at_most, kLookAtPeer);
  left_ = at_most - step;
  set_deadline(step);
}

std::error_code Connection::wait_ended(std::error_code error) {
  clear_deadline();
  if (std::exchange(peer_dead_, false)) return std::make_error_code(std::errc::host_unreachable);
  if (std::exchange(timed_out_, false)) return std::make_error_code(std::errc::timed_out);
  return to_system_code(error);
}

void Connection::deadline_passed() {
  peer_dead_ = left_.count() > 0 && is_peer_dead();
  if (left_.count() > 0 && !peer_dead_) return begin_wait(left_);
  timed_out_ = !peer_dead_;
  std::error_code ignored;
  socket_.cancel(ignored);
}

void Connection::shut_down() {
  if (!interruptible_) return;  // read() will see it; everything else is seen through
  std::error_code ignored;
  socket_.cancel(ignored);
}

// After a wait of kLookAtPeer, in which nothing was written: what is not acknowledged yet was sent
// before it. A client that is alive and reads nothing answers the kernel's probes of its window.
bool Connection::is_peer_dead() {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (::getsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return false;
  const bool owes_an_answer = info.tcpi_unacked > 0 || info.tcpi_probes > 1;
  return owes_an_answer && info.tcpi_last_ack_recv >= kSilentMilliseconds;
}

}  // namespace net
