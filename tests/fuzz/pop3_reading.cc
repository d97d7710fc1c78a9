#include "tests/fuzz/pop3_reading.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "tests/fuzz/check.h"
#include "tests/fuzz/pop3_text.h"

namespace fuzz {
namespace {

constexpr size_t kReplyLine = 512;
constexpr std::string_view kLoaded = "+OK Password is valid, mail loaded";
constexpr std::string_view kInUse = "-ERR [IN-USE] maildrop is locked by another session";
constexpr std::string_view kUnavailable = "-ERR [SYS/TEMP] mail store unavailable";
constexpr std::string_view kMalformed = "-ERR Syntax error, command unrecognized";

class Reading {
 public:
  Reading(const Pop3Case& given, const Pop3Outcome& outcome)
      : case_(given),
        outcome_(outcome),
        replies_(outcome.replies),
        sent_(given.dialogue),
        encrypted_(given.channel.encrypted) {}

  void read() {
    FUZZ_CHECK(take_line().starts_with("+OK POP3 "));
    refuse_tls();
    for (size_t lf; !closed_ && (lf = sent_.find('\n')) != std::string_view::npos;) {
      auto line = sent_.substr(0, lf);
      sent_.remove_prefix(lf + 1);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (in_sasl_) {
        read_sasl(take_line());
      } else {
        read_reply(command_from(line));
      }
    }
    if (!closed_ && case_.finish == Finish::kShutDown) {
      FUZZ_CHECK(take_line().starts_with("-ERR "));
    }
    FUZZ_CHECK(replies_.empty());
    FUZZ_CHECK(outcome_.mailboxes.size() == mailboxes_);
    FUZZ_CHECK(outcome_.removed.has_value() == quit_);
    if (quit_) {
      FUZZ_CHECK(std::vector(deleted_.begin(), deleted_.end()) == *outcome_.removed);
    }
  }

 private:
  // A TLS hello where a first line should be: nobody waits for the line's end.
  void refuse_tls() {
    if (!sent_.starts_with('\x16')) return;
    FUZZ_CHECK(take_line() == "-ERR This is a POP3 server, closing transmission channel");
    closed_ = true;
  }

  // With TLS to be had, no password of another machine's comes in the clear.
  bool may_log_in() const {
    const auto& policy = case_.settings.logins;
    if (!policy.tls || encrypted_) return true;
    return case_.channel.loopback || policy.plaintext_logins;
  }

  // RFC 2595 §4: in the AUTHORIZATION state, once.
  bool offers_tls() const { return case_.settings.logins.tls && !encrypted_ && !logged_in_; }

  // All is forgotten, and what stands in the clear behind the command has no answer.
  void read_handshake() {
    const size_t taken = case_.dialogue.size() - sent_.size();
    const auto over_tls = case_.handshakes.over_tls_from(taken);
    if (!over_tls || case_.handshake_fails) {
      closed_ = true;
      return;
    }
    sent_.remove_prefix(*over_tls - taken);
    encrypted_ = true;
    user_.clear();
    refuse_tls();
  }

  std::string_view take_line() {
    const size_t end = replies_.find("\r\n");
    FUZZ_CHECK(end != std::string_view::npos && end + 2 <= kReplyLine);
    const auto line = replies_.substr(0, end);
    replies_.remove_prefix(end + 2);
    FUZZ_CHECK(std::ranges::all_of(line, [](char c) { return c >= 32 && c < 127; }));
    return line;
  }
  void take(std::string_view expected) {
    FUZZ_CHECK(replies_.starts_with(expected));
    replies_.remove_prefix(expected.size());
  }

  void read_reply(const Pop3Command& command) {
    const auto status = take_line();
    if (command.verb == "AUTH" && !logged_in_ && !command.arguments.empty() &&
        status != kMalformed) {
      return read_auth(command, status);
    }
    const bool ok = status == "+OK" || status.starts_with("+OK ");
    FUZZ_CHECK(ok || status.starts_with("-ERR "));
    const bool not_removed = status == "-ERR some deleted messages not removed";
    closed_ = not_removed || status.ends_with("closing transmission channel");
    if (closed_) {
      FUZZ_CHECK(!ok || command.verb == "QUIT");
      quit_ = logged_in_ && (ok || not_removed);
      if (quit_) FUZZ_CHECK(ok == case_.removes);
      return;
    }
    if (command.verb == "STLS") return read_stls(command, status);
    if (command.verb == "USER") read_user(command, status);
    if (command.verb == "PASS") return read_login(command, status);
    if (command.verb == "RETR" || command.verb == "TOP") return read_message(command, status);
    if (ok) read_answer(command, status);
  }

  void read_stls(const Pop3Command& command, std::string_view status) {
    const bool bare = command.arguments.empty();
    const bool begins = status == "+OK Begin TLS negotiation";
    FUZZ_CHECK(begins == (bare && offers_tls()) || status == kMalformed);
    if (begins) return read_handshake();
    if (!bare || status == kMalformed) return;
    const bool never = !logged_in_ && !case_.settings.logins.tls;
    FUZZ_CHECK(status ==
               (never ? "-ERR Command not implemented" : "-ERR Bad sequence of commands"));
  }

  void read_user(const Pop3Command& command, std::string_view status) {
    if (status == "-ERR [AUTH] TLS is needed") FUZZ_CHECK(!may_log_in());
    const bool looked_at = status == "-ERR No such user" || status.starts_with("+OK");
    if (looked_at) FUZZ_CHECK(may_log_in() && !logged_in_);
    if (case_.settings.hide_users) FUZZ_CHECK(status != "-ERR No such user");
    if (status.starts_with("+OK")) {
      user_ = command.arguments.at(0);
    } else if (looked_at) {
      user_.clear();
    }
  }

  void read_auth(const Pop3Command& command, std::string_view status) {
    if (status == "-ERR [AUTH] TLS is needed") {
      FUZZ_CHECK(!may_log_in());
      return;
    }
    // A closing one may be of either.
    FUZZ_CHECK(may_log_in() || status.ends_with("closing transmission channel"));
    user_.clear();
    std::string mechanism = command.arguments.front();
    for (char& c : mechanism) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    by_credentials_ = mechanism == "LOGIN";
    read_sasl(status);
  }

  // An answer to AUTH, or to what the client says to go on with it.
  void read_sasl(std::string_view status) {
    in_sasl_ = status.starts_with("+ ");
    if (in_sasl_) return;
    closed_ = status.ends_with("closing transmission channel");
    const bool not_tried = closed_ || status == "-ERR Authentication cancelled" ||
                           status == "-ERR Cannot decode response" ||
                           status == "-ERR Unrecognized authentication mechanism";
    if (not_tried) return;
    const bool checked = status == "-ERR [AUTH] Invalid password" ||
                         status == "-ERR [SYS/TEMP] login unavailable, wait";
    if (by_credentials_ || !checked) ++attempts_;
    if (checked) return;
    // Who may log in, so that the maildrop was asked for.
    ++mailboxes_;
    logged_in_ = status == kLoaded;
    FUZZ_CHECK(logged_in_ || status == kInUse || status == kUnavailable);
  }

  // Only with USER's name, and the outcomes of the case: no reply logs in by mistake.
  void read_login(const Pop3Command& command, std::string_view status) {
    const bool is_attempt =
        !logged_in_ && !user_.empty() && !command.arguments.empty() && status != kMalformed;
    if (!is_attempt) {
      FUZZ_CHECK(status.starts_with("-ERR "));
      return;
    }
    const auto outcome = case_.authenticated(attempts_, {user_, command.rest});
    const auto refusal = case_.maildrop_refused(attempts_++);
    user_.clear();
    std::string_view expected = "-ERR [SYS/TEMP] login unavailable, wait";
    if (std::holds_alternative<protocol::Refused>(outcome)) {
      expected = "-ERR [AUTH] Invalid password";
    } else if (std::holds_alternative<protocol::Accepted>(outcome)) {
      ++mailboxes_;
      logged_in_ = !refusal;
      expected = !refusal                                    ? kLoaded
                 : *refusal == pop3::MaildropRefusal::kInUse ? kInUse
                                                             : kUnavailable;
    }
    FUZZ_CHECK(status == expected);
  }

  void read_answer(const Pop3Command& command, std::string_view status) {
    const auto& verb = command.verb;
    const bool is_of_one = !command.arguments.empty();
    if (verb == "CAPA") {
      read_capabilities();
    } else if (verb == "DELE") {
      FUZZ_CHECK(deleted_.insert(index_from(command)).second);
    } else if (verb == "RSET") {
      FUZZ_CHECK(status == "+OK " + std::to_string(deleted_.size()) + " messages restored");
      deleted_.clear();
    } else if (verb == "STAT") {
      FUZZ_CHECK(status == "+OK " + std::to_string(left()) + ' ' + std::to_string(octets_left()));
    } else if (verb == "LIST" || verb == "UIDL") {
      if (is_of_one) {
        FUZZ_CHECK(status == "+OK " + listed(verb, index_from(command)));
      } else {
        read_listing(verb, status);
      }
    }
  }

  // RFC 2449 §5, RFC 2595 §4, RFC 5034 §3: what may be done now, and what may be done here.
  void read_capabilities() {
    std::set<std::string> lines;
    for (std::string_view line; (line = take_line()) != ".";) lines.emplace(line);
    const std::string sasl = "SASL PLAIN LOGIN SCRAM-SHA-256";
    FUZZ_CHECK(lines.contains("STLS") == offers_tls());
    FUZZ_CHECK(lines.contains("USER") == may_log_in());
    FUZZ_CHECK(lines.contains(sasl) == (may_log_in() && !encrypted_));
    FUZZ_CHECK(lines.contains(sasl + " SCRAM-SHA-256-PLUS") == encrypted_);
  }

  void read_listing(std::string_view verb, std::string_view status) {
    if (verb == "LIST") {
      FUZZ_CHECK(status == "+OK " + std::to_string(left()) + " messages (" +
                               std::to_string(octets_left()) + " octets)");
    }
    for (size_t i = 0; i < case_.listing.size(); ++i) {
      if (!deleted_.contains(i)) take(listed(verb, i) + "\r\n");
    }
    take(".\r\n");
  }

  // Of a message that is there and not deleted.
  size_t index_from(const Pop3Command& command) const {
    FUZZ_CHECK(!command.arguments.empty());
    const uint64_t number = number_from(command.arguments.front());
    FUZZ_CHECK(logged_in_ && number >= 1 && number <= case_.listing.size());
    FUZZ_CHECK(!deleted_.contains(number - 1));
    return number - 1;
  }

  std::string listed(std::string_view verb, size_t index) const {
    return std::to_string(index + 1) + ' ' +
           (verb == "LIST" ? std::to_string(case_.listing.octets_of(index))
                           : case_.listing.uid_of(index));
  }

  void read_message(const Pop3Command& command, std::string_view status) {
    const bool unavailable = status == "-ERR [SYS/TEMP] message unavailable";
    if (status != "+OK Message follows" && !unavailable) return;
    const std::string_view message = case_.messages[index_from(command)];
    const auto unreadable_from = case_.unreadable_from(sent_messages_++, sent_octets_);
    sent_octets_ += message.size();
    auto shown = message;
    if (command.verb == "TOP") {
      FUZZ_CHECK(command.arguments.size() == 2);
      shown = top_of(message, number_from(command.arguments[1]));
    }
    FUZZ_CHECK(unavailable == (unreadable_from == size_t{0}));
    if (unavailable) return;
    // Of a whole message the end must be read as well.
    const bool to_the_end = command.verb == "RETR" || !is_complete_top(shown, command);
    if (unreadable_from &&
        (*unreadable_from < shown.size() || (to_the_end && *unreadable_from == message.size()))) {
      // What could be read, and no dot: so the client sees that it has not got it all.
      take(dot_stuffed(lines_with_crlf(shown.substr(0, *unreadable_from))));
      FUZZ_CHECK(replies_.empty());
      closed_ = true;
      return;
    }
    take(dot_stuffed(on_the_wire(shown)));
    take(".\r\n");
  }

  // Whether TOP had all its lines, so that it did not look for the message's end.
  static bool is_complete_top(std::string_view shown, const Pop3Command& command) {
    const auto longer = std::string(shown) + "x";
    return top_of(longer, number_from(command.arguments[1])).size() == shown.size();
  }

  size_t left() const { return case_.listing.size() - deleted_.size(); }
  uint64_t octets_left() const {
    uint64_t octets = 0;
    for (size_t i = 0; i < case_.listing.size(); ++i) {
      if (!deleted_.contains(i)) octets += case_.listing.octets_of(i);
    }
    return octets;
  }

  const Pop3Case& case_;
  const Pop3Outcome& outcome_;
  std::string_view replies_;
  std::string_view sent_;  // what is left of it
  bool encrypted_;
  std::set<size_t> deleted_;
  std::string user_;      // USER's name, while PASS may follow
  size_t attempts_ = 0;   // to log in
  size_t mailboxes_ = 0;  // that were asked for
  bool logged_in_ = false;
  bool in_sasl_ = false;         // a line is awaited that is no command
  bool by_credentials_ = false;  // AUTH LOGIN
  bool closed_ = false;
  bool quit_ = false;
  size_t sent_messages_ = 0;
  size_t sent_octets_ = 0;
};

}  // namespace

void check_dialogue(const Pop3Case& given, const Pop3Outcome& outcome) {
  Reading(given, outcome).read();
}

}  // namespace fuzz
