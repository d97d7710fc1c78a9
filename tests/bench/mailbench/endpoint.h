// Where the server under test listens: on this machine, or nowhere.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <expected>
#include <string>

namespace bench {

class Endpoint {
 public:
  // `address` as digits. An error, in words, for whatever is not in 127.0.0.0/8 or ::1: this
  // program loads no other machine.
  static std::expected<Endpoint, std::string> loopback(const std::string& address, uint16_t port);

  // A socket that is being connected, non-blocking; or errno. Where the ports of one source address
  // are used up (EADDRNOTAVAIL) it goes on with the next of 127.0.0.0/8.
  std::expected<int, int> connect();

 private:
  Endpoint() = default;
  int try_connect(int socket) const;

  sockaddr_storage address_{};
  socklen_t length_ = 0;
  uint32_t source_ = INADDR_LOOPBACK;  // 127.0.0.1: left to the kernel
};

}  // namespace bench
