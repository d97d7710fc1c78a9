// Reads a transcript: tests/transcripts/README.md says what it is and what the letters mean.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/protocol/channel.h"

namespace support {

struct Step {
  char kind;         // the letter: C B E H S X T D F
  std::string text;  // unescaped; C and S without their line end
  int line;          // in the file, for messages
};

struct MessageAt {
  std::string mailbox;
  std::string text;
  bool operator==(const MessageAt&) const = default;
};
void PrintTo(const MessageAt& message, std::ostream* os);

struct Transcript {
  std::string name;  // smtp/data_dots
  std::map<std::string, std::string> options;
  std::string users;             // a users.txt
  std::vector<MessageAt> given;  // G
  std::vector<Step> steps;
  std::vector<MessageAt> stored;  // M

  std::string option(const std::string& key, const std::string& otherwise) const;
  bool is_set(const std::string& flag) const { return option(flag, "no") == "yes"; }
  protocol::Channel channel() const;
  protocol::LoginPolicy login_policy() const;
  std::string line_end() const { return option("eol", "crlf") == "lf" ? "\n" : "\r\n"; }
};

// Throws std::runtime_error with file and line.
Transcript read_transcript(const std::filesystem::path& root, const std::filesystem::path& file);

// All of root/FOLDER, sorted by name; those whose name begins with $TRANSCRIPT when that is set.
std::vector<Transcript> read_transcripts(const std::filesystem::path& root,
                                         const std::string& folder);

}  // namespace support
