// The part of the session that is about a message: MAIL, RCPT and DATA (RFC 5321 §3.3), and what
// becomes of it.
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "smtpd/command.h"
#include "smtpd/recipient.h"
#include "smtpd/session.h"

namespace smtp {

using protocol::Closed;
using protocol::StoreOutcome;

void Session::mail(std::string_view argument) {
  if (settings_.require_login && user_.empty()) return say(login_needed());
  const auto command = parse_mail(argument, greeting_, settings_.limits, may_log_in());
  if (!command) return say(command.error());
  if (settings_.require_login && !settings_.any_sender && !is_own(command->from)) {
    return say(not_your_address());
  }
  phase_ = Admitting{command->from.text, command->octets};
}

void Session::message_admitted(Place place) {
  auto& admitting = std::get<Admitting>(phase_);
  Envelope envelope{std::move(admitting.reverse_path), admitting.octets, std::move(place)};
  phase_ = Transaction{std::make_unique<Envelope>(std::move(envelope))};
  say(sender_ok());
}

void Session::message_not_admitted() {
  phase_ = Idle{};
  say(not_stored(StoreOutcome::kFull));
}

void Session::rcpt(std::string_view argument) {
  ++tally_.asked;
  const auto command = parse_rcpt(argument, greeting_);
  if (!command) return say(command.error());
  const auto users = users_.current();
  const users::User* user = find_recipient(*users, command->to, settings_.postmaster);
  if (user == nullptr) return say(no_such_user(command->to.text));

  auto& envelope = std::get<Transaction>(phase_).envelope;
  if (!envelope->mailboxes.contains(user->name)) {
    if (envelope->mailboxes.size() >= settings_.limits.recipients) {
      return say(too_many_recipients());
    }
    if (settings_.has_quota) {
      Candidate candidate{user->name, command->to.text};
      AwaitingRoom waiting{std::move(envelope), std::make_unique<Candidate>(std::move(candidate))};
      phase_ = std::move(waiting);
      return;
    }
    envelope->mailboxes.insert(user->name);
  }
  ++tally_.recipients;
  say(recipient_ok());
}

// Asked for here and not after the data: there one reply speaks for all recipients, and those with
// room would lose the message with the others (RFC 5321 §4.2.5).
void Session::room_answered(Room room) {
  AwaitingRoom waiting = std::get<AwaitingRoom>(std::move(phase_));
  const auto& envelope = phase_.emplace<Transaction>(std::move(waiting.envelope)).envelope;
  if (room == Room::kNone) return say(mailbox_full(waiting.candidate->address));
  if (room == Room::kUnknown) return say(not_stored(StoreOutcome::kFailed));
  envelope->mailboxes.insert(std::move(waiting.candidate->mailbox));
  ++tally_.recipients;
  say(recipient_ok());
}

void Session::abandon_message(std::variant<Idle, StartingTls> next) {
  if (settings_.has_quota) {
    phase_ = ReleasingRoom{next};
  } else {
    std::visit([this](auto phase) { phase_ = phase; }, next);
  }
}

Action Session::next_of(const ReleasingRoom& releasing) {
  const auto next = releasing.next;
  std::visit([this](auto phase) { phase_ = phase; }, next);
  return ReleaseRoom{};
}

void Session::data(std::string_view) {
  say(start_data());
  Envelope& envelope = *std::get<Transaction>(phase_).envelope;
  const bool lf_lines = reader_.ends() == text::LineEnds::kLf;
  Origin origin{std::move(envelope.reverse_path),
                client_name_,
                greeting_ == Greeting::kEhlo,
                lf_lines,
                channel_.encrypted,
                !user_.empty()};
  std::vector<std::string> mailboxes(envelope.mailboxes.begin(), envelope.mailboxes.end());
  auto reception = std::make_unique<Reception>(settings_, std::move(origin), std::move(mailboxes));
  phase_ = Receiving{std::move(reception), std::move(envelope.place)};
}

std::optional<Action> Session::next_of(Reception& reception) {
  return std::visit(
      [this]<class Step>(Step&& step) -> std::optional<Action> {
        if constexpr (std::is_same_v<Step, Reception::NeedsInput>) {
          if (!input_ended_) {
            return protocol::Read{protocol::Awaited::kMessage, Reception::kReadOctets};
          }
          // A message that came to no end is nobody's; the driver drops it.
          phase_ = Closing{Closed::kEndOfInput};
          return std::nullopt;
        } else if constexpr (std::is_same_v<Step, Reception::Refused>) {
          abandon_message(Idle{});
          say(step.reply);
          return std::nullopt;
        } else {
          return std::forward<Step>(step);
        }
      },
      reception.next(reader_));
}

void Session::message_opened(StoreOutcome outcome) {
  std::get<Receiving>(phase_).reception->opened(outcome);
}

void Session::message_appended(StoreOutcome outcome) {
  std::get<Receiving>(phase_).reception->appended(outcome);
}

void Session::message_committed(std::string_view id) {
  ++tally_.messages;
  tally_.octets += std::get<Receiving>(phase_).reception->octets();
  phase_ = Idle{};
  errors_ = 0;
  commands_ = 0;
  say(message_stored(id));
}

void Session::message_not_committed(StoreOutcome failure) {
  phase_ = Idle{};
  say(not_stored(failure));
}

}  // namespace smtp
