#include "common/net/listening_sockets.h"

#include <sys/socket.h>

#include <algorithm>
#include <asio/ip/address.hpp>
#include <asio/ip/v6_only.hpp>
#include <optional>
#include <system_error>
#include <utility>

#include "common/net/endpoint_text.h"
#include "common/net/system_code.h"

namespace net {
namespace {

using asio::ip::tcp;
using Acceptors = std::vector<tcp::acceptor>;

// With port 0, how often another number is tried when one address's is taken on the next.
constexpr int kAttempts = 20;

struct Fault {
  tcp::endpoint endpoint;
  std::error_code error;
};

std::expected<tcp::acceptor, std::error_code> open_one(asio::io_context& context,
                                                       const tcp::endpoint& endpoint) {
  tcp::acceptor acceptor(context);
  std::error_code error;
  acceptor.open(endpoint.protocol(), error);
  // A server that starts again need not wait for its old connections' last packets.
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  if (error) return std::unexpected(to_system_code(error));
  return acceptor;
}

// The machine has no such address, or not this kind of address at all.
bool is_missing(const std::error_code& error) {
  return error == std::errc::address_not_available ||
         error == std::errc::address_family_not_supported ||
         error == std::errc::protocol_not_supported;
}

std::expected<Acceptors, Fault> open_all(asio::io_context& context,
                                         const std::vector<asio::ip::address>& addresses,
                                         uint16_t port, bool all_must_be_there) {
  Acceptors acceptors;
  std::optional<Fault> missing;
  for (const auto& address : addresses) {
    const tcp::endpoint endpoint(address, port);
    auto acceptor = open_one(context, endpoint);
    if (!acceptor) {
      const Fault fault{endpoint, acceptor.error()};
      if (all_must_be_there || !is_missing(fault.error)) return std::unexpected(fault);
      missing = fault;
      continue;
    }
    std::error_code ignored;
    port = acceptor->local_endpoint(ignored).port();
    acceptors.push_back(*std::move(acceptor));
  }
  if (acceptors.empty() && missing) return std::unexpected(*missing);
  return acceptors;
}

std::optional<int> socket_option(int descriptor, int name) {
  int value = 0;
  socklen_t size = sizeof(value);
  if (::getsockopt(descriptor, SOL_SOCKET, name, &value, &size) != 0) return std::nullopt;
  return value;
}

std::string describe(const Fault& fault) {
  std::string text = "cannot listen on " + to_text(fault.endpoint) + ": " + fault.error.message();
  if (fault.error == std::errc::permission_denied) {
    text += " (ports below 1024 need privileges: choose another, such as 2525 or 1110)";
  } else if (fault.error == std::errc::address_in_use) {
    text += " (another server has this port: stop it, or choose another port)";
  } else if (is_missing(fault.error)) {
    text += " (this machine has no such address: --listen names one of its own)";
  }
  return text;
}

}  // namespace

std::expected<Acceptors, std::string> open_listening_sockets(
    asio::io_context& context, const std::vector<std::string>& addresses, uint16_t port) {
  std::vector<asio::ip::address> wanted;
  for (const auto& text : addresses) {
    std::error_code error;
    const auto address = asio::ip::make_address(text, error);
    if (error) {
      return std::unexpected("cannot listen on " + text +
                             ": it is not an IP address (such as 127.0.0.1, ::1, 0.0.0.0 or ::)");
    }
    if (std::ranges::find(wanted, address) == wanted.end()) wanted.push_back(address);
  }
  const bool named = !wanted.empty();
  if (!named) wanted = {asio::ip::address_v4::loopback(), asio::ip::address_v6::loopback()};

  for (int attempt = 1;; ++attempt) {
    auto acceptors = open_all(context, wanted, port, named);
    if (acceptors) return *std::move(acceptors);
    const bool try_another = port == 0 && acceptors.error().error == std::errc::address_in_use;
    if (!try_another || attempt == kAttempts) return std::unexpected(describe(acceptors.error()));
  }
}

std::expected<std::vector<int>, std::string> bind_listening_sockets(
    const std::vector<std::string>& addresses, uint16_t port) {
  asio::io_context context;
  auto acceptors = open_listening_sockets(context, addresses, port);
  if (!acceptors) return std::unexpected(acceptors.error());
  std::vector<int> descriptors;
  for (auto& acceptor : *acceptors) descriptors.push_back(acceptor.release());
  return descriptors;
}

std::expected<Acceptors, std::string> take_over_sockets(asio::io_context& context,
                                                        const std::vector<int>& descriptors) {
  Acceptors acceptors;
  for (const int descriptor : descriptors) {
    const auto domain = socket_option(descriptor, SO_DOMAIN);
    const auto type = socket_option(descriptor, SO_TYPE);
    const auto listens = socket_option(descriptor, SO_ACCEPTCONN);
    const bool is_ip = domain == AF_INET || domain == AF_INET6;
    if (!is_ip || type != SOCK_STREAM || listens != 1) {
      return std::unexpected("descriptor " + std::to_string(descriptor) +
                             ", which was passed to listen on, is no listening TCP socket");
    }
    std::error_code error;
    tcp::acceptor acceptor(context);
    acceptor.assign(domain == AF_INET ? tcp::v4() : tcp::v6(), descriptor, error);
    if (error) {
      return std::unexpected("cannot listen on descriptor " + std::to_string(descriptor) + ": " +
                             error.message());
    }
    acceptors.push_back(std::move(acceptor));
  }
  return acceptors;
}

}  // namespace net
