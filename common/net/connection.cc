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
#include <cstddef>
#include <cstdint>
#include <utility>

#include "common/net/awaitable.h"
#include "common/net/endpoint_text.h"
#include "common/net/system_code.h"
#include "common/net/tcp_progress.h"

namespace net {
namespace {

using What = TlsSocket::Progress::What;
using protocol::Awaited;

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

// A client that is too slow is found so late after the server became crowded.
constexpr std::chrono::seconds kLookAtCrowd{5};

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

Connection::Connection(Socket socket, IoThread& thread, uint64_t number, const Patience& patience,
                       const Crowding& crowding)
    : Member(thread.deadlines()),
      thread_(thread),
      socket_(std::move(socket)),
      number_(number),
      patience_(patience),
      crowding_(crowding),
      peer_(peer_of(socket_)),
      login_end_(Clock::now() + patience.login),
      pace_(patience.octets_a_second, patience.grace) {
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

Awaitable<std::error_code> Connection::start_tls(TlsContext& context) {
  tls_ = std::make_unique<TlsSocket>(context.current(), socket_.native_handle());
  const auto end = Clock::now() + patience_.handshake;
  for (;;) {
    const auto step = tls_->handshake();
    if (step.what == What::kDone) co_return std::error_code();
    if (step.what == What::kFailed) {
      co_await close();  // so that the alert that says why arrives
      co_return step.error;
    }
    if (step.what == What::kEnd) co_return std::make_error_code(std::errc::connection_reset);
    // A server that stops need not wait for it: nothing was promised yet.
    if (thread_.shutting_down()) co_return std::make_error_code(std::errc::operation_canceled);
    const auto error = co_await wait_for(step.what, end, Wait::kForClient);
    if (error) co_return error;
  }
}

void Connection::begin_read(size_t max_octets, Awaited awaited) {
  using State = Reading::State;
  reading_ = {.max_octets = max_octets, .end = end_of_patience(awaited), .awaited = awaited};
  // Of what TLS has already read the socket would not tell.
  if (tls_ && tls_->has_pending()) reading_.state = State::kMayRead;
}

std::optional<Heard> Connection::read_now() {
  using State = Reading::State;
  if (reading_.state == State::kWaited) {
    if (auto heard = heard_by_waiting()) return heard;
  }
  if (thread_.shutting_down()) return Heard{Heard::What::kShutDown};
  if (reading_.state != State::kBegun) {
    const auto whole = thread_.read_buffer();
    const auto buffer = whole.first(std::min(whole.size(), reading_.max_octets));
    const auto step = read_some(buffer);
    switch (step.what) {
      case What::kDone:
        return Heard{.what = Heard::What::kBytes, .bytes = {buffer.data(), step.octets}};
      case What::kEnd:
        input_ended_ = true;
        return Heard{Heard::What::kEndOfInput};
      case What::kFailed:
        return broken(step.error);
      case What::kWantsRead:
      case What::kWantsWrite:
        reading_.wanted = step.what;
        break;
    }
  }
  reading_.state = State::kWaited;
  const bool message = reading_.awaited == Awaited::kMessage;
  if (!begin_wait(reading_.end, message ? Wait::kForMessage : Wait::kForClient)) {
    return heard_by_waiting();
  }
  return std::nullopt;
}

std::optional<Heard> Connection::heard_by_waiting() {
  const auto error = wait_ended();
  if (error == std::errc::timed_out) return Heard{fault_of(reading_.awaited)};
  if (error && !thread_.shutting_down()) return broken(error);
  return std::nullopt;
}

Awaitable<void> Connection::readable() { return ready(reading_.wanted); }

Awaitable<std::error_code> Connection::write(std::string_view text) {
  while (!text.empty()) {
    const auto step = write_some(text);
    text.remove_prefix(step.octets);
    if (step.what == What::kDone) continue;
    if (step.what == What::kFailed) co_return step.error;
    if (step.what == What::kEnd) co_return std::make_error_code(std::errc::broken_pipe);
    const auto error = co_await wait_for(step.what, Clock::now() + patience_.idle, Wait::kToSend);
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

Awaitable<std::error_code> Connection::wait_for(What what, Clock::time_point end, Wait wait) {
  if (begin_wait(end, wait)) co_await ready(what);
  co_return wait_ended();
}

// Not a coroutine: each idle connection would have its frame.
Awaitable<void> Connection::ready(What what) {
  interruptible_ = wait_ != Wait::kToSend;
  return socket_.async_wait(what == What::kWantsRead ? Socket::wait_read : Socket::wait_write,
                            asio::redirect_error(kAwait, wait_error_));
}

Awaitable<void> Connection::give_way() { co_await asio::post(socket_.get_executor(), kAwait); }

Awaitable<void> Connection::close() {
  if (tls_) tls_->say_end();
  std::error_code error;
  socket_.shutdown(Socket::shutdown_send, error);
  const auto buffer = thread_.read_buffer();
  size_t drained = 0;
  (void)begin_wait(Clock::now() + kDrainTime, Wait::kForClient);  // it has time
  while (!error && !input_ended_ && !timed_out_ && drained < kDrainOctets) {
    co_await socket_.async_wait(Socket::wait_read, asio::redirect_error(kAwait, error));
    if (error || timed_out_) break;
    drained += socket_.read_some(asio::buffer(buffer.data(), buffer.size()), error);
    if (would_block(error)) error.clear();
  }
  clear_deadline();
  socket_.close(error);
}

bool Connection::begin_wait(Clock::time_point end, Wait wait) {
  const auto now = Clock::now();
  // Commands may come as slowly as they like, and between two messages the grace begins anew.
  if (wait == Wait::kForClient) pace_.restart();
  wait_ = wait;
  wait_end_ = end;
  look_at_peer_ = now + kLookAtPeer;
  counted_until_ = now;
  wait_error_.clear();
  timed_out_ = wait_end_ <= now || is_too_slow();
  if (!timed_out_) look_later(now);
  return !timed_out_;
}

void Connection::look_later(Clock::time_point now) {
  auto next = std::min(wait_end_, look_at_peer_);
  if (has_pace()) next = std::min(next, now + (pace_.is_spent() ? kLookAtCrowd : pace_.left()));
  set_deadline(std::chrono::ceil<std::chrono::seconds>(next - now));
}

std::error_code Connection::wait_ended() {
  interruptible_ = false;
  clear_deadline();
  if (has_pace()) count_pace(Clock::now());
  if (std::exchange(peer_dead_, false)) return std::make_error_code(std::errc::host_unreachable);
  if (std::exchange(timed_out_, false)) return std::make_error_code(std::errc::timed_out);
  return to_system_code(wait_error_);
}

void Connection::deadline_passed() {
  const auto now = Clock::now();
  if (has_pace()) count_pace(now);
  timed_out_ = is_too_slow() || now >= wait_end_;
  if (!timed_out_ && now >= look_at_peer_) {
    peer_dead_ = is_peer_dead();
    look_at_peer_ = now + kLookAtPeer;
  }
  if (!timed_out_ && !peer_dead_) return look_later(now);
  std::error_code ignored;
  socket_.cancel(ignored);
}

void Connection::count_pace(Clock::time_point now) {
  pace_.spend(now - counted_until_);
  counted_until_ = now;
}

// What the client moved is asked of the kernel only when it matters. Also for what is sent: a write
// ends when the kernel has taken it, which it does in pieces that a slow client takes minutes for.
bool Connection::is_too_slow() {
  if (!has_pace() || !pace_.is_spent() || !crowding_.is_half_full()) return false;
  const uint64_t moved = octets_moved(socket_.native_handle());
  pace_.earn(moved - std::exchange(moved_before_, moved));
  too_slow_ = pace_.is_spent();
  return too_slow_;
}

Connection::Clock::time_point Connection::end_of_patience(Awaited awaited) {
  const auto now = Clock::now();
  if (awaited == Awaited::kMessage) return now + patience_.data;
  if (std::exchange(new_command_, false)) command_end_ = now + patience_.idle;
  return awaited == Awaited::kLogin ? std::min(command_end_, login_end_) : command_end_;
}

Heard::What Connection::fault_of(Awaited awaited) const {
  if (too_slow_) return Heard::What::kTooSlow;
  if (awaited == Awaited::kMessage) return Heard::What::kDataTimeOut;
  const bool login_first = awaited == Awaited::kLogin && login_end_ <= command_end_;
  return login_first ? Heard::What::kLoginTimeOut : Heard::What::kTimeOut;
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
