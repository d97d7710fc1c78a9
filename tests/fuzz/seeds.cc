// Makes the inputs that fuzzing starts from out of the transcripts: what their clients send, their
// settings, failures and messages, in each target's form.
//
//   fuzz_seeds TRANSCRIPTS OUT     OUT/TARGET/NAME
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tests/fuzz/handshakes.h"
#include "tests/fuzz/pieces.h"
#include "tests/fuzz/pop3_case.h"
#include "tests/fuzz/security_octet.h"
#include "tests/fuzz/settings_octets.h"
#include "tests/fuzz/smtp_case.h"
#include "tests/support/transcript.h"

namespace {

using fuzz::SettingsOctets;
using support::Transcript;

class Seeds {
 public:
  explicit Seeds(std::filesystem::path out) : out_(std::move(out)) {}

  void add(const std::string& target, std::string name, const std::string& input) {
    std::ranges::replace(name, '/', '-');
    std::filesystem::create_directories(out_ / target);
    std::ofstream file(out_ / target / name, std::ios::binary);
    file << input;
    if (!file.flush()) throw std::runtime_error("cannot write " + (out_ / target / name).string());
    ++count_;
  }
  size_t count() const { return count_; }

 private:
  std::filesystem::path out_;
  size_t count_ = 0;
};

// The settings in front of an input, all of them 0 but the lengths of pieces, which vary.
class Settings {
 public:
  Settings(size_t pieces_from, size_t variety) : octets_(SettingsOctets::kCount, '\0') {
    constexpr std::array<unsigned char, 7> kLengths{0, 2, 11, 1, 60, 4, 223};
    for (size_t i = pieces_from; i < octets_.size(); ++i) {
      octets_[i] = static_cast<char>(kLengths[(variety + i) % kLengths.size()]);
    }
  }

  // A number that an octet cannot hold is left out: another input will have it.
  void set(size_t octet, size_t value) {
    if (value <= 255) octets_[octet] = static_cast<char>(value);
  }
  void set_pair(size_t octet, size_t nth, unsigned value) {
    if (nth < 4) octets_[octet] |= static_cast<char>(value << (2 * nth));
  }
  const std::string& octets() const { return octets_; }

 private:
  std::string octets_;
};

std::string dialogue_of(const Transcript& transcript) {
  std::string dialogue;
  for (const auto& step : transcript.steps) {
    if (step.kind == 'C') dialogue += step.text + transcript.line_end();
    if (step.kind == 'B') dialogue += step.text;
    if (step.kind == 'H') dialogue += fuzz::Handshakes::kMark;
  }
  return dialogue;
}

unsigned security_of(const Transcript& transcript) {
  using fuzz::SecurityOctet;
  const auto when = [](bool said, SecurityOctet::Bit bit) { return said ? unsigned{bit} : 0U; };
  const std::string tls = transcript.option("tls", "");
  return when(tls == "offered", SecurityOctet::kTlsOffered) |
         when(tls == "started", SecurityOctet::kTlsStarted) |
         when(!transcript.channel().loopback, SecurityOctet::kElsewhere) |
         when(transcript.is_set("allow-plaintext-logins"), SecurityOctet::kPlaintextLogins) |
         when(transcript.is_set("require-login"), SecurityOctet::kRequireLogin) |
         when(transcript.is_set("any-sender"), SecurityOctet::kAnySender) |
         when(transcript.is_set("hide-users"), SecurityOctet::kHideUsers);
}

size_t finish_of(const Transcript& transcript) {
  for (const auto& step : transcript.steps) {
    if (step.kind == 'T') return 1;
    if (step.kind == 'D') return 2;
  }
  return 0;
}

void set_smtp_failures(const Transcript& transcript, Settings& settings) {
  size_t message = 0;
  for (const auto& step : transcript.steps) {
    if (step.kind == 'C' && step.text == "DATA") ++message;
    if (step.kind != 'F' || step.text.starts_with("room") || step.text.starts_with("admit"))
      continue;
    const unsigned outcome = step.text.ends_with("full") ? 1 : 2;
    if (step.text.starts_with("open")) {
      settings.set_pair(fuzz::kSmtpOpenOutcomes, message, outcome);
    } else if (step.text.starts_with("commit")) {
      settings.set_pair(fuzz::kSmtpCommitOutcomes, message, outcome);
    } else {
      settings.set_pair(fuzz::kSmtpAppendOutcome, 0, outcome);
      settings.set_pair(fuzz::kSmtpAppendOutcome, 1, static_cast<unsigned>(message % 4));
    }
  }
}

void add_smtp(const Transcript& transcript, size_t variety, Seeds& seeds) {
  Settings settings(fuzz::kSmtpPieces, variety);
  settings.set(fuzz::kSmtpFinish, finish_of(transcript));
  settings.set(fuzz::kSmtpBareNewlines,
               (transcript.option("bare-newlines", "") == "refuse" ? 1U : 0U) +
                   (transcript.option("quota", "").empty() ? 0U : 2U));
  settings.set(fuzz::kSmtpPostmaster, transcript.option("postmaster", "").empty() ? 0 : 1);
  settings.set(fuzz::kSmtpRecipients, std::stoul(transcript.option("max-recipients", "0")));
  settings.set(fuzz::kSmtpMessageOctets,
               (std::stoul(transcript.option("max-message-size", "0")) + 15) / 16);
  settings.set(fuzz::kSmtpInterruption, variety % 5 == 0 ? 3 : 0);
  settings.set(fuzz::kSmtpSecurity, security_of(transcript));
  set_smtp_failures(transcript, settings);
  seeds.add("smtp_session", transcript.name, settings.octets() + dialogue_of(transcript));
}

void set_pop3_failures(const Transcript& transcript, Settings& settings) {
  for (const auto& step : transcript.steps) {
    if (step.kind != 'F') continue;
    if (step.text.starts_with("login")) settings.set_pair(fuzz::kPop3LoginOutcomes, 0, 1);
    if (step.text.starts_with("maildrop")) {
      settings.set_pair(fuzz::kPop3MaildropOutcomes, 0, step.text.ends_with("in-use") ? 1 : 2);
    }
    if (step.text.starts_with("read")) settings.set(fuzz::kPop3ReadOutcome, 1);
    if (step.text.starts_with("remove")) settings.set(fuzz::kPop3RemoveOutcome, 1);
  }
}

void add_pop3(const Transcript& transcript, size_t variety, Seeds& seeds) {
  Settings settings(fuzz::kPop3Pieces, variety);
  settings.set(fuzz::kPop3Finish, finish_of(transcript));
  settings.set(fuzz::kPop3Interruption, variety % 5 == 0 ? 3 : 0);
  settings.set(fuzz::kPop3Security, security_of(transcript));
  set_pop3_failures(transcript, settings);
  std::string maildrop;
  for (const auto& message : transcript.given) {
    maildrop.append(fuzz::kMark).append(message.text);
  }
  seeds.add("pop3_session", transcript.name,
            settings.octets() + dialogue_of(transcript) + maildrop);
}

// What the parts are made of that both servers share.
void add_parts(const Transcript& transcript, size_t variety, Seeds& seeds) {
  const std::string dialogue = dialogue_of(transcript);
  const std::string pieces = Settings(0, variety).octets().substr(0, fuzz::Pieces::kLengths);
  Settings line_reader(4, variety);
  line_reader.set(0, variety % 2);
  line_reader.set(1, variety % 4);
  line_reader.set(2, 20);
  seeds.add("line_reader", transcript.name, line_reader.octets() + dialogue);
  seeds.add("dots", transcript.name, pieces + dialogue);
  seeds.add("users", transcript.name, transcript.users);
  for (const auto* messages : {&transcript.given, &transcript.stored}) {
    for (size_t i = 0; i < messages->size(); ++i) {
      Settings top(1, variety);
      top.set(0, i);
      const std::string name = transcript.name + "-" + std::to_string(i);
      seeds.add("top", name, top.octets() + (*messages)[i].text);
      seeds.add("dots", name, pieces + (*messages)[i].text);
    }
  }
  for (const auto& step : transcript.steps) {
    const size_t colon = step.text.find(':');
    if (step.kind != 'C' || colon == std::string::npos) continue;
    seeds.add("paths", transcript.name + "-" + std::to_string(step.line),
              step.text.substr(colon + 1));
  }
}

// What no transcript has: mostly so much that every limit on memory is reached.
void add_others(Seeds& seeds) {
  Settings replies(fuzz::kSmtpPieces, 0);
  replies.set(fuzz::kSmtpRepeat, 254);
  seeds.add("smtp_session", "long-replies",
            replies.octets() +
                "\xff\xff"
                "EHLO c\r\n");
  Settings message(fuzz::kSmtpPieces, 6);
  message.set(fuzz::kSmtpRepeat, 254);
  seeds.add("smtp_session", "long-message",
            message.octets() + "HELO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n\xff\xff" +
                std::string(150, '.') + "\r\n\xff\xff\r\n.\r\n");
  Settings listings(fuzz::kPop3Pieces, 1);
  listings.set(fuzz::kPop3LogsIn, 1);
  listings.set(fuzz::kPop3RepeatDialogue, 249);
  listings.set(fuzz::kPop3Copies, 255);
  listings.set(fuzz::kPop3Interruption, 3);
  seeds.add("pop3_session", "long-listings",
            listings.octets() + "UIDL\r\nLIST\r\nDELE 3\r\n\xff\xff\xff\xff.");
  Settings unreadable(fuzz::kPop3Pieces, 2);
  unreadable.set(fuzz::kPop3LogsIn, 1);
  unreadable.set(fuzz::kPop3ReadOutcome, 2);
  unreadable.set(fuzz::kPop3ReadOctet, 20);
  seeds.add("pop3_session", "unreadable-in-the-middle",
            unreadable.octets() + "TOP 1 0\r\nRETR 1\r\nQUIT\r\n\xff\xffSubject: x\n\none\n.two\n");
  Settings mail(fuzz::kPop3Pieces, 6);
  mail.set(fuzz::kPop3LogsIn, 1);
  mail.set(fuzz::kPop3RepeatMessages, 255);
  seeds.add("pop3_session", "long-message",
            mail.octets() + "RETR 1\r\nTOP 1 40\r\nDELE 1\r\nQUIT\r\n\xff\xff.\n.\r\n\n.x\r");
}

// Forms that no transcript's address or user has.
void add_forms(Seeds& seeds) {
  constexpr std::array kPaths{"<a@[IPv6:1:2:3:4:5:6:7:8]>",
                              "<a@[IPv6:1:2:3::5:6:7:8]>",
                              "<a@[IPv6:1:2::5:6:7:8]>",
                              "<a@[ipv6:1:2::127.0.0.1]>",
                              "<a@[IPv6:1:2:3:4:5:6:1.2.3.4]>",
                              "<a@[IPv6:1:2:3:4::1.2.3.4]>",
                              "<a@[IPv6:1:2:3:4:5::1.2.3.4]>",
                              "<a@[001.02.3.255]>",
                              "<a@[1.2.3.256]>",
                              "<a@[x-y:z]>",
                              "<@a.b,@c:\"a\\\" b\"@d>",
                              "<a@b-> SIZE=1 BODY=7BIT",
                              "<a@b> SIZE=52428800 body=8bitmime ",
                              "<a@b> SIZE=52428801",
                              "<> SIZE=00000000000000000001"};
  for (size_t i = 0; i < kPaths.size(); ++i) {
    seeds.add("paths", "form-" + std::to_string(i), kPaths[i]);
  }
  constexpr std::array kUsers{"A@b x\na@B y\n",    "a@b {PLAIN}{x}\n#\n\r\nc@d\t \t{x y \r\n",
                              "a@b {plain}\n",     "a@b {MD5}x\n",
                              "a@b {}x\n.a@b x\n", "a/b@c x\n"};
  for (size_t i = 0; i < kUsers.size(); ++i) {
    seeds.add("users", "form-" + std::to_string(i), kUsers[i]);
  }
}

void make(const std::filesystem::path& transcripts, const std::filesystem::path& out) {
  std::filesystem::remove_all(out);
  Seeds seeds(out);
  size_t variety = 0;
  for (const auto& transcript : support::read_transcripts(transcripts, "smtp")) {
    add_smtp(transcript, variety, seeds);
    add_parts(transcript, variety++, seeds);
  }
  for (const auto& transcript : support::read_transcripts(transcripts, "pop3")) {
    add_pop3(transcript, variety, seeds);
    add_parts(transcript, variety++, seeds);
  }
  add_others(seeds);
  add_forms(seeds);
  std::cout << seeds.count() << " seeds\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "Usage: fuzz_seeds TRANSCRIPTS OUT\n";
    return 2;
  }
  try {
    make(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::cerr << "fuzz_seeds: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
