#include "tests/bench/mailbench/connection.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace bench {

void Connection::open() {
  close();
  const auto socket = server_.connect();
  if (!socket) return break_off(socket.error());
  socket_ = *socket;
  connected_ = false;
  writable_wanted_ = true;  // connected, that is
  loop_.add(socket_, *this);
}

void Connection::close() {
  tls_.reset();
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  commands_.clear();
  text_ = {};
}

void Connection::send(std::string_view commands, std::string_view text) {
  commands_ += commands;
  text_ = text;
  if (connected_) write();
}

void Connection::start_tls(const TlsContext& context) {
  tls_.emplace(context, socket_);
  shake_hands();
}

// Whether it is done.
bool Connection::shake_hands() {
  if (tls_->handshake() == 0) {
    secured();
    return true;
  }
  // What a client says in it is short: it never waits for room to send.
  if (errno != EAGAIN) break_off(errno);
  return false;
}

ssize_t Connection::send_some() {
  if (tls_) return tls_->send(commands_, text_);
  std::array<iovec, 2> parts{
      {{commands_.data(), commands_.size()}, {const_cast<char*>(text_.data()), text_.size()}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  return sendmsg(socket_, &message, MSG_NOSIGNAL);
}

void Connection::write() {
  while (!all_written()) {
    const ssize_t sent = send_some();
    if (sent < 0 && errno == EAGAIN) break;
    if (sent < 0) return break_off(errno);
    const size_t of_commands = std::min(commands_.size(), static_cast<size_t>(sent));
    commands_.erase(0, of_commands);
    text_.remove_prefix(static_cast<size_t>(sent) - of_commands);
  }
  if (writable_wanted_ == all_written()) {
    writable_wanted_ = !writable_wanted_;
    loop_.set_writable_wanted(socket_, *this, writable_wanted_);
  }
}

void Connection::ready() {
  if (!connected_) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
    if (error != 0) return break_off(error);
    connected_ = true;
  }
  if (tls_ && !tls_->established() && !shake_hands()) return;
  if (!is_open()) return;
  if (writable_wanted_) write();
  if (!is_open()) return;
  const auto buffer = loop_.buffer();
  // What a record holds is there at once or not at all: nothing stays behind that epoll knows not
  // of.
  const ssize_t got = tls_ ? tls_->receive(buffer) : recv(socket_, buffer.data(), buffer.size(), 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) return break_off(got < 0 ? errno : 0);
  receive({buffer.data(), static_cast<size_t>(got)});
}

void Connection::break_off(int error) {
  close();
  lost(error == 0 ? "the server closed the connection" : std::generic_category().message(error));
}

}  // namespace bench
