#include "tests/fuzz/smtp_reading.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include "tests/fuzz/check.h"

namespace fuzz {
namespace {

constexpr size_t kReplyLine = 512;

// Takes the first reply off `replies` and returns its code.
int take_reply(std::string_view& replies) {
  constexpr std::array kCodes{220, 221, 235, 250, 334, 354, 421, 451, 452, 454,
                              500, 501, 502, 503, 504, 535, 550, 552, 554, 555};
  for (int code = 0;;) {
    const size_t end = replies.find("\r\n");
    FUZZ_CHECK(end != std::string_view::npos && end >= 4 && end + 2 <= kReplyLine);
    const auto line = replies.substr(0, end);
    replies.remove_prefix(end + 2);
    FUZZ_CHECK(std::ranges::all_of(line, [](char c) { return c >= 32 && c < 127; }));
    FUZZ_CHECK(std::ranges::all_of(line.substr(0, 3), [](char c) { return c >= '0' && c <= '9'; }));
    const int value = std::atoi(std::string(line.substr(0, 3)).c_str());
    FUZZ_CHECK(code == 0 || code == value);
    code = value;
    FUZZ_CHECK(std::ranges::count(kCodes, code) == 1);
    FUZZ_CHECK(line[3] == ' ' || line[3] == '-');
    if (line[3] == ' ') return code;
  }
}

bool is_closing(int code) { return code == 221 || code == 421; }

// The line ending rule, read off the whole of what was sent.
class Sent {
 public:
  explicit Sent(std::string_view all) : rest_(all) {
    const size_t lf = all.find('\n');
    crlf_ = lf != std::string_view::npos && lf > 0 && all[lf - 1] == '\r';
  }

  bool is_crlf() const { return crlf_; }

  bool take_line() {
    const size_t end = rest_.find(crlf_ ? "\r\n" : "\n");
    if (end == std::string_view::npos) return false;
    rest_.remove_prefix(end + (crlf_ ? 2 : 1));
    return true;
  }

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
  std::string_view rest_;
  bool crlf_;
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

}  // namespace

void check_dialogue(const SmtpCase& given, const SmtpOutcome& outcome) {
  std::string_view replies = outcome.replies;
  Sent sent(given.dialogue);
  FUZZ_CHECK(take_reply(replies) == 220);
  size_t messages = 0;
  size_t stored = 0;
  bool closed = false;
  if (given.dialogue.starts_with('\x16')) {  // a TLS hello: nobody waits for the line's end
    FUZZ_CHECK(take_reply(replies) == 421);
    closed = true;
  }
  while (!closed && sent.take_line()) {
    int code = take_reply(replies);
    if (code == 354) {
      const auto message = sent.take_message();
      const size_t number = messages++;
      if (!message) break;
      code = take_reply(replies);
      FUZZ_CHECK(code == 250 || code == 421 || code / 10 == 45 || code / 10 == 55);
      const bool taken =
          is_acceptable(given, sent.is_crlf(), *message) && store_takes(given, number, *message);
      FUZZ_CHECK((code == 250) == taken);
      if (taken) {
        FUZZ_CHECK(stored < outcome.stored.size());
        FUZZ_CHECK(outcome.stored[stored++].text == *message);
      }
    }
    closed = is_closing(code);
  }
  if (!closed && given.finish != Finish::kEndOfInput) FUZZ_CHECK(take_reply(replies) == 421);
  FUZZ_CHECK(replies.empty());
  FUZZ_CHECK(stored == outcome.stored.size());
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
