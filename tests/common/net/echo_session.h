// A small session and its handler, for tests of what drives them. Lines end in LF.
//
//   a line          echoed
//   flood N         N octets, in one piece after the other
//   slow            an action of the session's own, answered `stored` or `failed`
//   spin            `spinning`, then asks for nothing but Flush until any session is told `stop`
//   data            the lines from here to `.` are a message, and echoed as `stored`
//   starttls        `go`, and the handshake; what came before it is forgotten
//   quit            `bye`, and the end
#pragma once

#include <atomic>
#include <expected>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

#include "common/net/await_done.h"
#include "common/net/awaitable.h"
#include "common/net/tls_context.h"
#include "common/protocol/action.h"
#include "common/protocol/ending.h"
#include "common/protocol/refusals.h"
#include "common/store/done.h"

namespace net {

struct SlowAction {};

class EchoSession {
 public:
  using Action = std::variant<protocol::Read, protocol::Flush, protocol::Close, protocol::StartTls,
                              SlowAction>;
  static constexpr size_t kOutputLimit = size_t{64} * 1024;

  EchoSession() { say("hello"); }

  void receive(std::string_view bytes) { input_ += bytes; }
  void end_of_input() { input_ended_ = true; }
  void end(protocol::Ending why) {
    if (why == protocol::Ending::kTooSlow) {
      say("too-slow");
    } else {
      say(why == protocol::Ending::kTimeOut ? "time-out" : "shut-down");
    }
    closing_ = true;
    closed_ = protocol::Closed::kEnded;
  }
  protocol::Closed closed() const { return closed_; }
  static protocol::Refusals::Taken take_refusals() { return {}; }
  void tls_started() { input_.clear(); }
  void slow_done(bool stored) { say(stored ? "stored" : "failed"); }

  Action next() {
    for (;;) {
      if (output_.size() >= kOutputLimit) return protocol::Flush{};
      if (spinning_ && !told_to_stop_) return protocol::Flush{};
      spinning_ = false;
      if (flood_ > 0) {
        const size_t piece = std::min(flood_, kOutputLimit);
        output_.append(piece, 'x');
        flood_ -= piece;
        continue;
      }
      if (closing_) return protocol::Close{};
      const size_t lf = input_.find('\n');
      if (lf == std::string::npos) {
        if (input_ended_) {
          closed_ = protocol::Closed::kEndOfInput;
          return protocol::Close{};
        }
        // As the servers do, a message is taken as it comes.
        if (in_message_) input_.clear();
        return protocol::Read{in_message_ ? protocol::Awaited::kMessage : awaited};
      }
      const std::string line = input_.substr(0, lf);
      input_.erase(0, lf + 1);
      if (line == "slow") return SlowAction{};
      if (line == "starttls") {
        say("go");
        return protocol::StartTls{};
      }
      run(line);
    }
  }

  // What it waits for outside messages.
  protocol::Awaited awaited = protocol::Awaited::kCommand;

  std::string take_output() { return std::exchange(output_, {}); }

 private:
  void run(const std::string& line) {
    if (in_message_) {
      in_message_ = !line.ends_with('.');
      if (!in_message_) say("stored");
    } else if (line == "data") {
      in_message_ = true;
    } else if (line == "quit") {
      say("bye");
      closing_ = true;
    } else if (line == "spin") {
      say("spinning");
      spinning_ = true;
      told_to_stop_ = false;
    } else if (line == "stop") {
      told_to_stop_ = true;
    } else if (line.starts_with("flood ")) {
      flood_ = std::stoul(line.substr(6));
    } else {
      say(line);
    }
  }
  void say(std::string_view line) { (output_ += line) += '\n'; }

  std::string input_;
  std::string output_;
  size_t flood_ = 0;
  bool in_message_ = false;
  bool spinning_ = false;
  inline static std::atomic<bool> told_to_stop_ = false;
  bool closing_ = false;
  protocol::Closed closed_ = protocol::Closed::kQuit;
  bool input_ended_ = false;
};

// Does the slow action with whatever the test gives it.
template <class Start>
class EchoHandler {
 public:
  EchoHandler(EchoSession& session, Start& start, TlsContext* tls)
      : session_(session), start_(start), tls_(tls) {}

  TlsContext* tls() const { return tls_; }

  Awaitable<void> perform(SlowAction&) {
    const auto outcome =
        co_await await_done<void>([this](store::Done<void> done) { start_(std::move(done)); });
    session_.slow_done(outcome.has_value());
  }
  static bool is_slow(const EchoSession::Action& action) {
    return std::holds_alternative<SlowAction>(action);
  }

 private:
  EchoSession& session_;
  Start& start_;
  TlsContext* tls_;
};

}  // namespace net
