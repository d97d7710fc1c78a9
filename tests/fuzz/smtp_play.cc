#include "tests/fuzz/smtp_play.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <variant>

#include "tests/fuzz/case_users.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/heap_meter.h"

namespace fuzz {
namespace {

using protocol::StoreOutcome;

constexpr size_t kReplyOctets = 1024;  // EHLO's answer is the longest
// What a session may still hold when it has forgotten all that came in the clear: room for names.
constexpr size_t kForgottenOctets = size_t{2} * 1024;
// Of a client that is silent between two lines: its name and an envelope for all four users, or the
// name that it logs in by.
constexpr size_t kIdleOctets = size_t{4} * 1024 + smtp::Limits::kAuthLine;

class Play {
 public:
  Play(const SmtpCase& given, Pieces pieces, size_t interruption)
      : case_(given),
        pieces_(pieces),
        piece_octets_(std::min(pieces.longest(), given.dialogue.size())),
        interruption_(interruption),
        session_(case_.settings, all_users(), case_.channel) {}

  // Until the session closes.
  void run() {
    while (!closed_) {
      auto action = session_.next();
      FUZZ_CHECK(HeapMeter::held() <= 2 * most_octets());
      FUZZ_CHECK(HeapMeter::peak() <= 3 * most_octets());
      std::visit([this](auto& one) { perform(one); }, action);
    }
    FUZZ_CHECK(!message_);
  }

  SmtpOutcome& outcome() { return outcome_; }

 private:
  // What the session may have to hold: a line and a piece of input, its replies, a part of a
  // message, what is for the log. A string that grows takes twice, and while it grows three times
  // as much.
  size_t most_octets() const {
    return smtp::Limits::kAuthLine + piece_octets_ + smtp::Session::kOutputLimit + kReplyOctets +
           std::min(piece_octets_ + 2, smtp::Reception::kAppendOctets) +
           protocol::Refusals::kKept * size_t{576} + kIdleOctets;
  }

  void perform(const protocol::Read& read) {
    take_output();
    FUZZ_CHECK(HeapMeter::held() <= 2 * (smtp::Limits::kAuthLine + piece_octets_) + kIdleOctets);
    const auto sent = std::string_view(case_.dialogue).substr(0, sent_);
    if (sent.ends_with("\r\n")) FUZZ_CHECK(HeapMeter::held() <= kIdleOctets);
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
    const Unmetered own;
    message_.reset();  // an end in the middle of a message: it is nobody's
    claims_.clear();
    closed_ = true;
  }

  // What the client sent in the clear behind the command is lost: it may be somebody else's.
  void perform(const protocol::StartTls&) {
    take_output();
    FUZZ_CHECK(case_.settings.logins.tls && !case_.channel.encrypted && !over_tls_ && !message_);
    FUZZ_CHECK(claims_.empty());
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

  void perform(const protocol::Authenticate& asked) {
    FUZZ_CHECK(!message_);
    const auto outcome = case_.authenticated(asked);
    if (const auto* accepted = std::get_if<protocol::Accepted>(&outcome)) {
      const Unmetered own;
      outcome_.logins.push_back(accepted->user);
    }
    session_.authenticated(outcome);
  }

  void perform(const smtp::ClaimRoom& claim) {
    FUZZ_CHECK(case_.settings.has_quota && !message_);
    FUZZ_CHECK(claim.octets <= case_.settings.limits.message_octets);
    const auto room = SmtpCase::room_for(claim);
    if (room == smtp::Room::kThere) {
      const Unmetered own;
      FUZZ_CHECK(claims_.insert(claim.mailbox).second);
    }
    session_.room_answered(room);
  }

  void perform(const smtp::ReleaseRoom&) {
    FUZZ_CHECK(case_.settings.has_quota && !message_);
    const Unmetered own;
    claims_.clear();
  }

  // What a message holds of what all share is given back when its transaction is over: there is
  // never more than one.
  void perform(const smtp::AdmitMessage& admit) {
    FUZZ_CHECK(!message_ && place_.expired());
    FUZZ_CHECK(admit.octets <= case_.settings.limits.message_octets);
    auto place = std::make_shared<int>();
    place_ = place;
    session_.message_admitted(std::move(place));
  }

  void perform(const smtp::OpenMessage& open) {
    FUZZ_CHECK(!message_ && !place_.expired());
    FUZZ_CHECK(case_.settings.has_quota != claims_.empty());
    FUZZ_CHECK(open.origin.reverse_path.size() <= smtp::Limits::kPath);
    const auto outcome = case_.opened(opened_++);
    if (outcome == StoreOutcome::kDone) {
      const Unmetered own;
      const auto& origin = open.origin;
      message_ = StoredMail{.reverse_path = origin.reverse_path,
                            .client_name = origin.client_name,
                            .extended = origin.extended,
                            .encrypted = origin.encrypted,
                            .logged_in = origin.logged_in};
    }
    session_.message_opened(outcome);
  }

  void perform(const smtp::AppendMessage& append) {
    FUZZ_CHECK(message_ && !append.text.empty());
    FUZZ_CHECK(append.text.size() <= smtp::Reception::kAppendOctets);
    {
      const Unmetered own;
      message_->text.append(append.text);
    }
    session_.message_appended(case_.appended(opened_ - 1, message_->text.size()));
  }

  void perform(const smtp::CommitMessage& commit) {
    const auto outcome = case_.committed(opened_ - 1);
    {
      const Unmetered own;
      FUZZ_CHECK(message_ && commit.octets == message_->text.size());
      check_mailboxes(commit.mailboxes);
      if (case_.settings.has_quota) FUZZ_CHECK(std::ranges::equal(commit.mailboxes, claims_));
      claims_.clear();
      message_->mailboxes = commit.mailboxes;
      if (outcome == StoreOutcome::kDone) outcome_.stored.push_back(*std::move(message_));
      message_.reset();
    }
    if (outcome == StoreOutcome::kDone) {
      session_.message_committed("1a2b");
    } else {
      session_.message_not_committed(outcome);
    }
  }

  void perform(const smtp::DiscardMessage&) {
    FUZZ_CHECK(message_);
    const Unmetered own;
    message_.reset();
  }

  // Each is the name of a user, as users.txt spells it, and is named once.
  void check_mailboxes(const std::vector<std::string>& mailboxes) const {
    FUZZ_CHECK(!mailboxes.empty() && mailboxes.size() <= case_.settings.limits.recipients);
    FUZZ_CHECK(std::set(mailboxes.begin(), mailboxes.end()).size() == mailboxes.size());
    for (const auto& mailbox : mailboxes) {
      const auto* user = all_users().current()->find(mailbox);
      FUZZ_CHECK(user != nullptr && user->name == mailbox);
    }
  }

  void take_output() {
    static_cast<void>(session_.take_refusals());
    const std::string output = session_.take_output();
    FUZZ_CHECK(output.size() <= smtp::Session::kOutputLimit + kReplyOctets);
    const Unmetered own;
    outcome_.replies += output;
  }

  bool is_interrupted() { return interruption_ > 0 && --interruption_ == 0; }

  const SmtpCase& case_;
  Pieces pieces_;
  size_t piece_octets_;
  size_t interruption_;
  smtp::Session session_;
  SmtpOutcome outcome_;
  std::optional<StoredMail> message_;
  std::set<std::string> claims_;  // the mailboxes with room for it
  std::weak_ptr<const void> place_;
  size_t sent_ = 0;  // or lost at a handshake
  size_t opened_ = 0;
  bool over_tls_ = false;  // a handshake was done
  bool closed_ = false;
};

}  // namespace

SmtpOutcome play(const SmtpCase& given, Pieces pieces, Interruption interruption) {
  all_users();  // not to be counted
  SmtpOutcome outcome;
  const HeapMeter meter;
  {
    Play play(given, pieces, interruption == Interruption::kNone ? 0 : given.interruption);
    play.run();
    const Unmetered own;
    outcome = std::move(play.outcome());
  }
  FUZZ_CHECK(HeapMeter::held() == 0);
  return outcome;
}

}  // namespace fuzz
