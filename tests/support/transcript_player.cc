#include "tests/support/transcript_player.h"

#include <regex>

namespace support {

std::string filled_in(std::string expected) {
  static const std::regex kUid(R"(^(\+OK )?(\d+) \{uid\}$)");
  std::smatch match;
  if (std::regex_match(expected, match, kUid)) {
    expected =
        match[1].str() + match[2].str() + " 1a2b-" + std::to_string(std::stoul(match[2]) - 1);
  }
  const size_t id = expected.find("{id}");
  if (id != std::string::npos) expected.replace(id, 4, "1a2b");
  const size_t version = expected.find("{version}");
  if (version != std::string::npos) expected.replace(version, 9, "1.2.3");
  return expected;
}

}  // namespace support
