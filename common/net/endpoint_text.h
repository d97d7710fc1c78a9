// How an address and port are written: 127.0.0.1:2525, [::1]:2525.
#pragma once

#include <asio/ip/tcp.hpp>
#include <string>

namespace net {

inline std::string to_text(const asio::ip::tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" +
         std::to_string(endpoint.port());
}

}  // namespace net
