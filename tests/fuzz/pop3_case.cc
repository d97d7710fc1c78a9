#include "tests/fuzz/pop3_case.h"

#include <algorithm>

#include "tests/fuzz/case_users.h"
#include "tests/fuzz/security_octet.h"

namespace fuzz {
namespace {

constexpr size_t kMostDialogue = size_t{6} * 1024;
constexpr size_t kMostDialogueOfMany = 64;
constexpr size_t kMostMessage = size_t{96} * 1024;  // past what is read in one piece
constexpr size_t kMostMessages = 256;
constexpr size_t kMany = 8192;  // a listing of which is longer than the limit on output
constexpr size_t kMostInMaildrop = size_t{160} * 1024;
constexpr size_t kMostRead = size_t{256} * 1024;

std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  for (size_t mark; (mark = text.find(kMark)) != std::string_view::npos;) {
    parts.emplace_back(text.substr(0, mark));
    text.remove_prefix(mark + kMark.size());
  }
  parts.emplace_back(text);
  return parts;
}

}  // namespace

Pop3Case::Pop3Case(std::string_view input)
    : settings{"h", "1.2.3"},
      channel(SecurityOctet(SettingsOctets(input)[kPop3Security]).channel()),
      handshake_fails(SecurityOctet(SettingsOctets(input)[kPop3Security]).handshake_fails()),
      pieces(Pieces::from(SettingsOctets(input).octets(kPop3Pieces, kPop3ReadPieces))),
      read_pieces(
          Pieces::from(SettingsOctets(input).octets(kPop3ReadPieces, SettingsOctets::kCount))),
      finish(finish_from(SettingsOctets(input)[kPop3Finish])),
      interruption(SettingsOctets(input)[kPop3Interruption]),
      removes(SettingsOctets(input)[kPop3RemoveOutcome] % 2 == 0),
      settings_octets_(input.substr(0, SettingsOctets::kCount)) {
  const SettingsOctets said(input);
  if (said[kPop3Errors] > 0) settings.limits.errors = said[kPop3Errors];
  const SecurityOctet security(said[kPop3Security]);
  settings.logins = security.logins();
  settings.hide_users = security.is(SecurityOctet::kHideUsers);
  const auto parts = parts_of(said.rest());
  const bool many = said[kPop3Copies] == 255;
  if (said[kPop3LogsIn] % 2 == 1) dialogue = "USER a@b\r\nPASS x\r\n";
  dialogue += repeated(parts.front(), said[kPop3RepeatDialogue],
                       many ? kMostDialogueOfMany : kMostDialogue);
  handshakes = Handshakes::taken_out_of(dialogue);
  const size_t most_messages = many ? kMany : kMostMessages;
  const size_t copies = many ? kMany : size_t{said[kPop3Copies]} + 1;
  std::vector<std::string> originals;
  for (size_t i = 1; i < std::min(parts.size(), most_messages + 1); ++i) {
    originals.push_back(repeated(parts[i], said[kPop3RepeatMessages], kMostMessage));
  }
  for (size_t copy = 0, octets = 0; copy < copies && messages.size() < most_messages; ++copy) {
    for (const auto& original : originals) {
      octets += original.size();
      messages.push_back(octets <= kMostInMaildrop ? original : std::string());
    }
  }
  for (const auto& message : messages) {
    listing.add({on_the_wire(message).size(), "1a2b-" + std::to_string(listing.size())});
  }
}

protocol::AuthOutcome Pop3Case::authenticated(size_t attempt,
                                              const protocol::Credentials& asked) const {
  switch (SettingsOctets(settings_octets_).pair(kPop3LoginOutcomes, attempt)) {
    case 1:
    case 3:
      return protocol::Unavailable{};
    case 2:
      return protocol::Refused{};
    default:
      break;
  }
  const auto* user = all_users().current()->find_login(asked.user);
  if (user == nullptr || !user->password.matches(asked.password)) return protocol::Refused{};
  return protocol::Accepted{user->name};
}

std::optional<pop3::MaildropRefusal> Pop3Case::maildrop_refused(size_t attempt) const {
  switch (SettingsOctets(settings_octets_).pair(kPop3MaildropOutcomes, attempt)) {
    case 1:
      return pop3::MaildropRefusal::kInUse;
    case 2:
      return pop3::MaildropRefusal::kUnavailable;
    default:
      return std::nullopt;
  }
}

std::optional<size_t> Pop3Case::unreadable_from(size_t nth, size_t octets_before) const {
  if (octets_before > kMostRead) return 0;
  const SettingsOctets said(settings_octets_);
  if (said[kPop3ReadOutcome] != nth + 1) return std::nullopt;
  return said[kPop3ReadOctet];
}

std::string lines_with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' && !out.ends_with('\r')) out += '\r';
    out += c;
  }
  return out;
}

std::string on_the_wire(std::string_view message) {
  std::string out = lines_with_crlf(message);
  if (!out.empty() && !out.ends_with('\n')) out += "\r\n";
  return out;
}

}  // namespace fuzz
