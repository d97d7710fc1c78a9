// The POP3 session: RFC 1939 with CAPA (RFC 2449) and the response codes of RFC 2449 and 3206, and
// nothing else. No socket, file, clock or log: bytes go in by receive(), replies come out by
// take_output(), and whatever needs the world is an Action that next() returns and the driver
// (driver.h) carries out.
//
//   next() → Read, Flush, Close   see common/protocol/action.h
//          → Authenticate         a step of a login        → authenticated()
//          → StartTls             the handshake            → tls_started()
//          → OpenMaildrop         lock it, look into it    → maildrop_opened(), maildrop_refused()
//          → ReadMessage          more of a message        → message_read(), message_unreadable()
//          → RemoveMessages       the UPDATE state         → messages_removed()
//
// The outcome of one action is reported before next() is called again. What comes in and goes out,
// and the bounds of it: common/protocol/dialogue.h. LIST and UIDL of any maildrop keep to them:
// they go on where they stopped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/protocol/action.h"
#include "common/protocol/channel.h"
#include "common/protocol/dialogue.h"
#include "common/protocol/ending.h"
#include "common/protocol/login_dialogue.h"
#include "common/protocol/sasl_dialogue.h"
#include "common/store/message_list.h"
#include "common/text/line_reader.h"
#include "common/users/user_db.h"
#include "pop3d/limits.h"
#include "pop3d/listing.h"
#include "pop3d/multiline.h"
#include "pop3d/reply.h"

namespace pop3 {

// Lock this mailbox and list it.
struct OpenMaildrop {
  std::string mailbox;
};

// Read on in message `index` of the listing, from octet `offset` of what is stored, up to
// `max_octets` of it.
struct ReadMessage {
  size_t index;
  uint64_t offset;
  size_t max_octets;
};

// QUIT: remove these messages of the listing (there may be none) and unlock the mailbox.
struct RemoveMessages {
  std::vector<size_t> indexes;
};

using Action = std::variant<protocol::Read, protocol::Flush, protocol::Close, protocol::StartTls,
                            protocol::Authenticate, OpenMaildrop, ReadMessage, RemoveMessages>;

// Why a maildrop could not be opened.
enum class MaildropRefusal {
  kInUse,        // another session holds it
  kUnavailable,  // the store cannot be read
};

struct Settings {
  std::string host_name;
  std::string version;  // for CAPA's IMPLEMENTATION
  protocol::LoginPolicy logins = {};
  bool hide_users = false;   // USER takes any name
  unsigned expiry_days = 0;  // messages that old are removed; 0: none are
  Limits limits = {};
};

// What a session came to, for the log.
struct Tally {
  size_t commands = 0;
  size_t retrieved = 0;             // RETR, TOP not
  size_t deleted = 0;               // at QUIT
  std::optional<size_t> left = {};  // in the maildrop at the end; none: it was never opened
};

class Session : public protocol::Dialogue {
 public:
  // `settings` and `users` outlive the session. The greeting waits in take_output() from the start.
  Session(const Settings& settings, users::UserSource& users, protocol::Channel channel);

  // next() returns Close; nothing is removed. A time-out is not answered (RFC 1939 §3), a
  // shut-down is. After next() returned Read or Flush.
  void end(protocol::Ending why);

  Action next();

  void tls_started();
  void authenticated(const protocol::AuthOutcome& outcome);
  // `messages` lives until the session ends.
  void maildrop_opened(const store::MessageList& messages);
  void maildrop_refused(MaildropRefusal why);
  // What stands at the offset that was asked for, up to max_octets; empty at the message's end.
  void message_read(std::string_view text);
  void message_unreadable();
  // Whether all of them are gone for good.
  void messages_removed(bool all);

  // For the log.
  const Tally& tally() const { return tally_; }
  // After next() returned Close.
  protocol::Closed closed() const { return std::get<Closing>(phase_).why; }

 private:
  // The phases of a session; what is known only in one of them lives in it. A login is large and
  // rare: it is on the heap meanwhile.
  struct Fresh {};  // nothing received yet
  // RFC 1939 §4, until the maildrop is open.
  struct Authorization {
    std::string user = {};  // USER's; empty: none yet
  };
  struct LoggingIn {
    std::unique_ptr<protocol::LoginDialogue> dialogue;
  };
  struct StartingTls {};
  // Who is logged in; the maildrop is not open yet.
  struct Opening {
    std::string mailbox;
  };
  // RFC 1939 §5.
  struct Transaction {
    // What is being answered, if it takes more than a line.
    using Reply = std::variant<std::monostate, ListingWriter, MessageWriter>;
    Listing listing;
    Reply reply = {};
  };
  // RFC 1939 §6.
  struct Update {
    std::vector<size_t> deleted;
  };
  struct Closing {
    protocol::Closed why;
  };
  using Phase = std::variant<Fresh, Authorization, LoggingIn, StartingTls, Opening, Transaction,
                             Update, Closing>;

  struct CommandTable;  // in session.cc: a row a command
  unsigned facts() const;

  void user(std::string_view argument);
  void pass(std::string_view argument);
  void auth(std::string_view argument);
  void stls(std::string_view argument);
  void capa(std::string_view argument);
  void stat(std::string_view argument);
  void list(std::string_view argument);
  void uidl(std::string_view argument);
  void retr(std::string_view argument);
  void top(std::string_view argument);
  void dele(std::string_view argument);
  void rset(std::string_view argument);
  void noop(std::string_view argument);
  void quit(std::string_view argument);

  // Each advances its phase: an action, or nothing to go on.
  std::optional<Action> next_of_phase();
  std::optional<Action> next_of(protocol::LoginDialogue& login);
  std::optional<Action> next_of(Transaction& transaction);
  std::optional<Action> next_command();
  bool fits(const MessageWriter& writer);

  void run(const text::Line& line);
  bool may_log_in() const { return protocol::may_log_in(channel_, settings_.logins); }
  protocol::SaslOffer offered() const;
  void answer(Transaction::Reply reply);
  bool is_logged_in() const { return std::holds_alternative<Transaction>(phase_); }
  Listing& listing() { return std::get<Transaction>(phase_).listing; }
  void close_with(const Reply& reply, protocol::Closed why);
  // Too many replies that blame the client end the session.
  void say(const Reply& reply);
  void send(const Reply& reply);

  const Settings& settings_;
  users::UserSource& users_;
  protocol::Channel channel_;
  Phase phase_;
  size_t errors_ = 0;
  Tally tally_;
};

}  // namespace pop3
