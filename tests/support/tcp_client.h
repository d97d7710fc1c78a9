// A blocking TCP client for tests. Faults of the connection end reading, as the end of input does.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace support {

class TcpClient {
 public:
  TcpClient() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) { EXPECT_GE(socket_, 0); }
  explicit TcpClient(uint16_t port) : TcpClient() { connect(port); }
  TcpClient(const TcpClient&) = delete;
  TcpClient& operator=(const TcpClient&) = delete;
  ~TcpClient() {
    if (socket_ >= 0) ::close(socket_);
  }

  int socket() const { return socket_; }

  // To 127.0.0.1.
  void connect(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }

  // False: the server is gone.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t octets = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (octets < 0) return false;
      text.remove_prefix(static_cast<size_t>(octets));
    }
    return true;
  }
  void end_input() { ::shutdown(socket_, SHUT_WR); }

  // Closes with a reset.
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    ::close(socket_);
    socket_ = -1;
  }

  // The next line without its LF; what there is when the input ends.
  std::string read_line() {
    for (;;) {
      const size_t lf = input_.find('\n');
      if (lf != std::string::npos) {
        const std::string line = input_.substr(0, lf);
        input_.erase(0, lf + 1);
        return line;
      }
      if (!read_more()) return std::exchange(input_, {});
    }
  }
  // All that is left; then ends its own input, as clients do.
  std::string read_to_end() {
    while (read_more()) {
    }
    end_input();
    return std::exchange(input_, {});
  }

 private:
  bool read_more() {
    std::array<char, 16384> buffer;
    const ssize_t octets = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (octets <= 0) return false;
    input_.append(buffer.data(), static_cast<size_t>(octets));
    return true;
  }

  int socket_;
  std::string input_;
};

}  // namespace support
