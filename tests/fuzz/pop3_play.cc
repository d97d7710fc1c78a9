#include "tests/fuzz/pop3_play.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

#include "tests/fuzz/case_users.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/heap_meter.h"

namespace fuzz {
namespace {

constexpr size_t kReplyOctets = 1024;  // CAPA's answer is the longest
// What a session may still hold when it has forgotten all that came in the clear: room for names.
constexpr size_t kForgottenOctets = size_t{2} * 1024;
// Of a client that is silent between two lines: a name, a mark a message.
constexpr size_t kIdleOctets = size_t{2} * 1024 + pop3::Limits::kAuthLine;

class Play {
 public:
  Play(const Pop3Case& given, Pieces pieces, Pieces read_pieces, size_t interruption)
      : case_(given),
        pieces_(pieces),
        read_pieces_(read_pieces),
        piece_octets_(std::min(pieces.longest(), given.dialogue.size())),
        read_octets_(std::min(read_pieces.longest(), pop3::Limits::kReadOctets)),
        interruption_(interruption),
        session_(case_.settings, all_users(), case_.channel) {}

  // Until the session closes.
  void run() {
    while (!closed_) {
      auto action = session_.next();
      FUZZ_CHECK(HeapMeter::held() <= 2 * most_octets());
      FUZZ_CHECK(HeapMeter::peak() <= 3 * (most_octets() + 2 * read_octets_));
      std::visit([this](auto& one) { perform(one); }, action);
    }
  }

  Pop3Outcome& outcome() { return outcome_; }

 private:
  // The limit, and one reply, or one piece of a message: dot-stuffing, and CRs that are missing,
  // make at most two octets of one.
  size_t most_output() const {
    if (!has_read_) return pop3::Session::kOutputLimit + kReplyOctets;
    return pop3::Limits::kTogetherOctets + kReplyOctets + 2 * read_octets_;
  }
  // What the session may have to hold: a line and a piece of input, its replies, what is for the
  // log, and at QUIT the indexes of all messages. A string that grows takes twice, and while it
  // grows three times as much.
  size_t most_octets() const {
    return pop3::Limits::kAuthLine + piece_octets_ + most_output() +
           protocol::Refusals::kKept * size_t{576} + kIdleOctets +
           case_.listing.size() * sizeof(size_t);
  }

  void perform(const protocol::Read& read) {
    take_output();
    FUZZ_CHECK(HeapMeter::held() <= 2 * (pop3::Limits::kAuthLine + piece_octets_) + kIdleOctets);
    const auto sent = std::string_view(case_.dialogue).substr(0, sent_);
    if (sent.ends_with('\n')) FUZZ_CHECK(HeapMeter::held() <= kIdleOctets);
    if (is_interrupted()) return session_.end(protocol::Ending::kShutDown);
    const size_t end = case_.handshakes.send_up_to(sent_, case_.dialogue.size());
    const auto left = std::string_view(case_.dialogue).substr(sent_, end - sent_);
    if (!left.empty()) {
      const auto piece = left.substr(0, std::min(pieces_.next(), read.max_octets));
      sent_ += piece.size();
      return session_.receive(piece);
    }
    switch (case_.finish) {
      case Finish::kEndOfInput:
        return session_.end_of_input();
      case Finish::kTimeOut:
        return session_.end(protocol::Ending::kTimeOut);
      case Finish::kShutDown:
        return session_.end(protocol::Ending::kShutDown);
    }
  }

  void perform(const protocol::Flush&) {
    take_output();
    if (is_interrupted()) session_.end(protocol::Ending::kTimeOut);
  }

  void perform(const protocol::Close&) {
    take_output();
    closed_ = true;
  }

  // What the client sent in the clear behind the command is lost: it may be somebody else's.
  void perform(const protocol::StartTls&) {
    take_output();
    FUZZ_CHECK(case_.settings.logins.tls && !case_.channel.encrypted && !over_tls_ && !opened_);
    const auto over_tls = case_.handshakes.over_tls_from(sent_);
    if (!over_tls || case_.handshake_fails) {
      closed_ = true;
      return;
    }
    sent_ = *over_tls;
    over_tls_ = true;
    session_.tls_started();
    FUZZ_CHECK(HeapMeter::held() <= kForgottenOctets);
  }

  // By PASS and AUTH LOGIN as the case says, by the other mechanisms as sasl_outcome() does.
  void perform(const protocol::Authenticate& asked) {
    FUZZ_CHECK(!opened_);
    const auto* credentials = std::get_if<protocol::Credentials>(&asked.step);
    if (credentials == nullptr) return session_.authenticated(sasl_outcome(asked));
    const auto outcome = case_.authenticated(attempts_, *credentials);
    if (!std::holds_alternative<protocol::Accepted>(outcome)) ++attempts_;
    session_.authenticated(outcome);
  }

  void perform(const pop3::OpenMaildrop& asked) {
    const auto* user = all_users().current()->find(asked.mailbox);
    FUZZ_CHECK(user != nullptr && user->name == asked.mailbox && !opened_);
    {
      const Unmetered own;
      outcome_.mailboxes.push_back(asked.mailbox);
    }
    if (const auto why = case_.maildrop_refused(attempts_++)) {
      return session_.maildrop_refused(*why);
    }
    opened_ = true;
    session_.maildrop_opened(case_.listing);
  }

  void perform(const pop3::ReadMessage& asked) {
    FUZZ_CHECK(opened_ && !outcome_.removed && asked.index < case_.messages.size());
    FUZZ_CHECK(asked.max_octets > 0 && asked.max_octets <= pop3::Limits::kReadOctets);
    has_read_ = true;
    const std::string_view message = case_.messages[asked.index];
    if (asked.offset == 0) {
      unreadable_from_ = case_.unreadable_from(sent_messages_++, sent_octets_);
      sent_octets_ += message.size();
    } else {
      FUZZ_CHECK(asked.index == index_ && asked.offset == offset_);
    }
    const auto left = message.substr(asked.offset);
    size_t octets = std::min({asked.max_octets, read_pieces_.next(), left.size()});
    if (unreadable_from_ && *unreadable_from_ <= message.size()) {
      const size_t readable = *unreadable_from_ - asked.offset;
      if (readable == 0) return session_.message_unreadable();
      octets = std::min(octets, readable);
    }
    index_ = asked.index;
    offset_ = asked.offset + octets;
    session_.message_read(left.substr(0, octets));
  }

  void perform(const pop3::RemoveMessages& asked) {
    FUZZ_CHECK(opened_ && !outcome_.removed);
    {
      const Unmetered own;
      outcome_.removed = asked.indexes;
    }
    session_.messages_removed(case_.removes);
  }

  void take_output() {
    static_cast<void>(session_.take_refusals());
    {
      const std::string output = session_.take_output();
      FUZZ_CHECK(output.size() <= most_output());
      const Unmetered own;
      outcome_.replies += output;
    }
    // From here on no message is read, and there must be less until one is.
    has_read_ = false;
    HeapMeter::begin_peak_anew();
  }

  bool is_interrupted() { return interruption_ > 0 && --interruption_ == 0; }

  const Pop3Case& case_;
  Pieces pieces_;
  Pieces read_pieces_;
  size_t piece_octets_;
  size_t read_octets_;
  size_t interruption_;
  pop3::Session session_;
  Pop3Outcome outcome_;
  size_t sent_ = 0;        // or lost at a handshake
  size_t attempts_ = 0;    // to log in
  bool over_tls_ = false;  // a handshake was done
  bool opened_ = false;
  bool has_read_ = false;  // a message, since the output was taken
  // Of the message that is being sent.
  size_t index_ = 0;
  size_t offset_ = 0;
  std::optional<size_t> unreadable_from_;
  size_t sent_messages_ = 0;
  size_t sent_octets_ = 0;  // theirs, were all read to their end
  bool closed_ = false;
};

}  // namespace

Pop3Outcome play(const Pop3Case& given, Pieces pieces, Pieces read_pieces,
                 Interruption interruption) {
  all_users();  // not to be counted
  Pop3Outcome outcome;
  const HeapMeter meter;
  {
    Play play(given, pieces, read_pieces,
              interruption == Interruption::kNone ? 0 : given.interruption);
    play.run();
    const Unmetered own;
    outcome = std::move(play.outcome());
  }
  FUZZ_CHECK(HeapMeter::held() == 0);
  return outcome;
}

}  // namespace fuzz
