#include "tests/fuzz/pop3_reading.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <set>

#include "tests/fuzz/check.h"

namespace fuzz {
namespace {

constexpr size_t kReplyLine = 512;

// A line as the client wrote it.
struct Command {
  std::string verb;                    // in upper case
  std::vector<std::string> arguments;  // parted by blanks
  std::string rest;                    // all behind the first blank
};

Command command_from(std::string_view line) {
  Command command;
  const size_t blank = std::min(line.find(' '), line.size());
  for (const char c : line.substr(0, blank)) {
    command.verb += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  while (command.verb.ends_with('\t')) command.verb.pop_back();
  command.rest = line.substr(std::min(blank + 1, line.size()));
  std::string word;
  for (const char c : line.substr(blank)) {
    if (c != ' ' && c != '\t') {
      word += c;
    } else if (!word.empty()) {
      command.arguments.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) command.arguments.push_back(word);
  return command;
}

uint64_t number_from(std::string_view digits) {
  uint64_t number = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return parsed.ec == std::errc() ? number : std::numeric_limits<uint64_t>::max();
}

// A message's header, the blank line, and so many lines of its body.
std::string_view top_of(std::string_view message, uint64_t lines) {
  bool in_body = false;
  size_t shown = 0;
  while (shown < message.size() && (!in_body || lines > 0)) {
    const size_t lf = std::min(message.find('\n', shown), message.size() - 1);
    const auto line = message.substr(shown, lf + 1 - shown);
    if (in_body) --lines;
    if (line.ends_with('\n') && line.find_first_not_of("\r\n") == std::string_view::npos) {
      in_body = true;
    }
    shown += line.size();
  }
  return message.substr(0, shown);
}

std::string dot_stuffed(std::string_view lines) {
  std::string out;
  bool line_start = true;
  for (const char c : lines) {
    if (line_start && c == '.') out += '.';
    out += c;
    line_start = c == '\n';
  }
  return out;
}

class Reading {
 public:
  Reading(const Pop3Case& given, const Pop3Outcome& outcome)
      : case_(given), outcome_(outcome), replies_(outcome.replies) {}

  void read() {
    FUZZ_CHECK(take_line().starts_with("+OK POP3 "));
    std::string_view sent = case_.dialogue;
    if (sent.starts_with('\x16')) {  // a TLS hello: nobody waits for the line's end
      FUZZ_CHECK(take_line() == "-ERR This is a POP3 server, closing transmission channel");
      closed_ = true;
    }
    for (size_t lf; !closed_ && (lf = sent.find('\n')) != std::string_view::npos;) {
      auto line = sent.substr(0, lf);
      sent.remove_prefix(lf + 1);
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
    FUZZ_CHECK(outcome_.removed.has_value() == quit_);
    if (quit_) {
      FUZZ_CHECK(std::vector(deleted_.begin(), deleted_.end()) == *outcome_.removed);
    }
  }

 private:
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

  void read_reply(const Command& command) {
    const auto status = take_line();
    if (command.verb == "AUTH" && !logged_in_ && !command.arguments.empty() &&
        status != "-ERR Syntax error, command unrecognized") {
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
    if (command.verb == "USER" && ok) user_ = command.arguments.at(0);
    if (status == "-ERR No such user") user_.clear();
    if (command.verb == "PASS") return read_login(command, status);
    if (command.verb == "RETR" || command.verb == "TOP") return read_message(command, status);
    if (ok) read_answer(command, status);
  }

  void read_auth(const Command& command, std::string_view status) {
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
    if (!by_credentials_) {
      FUZZ_CHECK(status == "-ERR [AUTH] Invalid password");
      return;
    }
    ++attempts_;
    logged_in_ = status == "+OK Password is valid, mail loaded";
    FUZZ_CHECK(logged_in_ || status.starts_with("-ERR ["));
  }

  // Only with USER's name, and the outcomes of the case: no reply logs in by mistake.
  void read_login(const Command& command, std::string_view status) {
    const bool is_attempt = !logged_in_ && !user_.empty() && !command.arguments.empty() &&
                            status != "-ERR Syntax error, command unrecognized";
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
      logged_in_ = !refusal;
      expected = !refusal ? "+OK Password is valid, mail loaded"
                 : *refusal == pop3::MaildropRefusal::kInUse
                     ? "-ERR [IN-USE] maildrop is locked by another session"
                     : "-ERR [SYS/TEMP] mail store unavailable";
    }
    FUZZ_CHECK(status == expected);
  }

  void read_answer(const Command& command, std::string_view status) {
    const auto& verb = command.verb;
    const bool is_of_one = !command.arguments.empty();
    if (verb == "CAPA") {
      while (take_line() != ".") {
      }
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
  size_t index_from(const Command& command) const {
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

  void read_message(const Command& command, std::string_view status) {
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
  static bool is_complete_top(std::string_view shown, const Command& command) {
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
  std::set<size_t> deleted_;
  std::string user_;     // USER's name, while PASS may follow
  size_t attempts_ = 0;  // to log in
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
