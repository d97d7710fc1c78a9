// One client's connection to the server under test. What is said on it is the business of the class
// that derives from it: SmtpClient, Pop3Client, IdleClient.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "tests/bench/mailbench/endpoint.h"
#include "tests/bench/mailbench/event_loop.h"
#include "tests/bench/mailbench/tls_stream.h"

namespace bench {

class Connection : private EventLoop::Handler {
 public:
  // Both outlive it.
  Connection(EventLoop& loop, Endpoint& server) : loop_(loop), server_(server) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override { close(); }

 protected:
  // Opens it anew; the one before is closed. lost() may be called before it returns.
  void open();
  void close();
  bool is_open() const { return socket_ >= 0; }

  // Sends `commands` and then `text`, which lives until the next is sent. What was sent before and
  // is not yet taken goes first; it may not have had a text.
  void send(std::string_view commands, std::string_view text = {});

  // Begins the handshake; all that was sent before must have been answered. secured() is called
  // when it is done, lost() if it fails. `context` outlives the connection.
  void start_tls(const TlsContext& context);
  virtual void secured() {}

  // What the server sent; valid during the call, which may close and open.
  virtual void receive(std::string_view bytes) = 0;
  // It could not be opened, or the server closed it, or it broke. It is closed.
  virtual void lost(const std::string& why) = 0;

 private:
  void ready() final;
  void write();
  ssize_t send_some();
  bool shake_hands();
  bool all_written() const { return commands_.empty() && text_.empty(); }
  void break_off(int error);

  EventLoop& loop_;
  Endpoint& server_;
  int socket_ = -1;
  std::optional<TlsStream> tls_;  // on it
  bool connected_ = false;
  bool writable_wanted_ = false;
  std::string commands_;   // not yet taken
  std::string_view text_;  // the same, after them
};

}  // namespace bench
