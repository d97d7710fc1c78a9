// Opens the sockets that a server listens on.
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace net {

// Listens on `port` of each of these IP addresses; port 0: the same free port on all of them. No
// addresses: 127.0.0.1 and ::1, of which a machine need have only one. IPv6 sockets take IPv6 only,
// so that 0.0.0.0 and :: go side by side. No second server shares a port (no SO_REUSEPORT).
//
// An address that was named and cannot be had is an error; its text says what to do.
std::expected<std::vector<asio::ip::tcp::acceptor>, std::string> open_listening_sockets(
    asio::io_context& context, const std::vector<std::string>& addresses, uint16_t port);

// The same, as descriptors for take_over_sockets(), now the caller's.
std::expected<std::vector<int>, std::string> bind_listening_sockets(
    const std::vector<std::string>& addresses, uint16_t port);

// Takes over sockets that listen already. An error: one is no TCP socket, or does not listen.
std::expected<std::vector<asio::ip::tcp::acceptor>, std::string> take_over_sockets(
    asio::io_context& context, const std::vector<int>& descriptors);

}  // namespace net
