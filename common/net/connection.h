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

#include <asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "common/net/awaitable.h"
#include "common/net/crowding.h"
#include "common/net/deadlines.h"
#include "common/net/io_thread.h"
#include "common/net/patience.h"
#include "common/net/tls_context.h"
#include "common/net/tls_socket.h"
#include "common/net/transfer_pace.h"
#include "common/protocol/action.h"

namespace net {

// What reading brought.
struct Heard {
  enum class What {
    kBytes,
    kEndOfInput,    // the client sends no more; it may still listen
    kTimeOut,       // it was silent too long, or sent no whole command
    kLoginTimeOut,  // it has not logged in
    kDataTimeOut,   // it was silent too long within a message
    kTooSlow,       // it sent its message more slowly than a crowded server lets it
    kShutDown,      // the server stops
    kBroken,        // the connection is gone: see error
  };
  What what;
  std::string_view bytes = {};  // in the thread's buffer: good until the next await
  std::error_code error = {};
};

class Connection final : private Deadlines::Member {
 public:
  // `socket` belongs to the context of `thread`. `number` names the connection in the log.
  // `patience` and `crowding` outlive it.
  Connection(Socket socket, IoThread& thread, uint64_t number, const Patience& patience,
             const Crowding& crowding);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override;

  // Does the handshake. The error: the connection is of no more use; errc::timed_out among them.
  Awaitable<std::error_code> start_tls(TlsContext& context);

  // Reading is begin_read(), then read_now() until it says what was heard; whenever it says
  // nothing, co_await readable() comes before the next one. No coroutine does all that, since each
  // idle connection would have its frame.
  //
  // At most `max_octets`, and no more than the thread's buffer takes. How long it waits depends on
  // what is awaited (patience.h); for a command it is counted from the first read after
  // command_over().
  void begin_read(size_t max_octets, protocol::Awaited awaited);
  std::optional<Heard> read_now();
  Awaitable<void> readable();
  // What the client sent until now has been answered: the next command has its whole time.
  void command_over() { new_command_ = true; }

  // Writes all of it. errc::timed_out: the client took nothing for the time-out, or, if
  // was_too_slow(), too little for a server that is crowded.
  Awaitable<std::error_code> write(std::string_view text);
  bool was_too_slow() const { return too_slow_; }

  // Lets what else waits on the thread go first.
  Awaitable<void> give_way();

  // Says that nothing more comes, reads and drops what the client still sends, but not for long,
  // and closes. Without the second step the client's last bytes would make the kernel reset the
  // connection, and the client might lose the last reply.
  Awaitable<void> close();

  uint64_t number() const { return number_; }
  const std::string& peer() const { return peer_; }  // address and port
  std::string_view peer_address() const;             // alone, without brackets and zone
  bool is_loopback() const;                          // the client is on this machine
  // Null: the connection is in the clear.
  const TlsSocket* tls() const { return tls_.get(); }
  Executor executor() { return socket_.get_executor(); }

 private:
  using Clock = Deadlines::Clock;

  void deadline_passed() override;
  void shut_down() override;

  // What a step of reading or writing came to, with TLS or without.
  TlsSocket::Progress read_some(std::span<char> buffer);
  TlsSocket::Progress write_some(std::string_view text);
  // What is waited for. A server that stops ends the wait for a client that may say something or
  // nothing, and not that for a reply to be taken.
  enum class Wait { kForClient, kForMessage, kToSend };
  // Waits until the socket is ready for what a step wants next.
  Awaitable<std::error_code> wait_for(TlsSocket::Progress::What what, Clock::time_point end,
                                      Wait wait);
  // The middle of a wait, between begin_wait() and wait_ended().
  Awaitable<void> ready(TlsSocket::Progress::What what);
  Clock::time_point end_of_patience(protocol::Awaited awaited);
  // What it means that the wait for this has lasted too long.
  Heard::What fault_of(protocol::Awaited awaited) const;
  // What was heard by the wait that is over, if anything but that there is something to read.
  std::optional<Heard> heard_by_waiting();

  // A wait lasts until then, and less if the client is found dead meanwhile, or too slow. False: it
  // has ended already.
  bool begin_wait(Clock::time_point end, Wait wait);
  // Sets the deadline to when there is next to be looked what has become of the wait.
  void look_later(Clock::time_point now);
  // What it came to: errc::timed_out, errc::host_unreachable (dead), or the operation's error.
  std::error_code wait_ended();
  bool is_peer_dead();
  bool has_pace() const { return wait_ != Wait::kForClient && patience_.octets_a_second != 0; }
  // Counts the wait until `now`.
  void count_pace(Clock::time_point now);
  bool is_too_slow();

  IoThread& thread_;
  Socket socket_;
  const uint64_t number_;
  const Patience& patience_;
  const Crowding& crowding_;
  const std::string peer_;
  std::unique_ptr<TlsSocket> tls_;

  const Clock::time_point login_end_;
  Clock::time_point command_end_;
  bool new_command_ = true;

  // Of the reading that is on.
  struct Reading {
    size_t max_octets = 0;
    Clock::time_point end = {};  // of patience
    protocol::Awaited awaited = protocol::Awaited::kCommand;
    TlsSocket::Progress::What wanted = TlsSocket::Progress::What::kWantsRead;
    enum class State { kBegun, kMayRead, kWaited } state = State::kBegun;
  };
  Reading reading_;

  // Of the wait that is on.
  Wait wait_ = Wait::kForClient;
  Clock::time_point wait_end_;
  Clock::time_point look_at_peer_;
  Clock::time_point counted_until_;  // by the pace
  TransferPace pace_;
  uint64_t moved_before_ = 0;   // octets, when the pace last earned
  std::error_code wait_error_;  // its operation's
  bool interruptible_ = false;  // it waits for the client: a server that stops need not
  bool timed_out_ = false;
  bool peer_dead_ = false;
  bool too_slow_ = false;
  bool input_ended_ = false;
};

}  // namespace net
