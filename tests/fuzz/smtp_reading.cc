#include "tests/fuzz/smtp_reading.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include "tests/fuzz/check.h"
#include "tests/fuzz/smtp_standing.h"

namespace fuzz {
namespace {

constexpr size_t kReplyLine = 512;

// Takes the first reply off `replies`.
SmtpReply take_reply(std::string_view& replies) {
  constexpr std::array kCodes{220, 221, 235, 250, 252, 334, 354, 421, 451, 452, 454, 500,
                              501, 502, 503, 504, 530, 535, 538, 550, 552, 553, 554, 555};
  for (SmtpReply reply;;) {
    const size_t end = replies.find("\r\n");
    FUZZ_CHECK(end != std::string_view::npos && end >= 4 && end + 2 <= kReplyLine);
    const auto line = replies.substr(0, end);
    replies.remove_prefix(end + 2);
    FUZZ_CHECK(std::ranges::all_of(line, [](char c) { return c >= 32 && c < 127; }));
    FUZZ_CHECK(std::ranges::all_of(line.substr(0, 3), [](char c) { return c >= '0' && c <= '9'; }));
    const int value = std::atoi(std::string(line.substr(0, 3)).c_str());
    FUZZ_CHECK(reply.code == 0 || reply.code == value);
    reply.code = value;
    FUZZ_CHECK(std::ranges::count(kCodes, reply.code) == 1);
    FUZZ_CHECK(line[3] == ' ' || line[3] == '-');
    reply.lines.push_back(line.substr(4));
    if (line[3] == ' ') return reply;
  }
}

bool is_closing(int code) { return code == 221 || code == 421; }

// The line ending rule, read off the whole of what was sent.
class Sent {
 public:
  explicit Sent(std::string_view all) : rest_(all) { decide(); }

  bool is_crlf() const { return crlf_; }
  bool begins_with_tls() const { return rest_.starts_with('\x16'); }

  // Without its line end.
  std::optional<std::string_view> take_line() {
    const size_t end = rest_.find(crlf_ ? "\r\n" : "\n");
    if (end == std::string_view::npos) return std::nullopt;
    auto line = rest_.substr(0, end);
    if (!crlf_ && line.ends_with('\r')) line.remove_suffix(1);
    rest_.remove_prefix(end + (crlf_ ? 2 : 1));
    return line;
  }

  // So much is no line: then the first line decides again.
  void lose(size_t octets) {
    rest_.remove_prefix(octets);
    decide();
  }

  size_t left() const { return rest_.size(); }

  // The message that ends at the next final dot, as it is to be stored.
  std::optional<std::string> take_message() {
    std::string message;
    for (auto rest = rest_;;) {
      const size_t end = rest.find(crlf_ ? "\r\n" : "\n");
      if (end == std::string_view::npos) return std::nullopt;
      auto line = rest.substr(0, end + (crlf_ ? 2 : 1));
      rest.remove_prefix(line.size());
      if (line == ".\r\n" || (!crlf_ && line == ".\n")) {
        rest_ = rest;
        return message;
      }
      if (line.starts_with('.')) line.remove_prefix(1);
      message += line;
    }
  }

 private:
  void decide() {
    const size_t lf = rest_.find('\n');
    crlf_ = lf != std::string_view::npos && lf > 0 && rest_[lf - 1] == '\r';
  }

  std::string_view rest_;
  bool crlf_ = true;
};

// Where a CR or LF first stands alone; the first octet is 1.
std::optional<size_t> first_bare(std::string_view message) {
  for (size_t i = 0; i < message.size(); ++i) {
    const bool after_cr = i > 0 && message[i - 1] == '\r';
    if (message[i] == '\n' && !after_cr) return i + 1;
    if (message[i] == '\r' && !message.substr(i + 1).starts_with('\n')) return i + 1;
  }
  return std::nullopt;
}

// Whether a message of these octets may be stored, if the store takes it.
bool is_acceptable(const SmtpCase& given, bool crlf, std::string_view message) {
  const bool bare_matters = crlf && given.settings.bare_newlines == smtp::BareNewlines::kRefuse;
  return message.size() <= given.settings.limits.message_octets && !message.contains('\0') &&
         !(bare_matters && first_bare(message));
}

bool store_takes(const SmtpCase& given, size_t number, std::string_view message) {
  using protocol::StoreOutcome;
  return given.opened(number) == StoreOutcome::kDone &&
         given.committed(number) == StoreOutcome::kDone &&
         (message.empty() || given.appended(number, message.size()) == StoreOutcome::kDone);
}

class Reading {
 public:
  Reading(const SmtpCase& given, const SmtpOutcome& outcome)
      : given_(given),
        outcome_(outcome),
        replies_(outcome.replies),
        sent_(given.dialogue),
        standing_(given, outcome) {}

  void read() {
    FUZZ_CHECK(take_reply(replies_).code == 220);
    refuse_tls();
    while (!closed_) {
      const auto line = sent_.take_line();
      if (!line) break;
      read_reply(*line);
    }
    if (!closed_ && given_.finish != Finish::kEndOfInput) {
      FUZZ_CHECK(take_reply(replies_).code == 421);
    }
    FUZZ_CHECK(replies_.empty());
    FUZZ_CHECK(stored_ == outcome_.stored.size());
    FUZZ_CHECK(standing_.all_logins_are_told());
  }

 private:
  // A TLS hello where a first line should be: nobody waits for the line's end.
  void refuse_tls() {
    if (!sent_.begins_with_tls()) return;
    FUZZ_CHECK(take_reply(replies_).code == 421);
    closed_ = true;
  }

  void read_reply(std::string_view line) {
    const SmtpReply reply = take_reply(replies_);
    standing_.answered(line, reply);
    closed_ = is_closing(reply.code);
    if (reply.code == 354) read_message();
    if (reply.code == 220) read_handshake();
  }

  void read_message() {
    const auto message = sent_.take_message();
    const size_t number = messages_++;
    if (!message) return sent_.lose(sent_.left());
    const int code = take_reply(replies_).code;
    FUZZ_CHECK(code == 250 || code == 421 || code / 10 == 45 || code / 10 == 55);
    const bool taken =
        is_acceptable(given_, sent_.is_crlf(), *message) && store_takes(given_, number, *message);
    FUZZ_CHECK((code == 250) == taken);
    if (taken) {
      FUZZ_CHECK(stored_ < outcome_.stored.size());
      const auto& mail = outcome_.stored[stored_++];
      FUZZ_CHECK(mail.text == *message);
      standing_.check_origin(mail);
    }
    standing_.end_transaction();
    closed_ = is_closing(code);
  }

  // What stands in the clear behind the command has no answer.
  void read_handshake() {
    const size_t taken = given_.dialogue.size() - sent_.left();
    const auto over_tls = given_.handshakes.over_tls_from(taken);
    if (!over_tls || given_.handshake_fails) {
      closed_ = true;
      return;
    }
    sent_.lose(*over_tls - taken);
    standing_.started_tls();
    refuse_tls();
  }

  const SmtpCase& given_;
  const SmtpOutcome& outcome_;
  std::string_view replies_;
  Sent sent_;
  SmtpStanding standing_;
  size_t messages_ = 0;
  size_t stored_ = 0;
  bool closed_ = false;
};

}  // namespace

void check_dialogue(const SmtpCase& given, const SmtpOutcome& outcome) {
  Reading(given, outcome).read();
}

std::string without_reasons(std::string_view replies) {
  std::string out;
  while (!replies.empty()) {
    const auto line = replies.substr(0, replies.find("\r\n") + 2);
    replies.remove_prefix(line.size());
    const bool is_refusal = line.starts_with("451 ") || line.starts_with("452 ") ||
                            line.starts_with("552 ") || line.starts_with("554 ");
    out += is_refusal ? "refused\r\n" : line;
  }
  return out;
}

}  // namespace fuzz
