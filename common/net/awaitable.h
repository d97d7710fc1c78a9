// The coroutines of the I/O threads. Their executor is that of an io_context and nothing else, by
// its type: the general one of asio::awaitable takes seven times the room, and each connection has
// several.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/basic_stream_socket.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/use_awaitable.hpp>

namespace net {

using Executor = asio::io_context::executor_type;

template <class T>
using Awaitable = asio::awaitable<T, Executor>;

// The completion token for them.
inline constexpr asio::use_awaitable_t<Executor> kAwait;

using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

}  // namespace net
