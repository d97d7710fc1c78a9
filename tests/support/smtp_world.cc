#include "tests/support/smtp_world.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace support {

using protocol::StoreOutcome;

SmtpWorld::SmtpWorld(smtp::Settings settings, std::string_view users, protocol::Channel channel)
    : settings_(std::move(settings)), users_(users), session_(settings_, users_, channel) {}

std::string SmtpWorld::start() { return run(); }

// What is sent before the handshake is lost in it.
std::string SmtpWorld::send(std::string_view bytes) {
  if (closed_ || awaits_handshake_) return {};
  session_.receive(bytes);
  return run();
}

std::string SmtpWorld::end_of_input() {
  if (closed_) return {};
  session_.end_of_input();
  return run();
}

std::string SmtpWorld::end(protocol::Ending why) {
  session_.end(why);
  return run();
}

std::string SmtpWorld::start_tls() {
  if (!std::exchange(awaits_handshake_, false)) throw std::logic_error("no handshake is awaited");
  session_.tls_started();
  return run();
}

void SmtpWorld::perform(const protocol::Authenticate& action) {
  if (!failures_.extract("login").empty()) {
    return session_.authenticated(protocol::Unavailable{});
  }
  session_.authenticated(login_.step(action, {}));
}

void SmtpWorld::perform(const smtp::ClaimRoom& action) {
  const auto outcome = outcome_of("room");
  if (outcome == StoreOutcome::kFailed) return session_.room_answered(smtp::Room::kUnknown);
  uint64_t octets = std::max<uint64_t>(action.octets, 1);
  for (const auto& [mailbox, text] : stored_) {
    if (mailbox == action.mailbox) octets += text.size();
  }
  const bool is_there = outcome == StoreOutcome::kDone && octets <= quota_;
  if (is_there && !claims_.insert(action.mailbox).second) {
    throw std::logic_error("room is claimed twice");
  }
  session_.room_answered(is_there ? smtp::Room::kThere : smtp::Room::kNone);
}

void SmtpWorld::admit() {
  if (outcome_of("admit") != StoreOutcome::kDone) return session_.message_not_admitted();
  if (!place_.expired()) throw std::logic_error("a place for a second message");
  auto place = std::make_shared<int>();
  place_ = place;
  session_.message_admitted(std::move(place));
}

void SmtpWorld::fail_next(const std::string& action, StoreOutcome outcome) {
  failures_[action] = outcome;
}

void SmtpWorld::take_output(std::string& replies) {
  const std::string output = session_.take_output();
  max_output_ = std::max(max_output_, output.size());
  replies += output;
}

StoreOutcome SmtpWorld::outcome_of(const std::string& action) {
  const auto node = failures_.extract(action);
  return node.empty() ? StoreOutcome::kDone : node.mapped();
}

// As the drive loop does, until the session needs what the test has not sent yet.
std::string SmtpWorld::run() {
  std::string replies;
  for (;;) {
    const smtp::Action action = session_.next();
    if (std::holds_alternative<protocol::Flush>(action)) {
      take_output(replies);
    } else if (std::holds_alternative<protocol::Read>(action)) {
      take_output(replies);
      return replies;
    } else if (std::holds_alternative<protocol::Close>(action)) {
      take_output(replies);
      message_.reset();
      closed_ = true;
      return replies;
    } else if (std::holds_alternative<protocol::StartTls>(action)) {
      take_output(replies);
      awaits_handshake_ = true;
      return replies;
    } else if (const auto* login = std::get_if<protocol::Authenticate>(&action)) {
      perform(*login);
    } else if (const auto* claim = std::get_if<smtp::ClaimRoom>(&action)) {
      perform(*claim);
    } else if (std::holds_alternative<smtp::ReleaseRoom>(action)) {
      claims_.clear();
    } else if (std::holds_alternative<smtp::AdmitMessage>(action)) {
      admit();
    } else if (std::holds_alternative<smtp::OpenMessage>(action)) {
      if (message_) throw std::logic_error("OpenMessage with a message open");
      const auto outcome = outcome_of("open");
      if (outcome == StoreOutcome::kDone) message_.emplace();
      session_.message_opened(outcome);
    } else if (const auto* append = std::get_if<smtp::AppendMessage>(&action)) {
      max_append_ = std::max(max_append_, append->text.size());
      const auto outcome = outcome_of("append");
      message_.value().append(append->text);
      session_.message_appended(outcome);
    } else if (const auto* commit = std::get_if<smtp::CommitMessage>(&action)) {
      const std::string text = std::exchange(message_, std::nullopt).value();
      const auto outcome = outcome_of("commit");
      claims_.clear();
      if (outcome == StoreOutcome::kDone) {
        for (const auto& mailbox : commit->mailboxes) stored_.push_back({mailbox, text});
        commits_.push_back(*commit);
      }
      if (outcome == StoreOutcome::kDone) {
        session_.message_committed("1a2b");
      } else {
        session_.message_not_committed(outcome);
      }
    } else if (std::holds_alternative<smtp::DiscardMessage>(action)) {
      if (!message_) throw std::logic_error("DiscardMessage without a message");
      message_.reset();
    }
  }
}

}  // namespace support
