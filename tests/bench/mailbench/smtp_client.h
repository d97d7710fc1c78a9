// A client that sends one sample message after the other by SMTP (RFC 5321): EHLO, perhaps STARTTLS
// (RFC 3207) and EHLO, then for each MAIL, RCPT, DATA. A message's latency runs from MAIL to the
// reply after the final dot. Or it sends none: EHLO, STARTTLS, the handshake, QUIT over TLS, and
// all that, from the connect to QUIT's reply, is what is counted.
//
// Any reply but the one that belongs there is an error: the connection is closed, and another one
// opened.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/mailbench/accounts.h"
#include "tests/bench/mailbench/connection.h"
#include "tests/bench/mailbench/run.h"
#include "tests/bench/mailbench/sample_message.h"

namespace bench {

// What all clients of a run share. All of it outlives them.
struct SmtpLoad {
  const SampleMessage& message;
  const std::vector<Account>& accounts;  // recipients, in turn
  size_t recipients;                     // of each message; no more than there are accounts
  bool pipelined;                        // MAIL, RCPT and DATA in one piece (RFC 2920)
  bool reconnects;                       // a connection for each message
  const TlsContext* tls;                 // null: in the clear
  bool handshakes_only;                  // no messages
  Run& run;
  uint64_t next_message = 0;  // its number
};

class SmtpClient final : public Connection {
 public:
  SmtpClient(EventLoop& loop, Endpoint& server, SmtpLoad& load)
      : Connection(loop, server), load_(load) {}

  void start();
  bool finished() const { return step_ == Step::kFinished; }

 private:
  enum class Step {
    kStart,
    kGreeting,
    kHello,
    kStartTls,
    kHandshake,
    kEnvelope,
    kStored,
    kQuit,
    kFinished
  };

  void receive(std::string_view bytes) override;
  void lost(const std::string& why) override;
  void secured() override;
  void say_hello();
  bool take_hello_reply();
  void quit();
  // `code`: three digits. False: the connection is another one now.
  bool take_reply(std::string_view code, std::string_view line);
  bool refuse(std::string_view line);
  void begin_message();
  bool take_envelope_reply(std::string_view code, std::string_view line);
  void stored();

  SmtpLoad& load_;
  Step step_ = Step::kStart;
  std::string reply_;                  // the beginning of a line
  std::vector<std::string> envelope_;  // MAIL, RCPT …, DATA
  size_t answered_ = 0;                // of it
  uint64_t number_ = 0;                // of the message
  bool secured_ = false;
  bool taken_ = false;  // a message was taken that is not begun yet
  Clock::time_point begun_;
};

}  // namespace bench
