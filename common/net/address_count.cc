#include "common/net/address_count.h"

namespace net {
namespace {

// An IPv4 client of a socket that takes both kinds is still that IPv4 client.
asio::ip::address counted_as(const asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

}  // namespace

bool AddressCount::add(const asio::ip::address& address) {
  const auto counted = counted_as(address);
  if (counted.is_loopback() && !count_loopback_) return true;
  size_t& open = open_[counted];
  if (open >= most_) return false;
  ++open;
  return true;
}

void AddressCount::remove(const asio::ip::address& address) {
  const auto at = open_.find(counted_as(address));
  if (at != open_.end() && --at->second == 0) open_.erase(at);
}

}  // namespace net
