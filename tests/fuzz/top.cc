// pop3::TopFilter: what it shows is the header, the blank line and so many lines of the body, by a
// naive reading of the whole, however the message is cut. The input's first octets: the number of
// lines, the split.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pop3d/top_filter.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/pieces.h"
#include "tests/fuzz/settings_octets.h"

namespace {

using fuzz::Pieces;

struct Shown {
  std::string text;
  bool done;  // there may be more, but it is not wanted
  bool operator==(const Shown&) const = default;
};

Shown shown(std::string_view message, uint64_t lines, Pieces pieces) {
  pop3::TopFilter filter(lines);
  Shown all{"", false};
  for (size_t at = 0; at < message.size() && !filter.done();) {
    const auto piece = message.substr(at, pieces.next());
    at += piece.size();
    const size_t taken = filter.take(piece);
    FUZZ_CHECK(taken == piece.size() || (taken < piece.size() && filter.done()));
    all.text += piece.substr(0, taken);
  }
  all.done = filter.done();
  return all;
}

Shown naive(std::string_view message, uint64_t lines) {
  std::string text;
  bool in_body = false;
  while (!message.empty() && !(in_body && lines == 0)) {
    const size_t lf = message.find('\n');
    const auto line = message.substr(0, lf == std::string_view::npos ? lf : lf + 1);
    message.remove_prefix(line.size());
    text += line;
    if (!line.ends_with('\n')) return {text, false};
    if (in_body) --lines;
    in_body = in_body || line.find_first_not_of("\r\n") == std::string_view::npos;
  }
  return {text, in_body && lines == 0};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const fuzz::SettingsOctets said({reinterpret_cast<const char*>(data), size});
  const std::string_view message = said.rest();
  const uint64_t lines = said[0] < 255 ? said[0] : UINT64_MAX;
  const Shown expected = naive(message, lines);
  FUZZ_CHECK(shown(message, lines, Pieces::whole()) == expected);
  FUZZ_CHECK(shown(message, lines, Pieces::smallest(message.size())) == expected);
  FUZZ_CHECK(shown(message, lines, Pieces::from(said.octets(1, fuzz::SettingsOctets::kCount))) ==
             expected);
  return 0;
}
