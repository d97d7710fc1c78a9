#include "tests/support/transcript.h"

#include <gtest/gtest-printers.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <stdexcept>

namespace support {
namespace {

constexpr auto kSampleUsers =
    "john.doe@example.com password123\n"
    "mary.smith@example.com mypasswordisstrongerthanyours\n"
    "edward.snowden@example.com ThisIsA100%SecureAndMemorablePassword\n";

std::string repeat_runs(const std::string& text) {
  static const std::regex kRun(R"(\{(.)\*(\d+)\})");
  std::string out;
  auto from = text.cbegin();
  for (std::smatch match; std::regex_search(from, text.cend(), match, kRun);) {
    out.append(from, match[0].first);
    out.append(std::stoul(match[2]), *match[1].first);
    from = match[0].second;
  }
  return out.append(from, text.cend());
}

char unescaped(const std::string& text, size_t& i) {
  switch (const char c = text.at(++i)) {
    case 'r':
      return '\r';
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case '0':
      return '\0';
    case '\\':
      return '\\';
    case 'x': {
      const std::string hex = text.substr(i + 1, 2);
      i += 2;
      return static_cast<char>(std::stoi(hex, nullptr, 16));
    }
    default:
      throw std::runtime_error(std::string("unknown escape \\") + c);
  }
}

std::string unescape(const std::string& raw) {
  const std::string text = repeat_runs(raw);
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) out += text[i] == '\\' ? unescaped(text, i) : text[i];
  return out;
}

MessageAt message(const std::string& text) {
  const size_t blank = text.find(' ');
  return {text.substr(0, blank),
          blank == std::string::npos ? "" : unescape(text.substr(blank + 1))};
}

void take_line(Transcript& transcript, char kind, const std::string& text, int number) {
  constexpr std::string_view kSteps = "CBEHSXTDF";
  if (kind == 'O') {
    const size_t equals = text.find('=');
    if (equals == std::string::npos) throw std::runtime_error("O: takes name=value");
    transcript.options[text.substr(0, equals)] = text.substr(equals + 1);
  } else if (kind == 'U') {
    transcript.users += text + "\n";
  } else if (kind == 'G') {
    transcript.given.push_back(message(text));
  } else if (kind == 'M') {
    transcript.stored.push_back(message(text));
  } else if (kSteps.find(kind) != std::string_view::npos) {
    transcript.steps.push_back({kind, unescape(text), number});
  } else {
    throw std::runtime_error("no such letter");
  }
}

}  // namespace

void PrintTo(const MessageAt& message, std::ostream* os) {
  *os << message.mailbox << " " << testing::PrintToString(message.text);
}

std::string Transcript::option(const std::string& key, const std::string& otherwise) const {
  const auto it = options.find(key);
  return it == options.end() ? otherwise : it->second;
}

protocol::Channel Transcript::channel() const {
  return {.encrypted = option("tls", "") == "started",
          .loopback = option("peer", "loopback") == "loopback"};
}

protocol::LoginPolicy Transcript::login_policy() const {
  return {.tls = options.contains("tls"), .plaintext_logins = is_set("allow-plaintext-logins")};
}

Transcript read_transcript(const std::filesystem::path& root, const std::filesystem::path& file) {
  Transcript transcript;
  transcript.name = std::filesystem::relative(file, root).replace_extension().string();
  std::ifstream in(file);
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    try {
      if (line.size() < 2 || line[1] != ':') throw std::runtime_error("not `X: text`");
      take_line(transcript, line[0], line.size() > 3 ? line.substr(3) : "", number);
    } catch (const std::exception& error) {
      throw std::runtime_error(file.string() + ":" + std::to_string(number) + ": " + error.what());
    }
  }
  if (transcript.users.empty()) transcript.users = kSampleUsers;
  return transcript;
}

std::vector<Transcript> read_transcripts(const std::filesystem::path& root,
                                         const std::string& folder) {
  const char* const wanted = std::getenv("TRANSCRIPT");
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(root / folder)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<Transcript> transcripts;
  for (const auto& file : files) {
    auto transcript = read_transcript(root, file);
    if (wanted == nullptr || transcript.name.starts_with(wanted)) {
      transcripts.push_back(std::move(transcript));
    }
  }
  return transcripts;
}

}  // namespace support
