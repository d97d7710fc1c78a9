#include "tests/fuzz/smtp_case.h"

#include <variant>

#include "tests/fuzz/case_users.h"
#include "tests/fuzz/security_octet.h"

namespace fuzz {
namespace {

using protocol::StoreOutcome;

constexpr size_t kMostOctets = size_t{96} * 1024;  // past the limits on output and on one append

StoreOutcome outcome_from(unsigned pair) {
  return pair == 1 ? StoreOutcome::kFull : pair == 2 ? StoreOutcome::kFailed : StoreOutcome::kDone;
}

// What stands between two marks comes more than once.
std::string dialogue_from(const SettingsOctets& octets) {
  const std::string_view text = octets.rest();
  const size_t begin = text.find(kMark);
  if (begin == std::string_view::npos) return std::string(text);
  const std::string_view part = text.substr(begin + kMark.size());
  const size_t end = part.find(kMark);
  std::string dialogue(text.substr(0, begin));
  dialogue += repeated(part.substr(0, end), octets[kSmtpRepeat], kMostOctets);
  if (end != std::string_view::npos) dialogue += part.substr(end + kMark.size());
  return dialogue;
}

smtp::Settings settings_from(const SettingsOctets& octets) {
  smtp::Settings settings;
  settings.host_name = "h";
  if (octets[kSmtpPostmaster] % 2 == 1) settings.postmaster = "mary.smith@example.com";
  if (octets[kSmtpBareNewlines] % 2 == 1) settings.bare_newlines = smtp::BareNewlines::kRefuse;
  settings.has_quota = (octets[kSmtpBareNewlines] & 2U) != 0;
  if (octets[kSmtpRecipients] > 0) settings.limits.recipients = octets[kSmtpRecipients];
  if (octets[kSmtpMessageOctets] > 0) {
    settings.limits.message_octets = uint64_t{octets[kSmtpMessageOctets]} * 16 - 1;
  }
  if (octets[kSmtpErrors] > 0) settings.limits.errors = octets[kSmtpErrors];
  const SecurityOctet security(octets[kSmtpSecurity]);
  settings.logins = security.logins();
  settings.require_login = security.is(SecurityOctet::kRequireLogin);
  settings.any_sender = security.is(SecurityOctet::kAnySender);
  settings.hide_users = security.is(SecurityOctet::kHideUsers);
  return settings;
}

}  // namespace

SmtpCase::SmtpCase(std::string_view input)
    : settings(settings_from(SettingsOctets(input))),
      channel(SecurityOctet(SettingsOctets(input)[kSmtpSecurity]).channel()),
      dialogue(dialogue_from(SettingsOctets(input))),
      handshakes(Handshakes::taken_out_of(dialogue)),
      handshake_fails(SecurityOctet(SettingsOctets(input)[kSmtpSecurity]).handshake_fails()),
      pieces(Pieces::from(SettingsOctets(input).octets(kSmtpPieces, SettingsOctets::kCount))),
      finish(finish_from(SettingsOctets(input)[kSmtpFinish])),
      interruption(SettingsOctets(input)[kSmtpInterruption]),
      settings_octets_(input.substr(0, SettingsOctets::kCount)) {
  // Which of two reasons a refusal names, and so whether it counts as an error, depends on when the
  // store fails.
  if (may_fail_to_append()) settings.limits.errors = kMostOctets;
}

protocol::AuthOutcome SmtpCase::authenticated(const protocol::Authenticate& asked) const {
  if (const auto* credentials = std::get_if<protocol::Credentials>(&asked.step)) {
    const auto* user = user_of_password_in(credentials->password);
    if (user != nullptr) return protocol::Accepted{user->name};
    if (credentials->password.size() % 2 == 0) return protocol::Refused{};
    return protocol::Unavailable{};
  }
  return sasl_outcome(asked);
}

smtp::Room SmtpCase::room_for(const smtp::ClaimRoom& asked) {
  const uint64_t number = asked.octets + (asked.octets > 0 ? asked.mailbox.size() : 0);
  if (number % 4 == 1) return smtp::Room::kNone;
  return number % 4 == 2 ? smtp::Room::kUnknown : smtp::Room::kThere;
}

StoreOutcome SmtpCase::opened(size_t message) const {
  return outcome_from(SettingsOctets(settings_octets_).pair(kSmtpOpenOutcomes, message));
}

StoreOutcome SmtpCase::committed(size_t message) const {
  return outcome_from(SettingsOctets(settings_octets_).pair(kSmtpCommitOutcomes, message));
}

StoreOutcome SmtpCase::appended(size_t message, size_t octets) const {
  const SettingsOctets said(settings_octets_);
  if (message != said.pair(kSmtpAppendOutcome, 1) || octets < said[kSmtpAppendOctet]) {
    return StoreOutcome::kDone;
  }
  return outcome_from(said.pair(kSmtpAppendOutcome, 0));
}

bool SmtpCase::may_fail_to_append() const {
  return outcome_from(SettingsOctets(settings_octets_).pair(kSmtpAppendOutcome, 0)) !=
         StoreOutcome::kDone;
}

}  // namespace fuzz
