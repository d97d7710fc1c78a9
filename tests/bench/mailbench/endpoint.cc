#include "tests/bench/mailbench/endpoint.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace bench {
namespace {

constexpr uint32_t kLastSource = INADDR_LOOPBACK + 200;

}  // namespace

std::expected<Endpoint, std::string> Endpoint::loopback(const std::string& address, uint16_t port) {
  Endpoint endpoint;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  if (inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1 &&
      (ntohl(v4.sin_addr.s_addr) >> 24) == 127) {
    std::memcpy(&endpoint.address_, &v4, sizeof v4);
    endpoint.length_ = sizeof v4;
  } else if (inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1 &&
             IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr)) {
    std::memcpy(&endpoint.address_, &v6, sizeof v6);
    endpoint.length_ = sizeof v6;
  } else {
    return std::unexpected(address + " is no loopback address (127.0.0.0/8 or ::1)");
  }
  return endpoint;
}

std::expected<int, int> Endpoint::connect() {
  for (;;) {
    const int socket =
        ::socket(address_.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (socket < 0) return std::unexpected(errno);
    const int failure = try_connect(socket);
    if (failure == 0) return socket;
    ::close(socket);
    if (failure != EADDRNOTAVAIL || address_.ss_family != AF_INET || source_ == kLastSource) {
      return std::unexpected(failure);
    }
    ++source_;
  }
}

int Endpoint::try_connect(int socket) const {
  const int on = 1;
  if (setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) return errno;
  if (source_ != INADDR_LOOPBACK) {
    sockaddr_in source{};
    source.sin_family = AF_INET;
    source.sin_addr.s_addr = htonl(source_);
    // The port is chosen at connect(), where it may be one that another destination uses too.
    if (setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) != 0 ||
        bind(socket, reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0) {
      return errno;
    }
  }
  const int result =
      ::connect(socket, reinterpret_cast<const sockaddr*>(&address_), length_) == 0 ? 0 : errno;
  return result == EINPROGRESS ? 0 : result;
}

}  // namespace bench
