// The SMTP session: RFC 5321 from the greeting to the close, and nothing else. No socket, file,
// clock or log: bytes go in by receive(), replies come out by take_output(), and whatever needs the
// world is an Action that next() returns and the driver (driver.h) carries out.
//
//   next() → Read, Flush, Close   see common/protocol/action.h; the others: smtpd/action.h
//          → AdmitMessage         is there room for it?   → message_admitted() or _not_admitted()
//          → ClaimRoom            for one recipient       → room_answered()
//          → ReleaseRoom          of all of them          (no outcome)
//          → OpenMessage          a new message           → message_opened()
//          → AppendMessage        more of it              → message_appended()
//          → CommitMessage        make it mail            → message_committed()
//          → DiscardMessage       drop it                 (no outcome)
//          → StartTls             the handshake           → tls_started()
//          → Authenticate         a step of a login       → authenticated()
//
// The outcome of one action is reported before next() is called again. What comes in and goes out,
// and the bounds of it: common/protocol/dialogue.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>

#include "common/protocol/channel.h"
#include "common/protocol/dialogue.h"
#include "common/protocol/ending.h"
#include "common/protocol/login_dialogue.h"
#include "common/protocol/sasl_dialogue.h"
#include "common/text/line_reader.h"
#include "common/users/user_db.h"
#include "smtpd/action.h"
#include "smtpd/address.h"
#include "smtpd/reception.h"
#include "smtpd/reply.h"
#include "smtpd/settings.h"

namespace smtp {

// What a session came to, for the log.
struct Tally {
  size_t messages = 0;    // stored
  size_t recipients = 0;  // accepted
  size_t asked = 0;       // RCPT commands
  size_t commands = 0;
  uint64_t octets = 0;  // of the messages stored
};

class Session : public protocol::Dialogue {
 public:
  // `settings` and `users` outlive the session. The greeting waits in take_output() from the start.
  Session(const Settings& settings, users::UserSource& users, protocol::Channel channel);

  // Says 421; then next() returns Close. After next() returned Read or Flush.
  void end(protocol::Ending why);

  Action next();

  // `place`: kept until the transaction is over, in whatever way.
  void message_admitted(Place place);
  void message_not_admitted();
  void room_answered(Room room);
  void message_opened(protocol::StoreOutcome outcome);
  void message_appended(protocol::StoreOutcome outcome);
  // `id`: the first part of its UIDL in every mailbox.
  void message_committed(std::string_view id);
  void message_not_committed(protocol::StoreOutcome failure);

  void tls_started();
  void authenticated(const protocol::AuthOutcome& outcome);

  // For the log.
  const Tally& tally() const { return tally_; }
  // After next() returned Close.
  protocol::Closed closed() const { return std::get<Closing>(phase_).why; }

 private:
  // The phases of a session; what is known only in one of them lives in it. What is large is on the
  // heap meanwhile: an idle session has no room for it.
  struct Fresh {};  // nothing received yet
  struct Idle {};
  // MAIL is right, and not answered yet.
  struct Admitting {
    std::string reverse_path;
    uint64_t octets;  // that the client has announced; 0: none
  };
  struct Envelope {
    std::string reverse_path;
    uint64_t octets;  // as declared; 0: not
    Place place;
    std::set<std::string> mailboxes = {};
  };
  struct Transaction {
    std::unique_ptr<Envelope> envelope;
  };
  struct Receiving {
    std::unique_ptr<Reception> reception;
    Place place;
  };
  // An RCPT is answered when it is known whether its mailbox is full.
  struct Candidate {
    std::string mailbox;
    std::string address;  // as typed
  };
  struct AwaitingRoom {
    std::unique_ptr<Envelope> envelope;
    std::unique_ptr<Candidate> candidate;
  };
  struct LoggingIn {
    std::unique_ptr<protocol::LoginDialogue> dialogue;
  };
  struct StartingTls {};
  // A transaction ended without a message; the room that it held is given back.
  struct ReleasingRoom {
    std::variant<Idle, StartingTls> next;
  };
  struct Closing {
    protocol::Closed why;
  };
  using Phase = std::variant<Fresh, Idle, Admitting, Transaction, AwaitingRoom, ReleasingRoom,
                             Receiving, LoggingIn, StartingTls, Closing>;

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
  void starttls(std::string_view argument);
  void auth(std::string_view argument);
  void quit(std::string_view argument);

  static bool is_too_long(const text::Line& line, std::string_view verb);
  void run(const text::Line& line);
  bool may_log_in() const { return protocol::may_log_in(channel_, settings_.logins); }
  protocol::SaslOffer offered() const;
  bool is_own(const Path& reverse_path) const;
  // Each advances its phase: an action, or nothing to go on.
  std::optional<Action> next_of_phase();
  std::optional<Action> next_command();
  std::optional<Action> next_of(Reception& reception);
  std::optional<Action> next_of(protocol::LoginDialogue& login);
  Action next_of(const ReleasingRoom& releasing);
  // Whatever transaction there is has come to nothing.
  void abandon_message(std::variant<Idle, StartingTls> next);
  void close_with(const Reply& reply, protocol::Closed why);
  // Too many replies that blame the client end the session.
  void say(const Reply& reply);
  void send(const Reply& reply);

  const Settings& settings_;
  users::UserSource& users_;
  protocol::Channel channel_;
  Phase phase_;
  Greeting greeting_ = Greeting::kNone;
  std::string client_name_;  // the greeting's
  std::string user_;         // who has logged in; empty: nobody
  size_t errors_ = 0;        // since the last message that was stored
  size_t commands_ = 0;      // the same
  Tally tally_;
};

}  // namespace smtp
