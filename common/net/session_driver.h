// What drives a session (smtp::Session, pop3::Session) over a connection: it asks for the next
// action, does those that all sessions have, and hands the others to the server's handler.
// What the session refuses is logged.
//
//   net::SessionDriver driver(connection, session, handler);
//   while (!driver.is_over()) co_await driver.go_on();
//
// Handler:
//   Awaitable<void> perform(A& action);   for each action A of the server's own: does it and
//                                         reports its outcome to the session
//   TlsContext* tls();                          for StartTls, if the session ever asks for it
//   static bool is_slow(const Session's Action&);
//       whether what waits to be sent is sent before it, since the client may wait for that
//
// An action that was asked for is always seen through, whether or not the client is still there:
// a message that is complete is committed, and the removals of a QUIT are done, though nobody may
// read the reply.
#pragma once

#include <string>
#include <system_error>
#include <type_traits>
#include <variant>

#include "common/net/awaitable.h"
#include "common/net/connection.h"
#include "common/net/session_log.h"
#include "common/protocol/action.h"
#include "common/protocol/channel.h"
#include "common/protocol/ending.h"

namespace net {

// What a session has to know of its connection.
inline protocol::Channel channel_of(const Connection& connection) {
  return {.encrypted = connection.tls() != nullptr, .loopback = connection.is_loopback()};
}

// Sends what the session has to say.
template <class Session>
Awaitable<std::error_code> send_output(Connection& connection, Session& session) {
  const std::string output = session.take_output();
  if (output.empty()) co_return std::error_code();
  connection.command_over();
  co_return co_await connection.write(output);
}

// Does the handshake that the session asked for. The error ends the connection.
template <class Session>
Awaitable<std::error_code> start_tls(Connection& connection, Session& session,
                                     TlsContext* context) {
  if (context == nullptr) co_return std::make_error_code(std::errc::not_supported);
  const auto error = co_await connection.start_tls(*context);
  log_handshake(connection, error);
  if (!error) session.tls_started();
  co_return error;
}

// Tells the session what the client sent, or why nothing comes. False: the connection is broken.
// `end` becomes the reason that counts if the session closes now.
template <class Session>
[[nodiscard]] bool hear(Session& session, const Heard& heard, SessionEnd& end) {
  switch (heard.what) {
    case Heard::What::kBytes:
      session.receive(heard.bytes);
      return true;
    case Heard::What::kEndOfInput:
      end = {SessionEnd::Why::kEndOfInput};
      session.end_of_input();
      return true;
    case Heard::What::kTimeOut:
      end = {SessionEnd::Why::kTimeOut};
      session.end(protocol::Ending::kTimeOut);
      return true;
    case Heard::What::kLoginTimeOut:
      end = {SessionEnd::Why::kLoginTimeOut};
      session.end(protocol::Ending::kTimeOut);
      return true;
    case Heard::What::kDataTimeOut:
      end = {SessionEnd::Why::kDataTimeOut};
      session.end(protocol::Ending::kTimeOut);
      return true;
    case Heard::What::kTooSlow:
      end = {SessionEnd::Why::kTooSlow};
      session.end(protocol::Ending::kTooSlow);
      return true;
    case Heard::What::kShutDown:
      end = {SessionEnd::Why::kShutDown};
      session.end(protocol::Ending::kShutDown);
      return true;
    case Heard::What::kBroken:
      break;
  }
  end = {SessionEnd::Why::kReadFailed, heard.error};
  return false;
}

// The client did not take what was sent.
inline SessionEnd not_sent(const Connection& connection, const std::error_code& error) {
  if (connection.was_too_slow()) return {SessionEnd::Why::kTooSlow};
  return {SessionEnd::Why::kWriteFailed, error};
}

inline Awaitable<void> do_nothing() { co_return; }

// Whether the variant holds a T; false if it never can.
template <class T, class... Alternatives>
constexpr bool holds(const std::variant<Alternatives...>& action) {
  if constexpr ((std::is_same_v<T, Alternatives> || ...)) {
    return std::holds_alternative<T>(action);
  } else {
    return false;
  }
}

// Performs one of the server's own actions.
template <class Handler, class Action>
Awaitable<void> perform(Handler& handler, Action& action) {
  return std::visit(
      [&handler]<class A>(A& one) -> Awaitable<void> {
        if constexpr (std::is_same_v<A, protocol::Read> || std::is_same_v<A, protocol::Flush> ||
                      std::is_same_v<A, protocol::Close> || std::is_same_v<A, protocol::StartTls>) {
          return do_nothing();  // SessionDriver does these itself
        } else {
          return handler.perform(one);
        }
      },
      action);
}

template <class Session, class Handler>
class SessionDriver {
 public:
  // The three outlive it.
  SessionDriver(Connection& connection, Session& session, Handler& handler)
      : connection_(connection), session_(session), handler_(handler) {}
  SessionDriver(const SessionDriver&) = delete;
  SessionDriver& operator=(const SessionDriver&) = delete;
  ~SessionDriver() = default;

  // To be awaited again and again until the session is over. Itself no coroutine, and what it gives
  // for the wait for a client is the wait alone: each idle connection would have a frame more.
  Awaitable<void> go_on() {
    if (reading_) {
      const auto heard = connection_.read_now();
      if (!heard) return connection_.readable();
      reading_ = false;
      over_ = !hear(session_, *heard, end_);
      if (over_) return do_nothing();
    }
    return act();
  }
  bool is_over() const { return over_; }

  // Once it is over. The connection is closed by then, or broken.
  const SessionEnd& end() const { return end_; }

 private:
  // Does what the session asks for, until it asks to read or is over.
  Awaitable<void> act() {
    while (!over_ && !reading_) {
      auto action = session_.next();
      const bool handshake = holds<protocol::StartTls>(action);
      const auto* read = std::get_if<protocol::Read>(&action);
      const bool close = std::holds_alternative<protocol::Close>(action);
      const bool flush = std::holds_alternative<protocol::Flush>(action);
      const bool common = read != nullptr || close || flush || handshake;
      std::error_code unsent;
      if (common) log_refusals(connection_, session_.take_refusals());
      if (common || Handler::is_slow(action)) unsent = co_await send_output(connection_, session_);
      if (handshake && !unsent) {
        if constexpr (requires { session_.tls_started(); }) {
          const auto error = co_await start_tls(connection_, session_, handler_.tls());
          if (error) co_return be_over({SessionEnd::Why::kTlsFailed, error});
        }
      }
      if (!common) {
        co_await perform(handler_, action);
        connection_.command_over();
      }
      if (unsent) co_return be_over(not_sent(connection_, unsent));
      if (close) {
        end_.why = why_closed(session_.closed()).value_or(end_.why);
        co_await connection_.close();
        co_return be_over(end_);
      }
      // A client that takes as fast as it is given never makes write() wait: without this it would
      // have the thread for itself for as long as it pipelines.
      if (flush) co_await connection_.give_way();
      if (read != nullptr) {
        connection_.begin_read(read->max_octets, read->awaited);
        reading_ = true;
      }
    }
  }

  void be_over(const SessionEnd& end) {
    end_ = end;
    over_ = true;
  }

  Connection& connection_;
  Session& session_;
  Handler& handler_;
  SessionEnd end_;        // what is to be told if the session closes now
  bool reading_ = false;  // the session has asked for more input
  bool over_ = false;
};

}  // namespace net
