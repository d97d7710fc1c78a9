// The SMTP session: RFC 5321 from the greeting to the close, and nothing else. No socket, file,
// clock or log: bytes go in by receive(), replies come out by take_output(), and whatever needs the
// world is an Action that next() returns and the driver (driver.h) carries out.
//
//   next() → Read, Flush, Close   see common/protocol/action.h
//          → OpenMessage          a new message           → message_opened()
//          → AppendMessage        more of it              → message_appended()
//          → CommitMessage        make it mail            → message_committed()
//          → DiscardMessage       drop it                 (no outcome)
//
// The outcome of one action is reported before next() is called again. Input is bounded by one
// command line and what the driver gives in one receive(), output by kOutputLimit and one reply.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/protocol/action.h"
#include "common/protocol/ending.h"
#include "common/protocol/refusals.h"
#include "common/text/dot_stuffing.h"
#include "common/text/line_reader.h"
#include "common/users/user_db.h"
#include "smtpd/limits.h"
#include "smtpd/reply.h"
#include "smtpd/trace.h"

namespace smtp {

// Start a message; what AppendMessage brings belongs to it.
struct OpenMessage {
  Origin origin;
};

// Put this at the end of the message. Valid until message_appended(); at most kAppendOctets.
struct AppendMessage {
  std::string_view text;
};

// Put the message into these mailboxes, on stable storage. Each is named once.
struct CommitMessage {
  std::vector<std::string> mailboxes;
  // For the log: its size, and the first CR or LF that stood alone in a CRLF session.
  uint64_t octets;
  std::optional<text::DotDecoder::BareNewline> bare_newline;
};

// Forget the message: it is refused. More of it may still be on its way.
struct DiscardMessage {};

using Action = std::variant<protocol::Read, protocol::Flush, protocol::Close, OpenMessage,
                            AppendMessage, CommitMessage, DiscardMessage>;

// What becomes of a message in a CRLF session that holds a CR or LF alone.
enum class BareNewlines { kKeep, kRefuse };

struct Settings {
  std::string host_name;
  std::string postmaster;  // a name in users.txt; empty: the first one there
  BareNewlines bare_newlines = BareNewlines::kKeep;
  Limits limits;
};

// What a session came to, for the log.
struct Tally {
  size_t messages = 0;    // stored
  size_t recipients = 0;  // accepted
  size_t asked = 0;       // RCPT commands
  size_t commands = 0;
  uint64_t octets = 0;  // of the messages stored
};

class Session {
 public:
  static constexpr size_t kOutputLimit = size_t{64} * 1024;
  static constexpr size_t kAppendOctets = size_t{64} * 1024;

  // `settings` and `users` outlive the session. The greeting waits in take_output() from the start.
  Session(const Settings& settings, users::UserSource& users);

  // The client's bytes, copied. After next() returned Read.
  void receive(std::string_view bytes);
  // The client sends no more. What it has sent is answered first; then next() returns Close.
  void end_of_input();
  // Says 421; then next() returns Close. After next() returned Read or Flush.
  void end(protocol::Ending why);

  Action next();
  std::string take_output();

  void message_opened(protocol::StoreOutcome outcome);
  void message_appended(protocol::StoreOutcome outcome);
  // `id`: the first part of its UIDL in every mailbox.
  void message_committed(std::string_view id);
  void message_not_committed(protocol::StoreOutcome failure);

  // For the log.
  const Tally& tally() const { return tally_; }
  // After next() returned Close.
  protocol::Closed closed() const { return std::get<Closing>(phase_).why; }
  protocol::Refusals::Taken take_refusals() { return refusals_.take(); }

 private:
  // The phases of a session; what is known only in one of them lives in it.
  struct Fresh {};  // nothing received yet
  struct Idle {};
  struct Transaction {
    std::string reverse_path;
    std::vector<std::string> mailboxes;  // in the order of RCPT, each once
  };
  // From DATA to its reply.
  struct Receiving {
    enum class Step { kOpen, kRead, kCommit };
    Transaction envelope;
    text::DotDecoder decoder;
    Step step = Step::kOpen;
    bool open = false;                  // there is a message that can be appended to
    std::optional<Reply> refusal = {};  // once it is there, the rest of the message is only read
    std::string chunk = {};             // decoded and not yet appended
  };
  struct Closing {
    protocol::Closed why;
  };
  using Phase = std::variant<Fresh, Idle, Transaction, Receiving, Closing>;

  struct CommandTable;  // in session.cc: a row a command
  unsigned facts() const;

  void hello(std::string_view argument);
  void extended_hello(std::string_view argument);
  void mail(std::string_view argument);
  void rcpt(std::string_view argument);
  void data(std::string_view argument);
  void rset(std::string_view argument);
  void vrfy(std::string_view argument);
  void noop(std::string_view argument);
  void quit(std::string_view argument);

  void run(const text::Line& line);
  std::optional<Action> next_of_message(Receiving& receiving);
  void judge(Receiving& receiving) const;
  void close_with(const Reply& reply, protocol::Closed why);
  // Too many replies that blame the client end the session.
  void say(const Reply& reply);
  void send(const Reply& reply);

  const Settings& settings_;
  users::UserSource& users_;
  text::LineReader reader_;
  std::string output_;
  Phase phase_;
  Greeting greeting_ = Greeting::kNone;
  std::string client_name_;  // the greeting's
  size_t errors_ = 0;        // since the last message that was stored
  bool input_ended_ = false;
  Tally tally_;
  protocol::Refusals refusals_;
};

}  // namespace smtp
