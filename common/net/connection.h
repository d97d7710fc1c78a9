// One client's TCP connection: reads, writes and closes, and never waits for ever.
//
// Idle it owns no buffer: it waits until there is something to read and reads that into its
// thread's buffer. A time-out is one deadline in the thread's Deadlines. All of it happens on the
// I/O thread that the socket belongs to, one call at a time; the Connection outlives the call.
//
// Over TLS, once start_tls() is done, all of it is the same but for the octets on the wire.
//
// A client whose machine or network is gone is found within 90 seconds, whether or not it owes us
// an acknowledgement; one that is only slow to read keeps its whole time-out
// (docs/decisions/0009-dead-peers.md).
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "common/net/deadlines.h"
#include "common/net/io_thread.h"
#include "common/net/tls_context.h"
#include "common/net/tls_socket.h"

namespace net {

// What read() brought.
struct Heard {
  enum class What {
    kBytes,
    kEndOfInput,  // the client sends no more; it may still listen
    kTimeOut,     // it was silent too long
    kShutDown,    // the server stops
    kBroken,      // the connection is gone: see error
  };
  What what;
  std::string_view bytes = {};  // good until the next await
  std::error_code error = {};
};

class Connection final : private Deadlines::Member {
 public:
  // `socket` belongs to the context of `thread`. `number` names the connection in the log;
  // `timeout_s` is how long the client may be silent, and how long it may take none of what is
  // written.
  Connection(asio::ip::tcp::socket socket, IoThread& thread, uint64_t number, unsigned timeout_s);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override;

  // Does the handshake. The error: the connection is of no more use; errc::timed_out among them.
  asio::awaitable<std::error_code> start_tls(TlsContext& context);

  // At most `max_octets`, and no more than the thread's buffer takes.
  asio::awaitable<Heard> read(size_t max_octets);

  // Writes all of it. errc::timed_out: the client took nothing for the time-out.
  asio::awaitable<std::error_code> write(std::string_view text);

  // Lets what else waits on the thread go first.
  asio::awaitable<void> give_way();

  // Says that nothing more comes, reads and drops what the client still sends, but not for long,
  // and closes. Without the second step the client's last bytes would make the kernel reset the
  // connection, and the client might lose the last reply.
  asio::awaitable<void> close();

  uint64_t number() const { return number_; }
  const std::string& peer() const { return peer_; }  // address and port
  std::string_view peer_address() const;             // alone, without brackets and zone
  bool is_loopback() const;                          // the client is on this machine
  // Null: the connection is in the clear.
  const TlsSocket* tls() const { return tls_.get(); }
  asio::any_io_executor executor() { return socket_.get_executor(); }

 private:
  void deadline_passed() override;
  void shut_down() override;

  // What a step of reading or writing came to, with TLS or without.
  TlsSocket::Progress read_some(std::span<char> buffer);
  TlsSocket::Progress write_some(std::string_view text);
  // Waits until the socket is ready for what a step wants next.
  asio::awaitable<std::error_code> wait_for(TlsSocket::Progress::What what,
                                            std::chrono::seconds at_most);

  // A wait may last so long, and less if the client is found dead meanwhile.
  void begin_wait(std::chrono::seconds at_most);
  // What it came to, when its operation ended with `error`: errc::timed_out, errc::host_unreachable
  // (dead), or that error.
  std::error_code wait_ended(std::error_code error);
  bool is_peer_dead();

  IoThread& thread_;
  asio::ip::tcp::socket socket_;
  const uint64_t number_;
  const std::chrono::seconds timeout_;
  const std::string peer_;
  std::unique_ptr<TlsSocket> tls_;
  bool interruptible_ = false;    // it waits for the client: a server that stops need not
  std::chrono::seconds left_{0};  // of the wait, once its deadline has passed
  bool timed_out_ = false;
  bool peer_dead_ = false;
  bool input_ended_ = false;
};

}  // namespace net
