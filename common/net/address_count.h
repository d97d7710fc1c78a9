// How many connections each client address has open, so that one client cannot take all of them.
// Loopback addresses are never counted: test runs and reverse proxies come from there.
#pragma once

#include <asio/ip/address.hpp>
#include <cstddef>
#include <map>

namespace net {

class AddressCount {
 public:
  // Loopback addresses are counted only if that is asked for.
  explicit AddressCount(size_t most, bool count_loopback = false)
      : most_(most), count_loopback_(count_loopback) {}

  // One more connection of this address; false, and nothing is counted: it has the most already.
  [[nodiscard]] bool add(const asio::ip::address& address);
  // A connection that was added is over.
  void remove(const asio::ip::address& address);

 private:
  const size_t most_;
  const bool count_loopback_;
  std::map<asio::ip::address, size_t> open_;
};

}  // namespace net
