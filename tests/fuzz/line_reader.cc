// text::LineReader: any split of the input gives the same lines, they are those of a naive reading
// of the whole, and what is held is bounded by a line and a piece. The input's first octets: the
// rule and after which lines message data comes, the limit, the split.
#include "common/text/line_reader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/check.h"
#include "tests/fuzz/heap_meter.h"
#include "tests/fuzz/pieces.h"
#include "tests/fuzz/settings_octets.h"

namespace {

using fuzz::HeapMeter;
using fuzz::Pieces;
using fuzz::Unmetered;
using text::LineReader;

struct Case {
  LineReader::Rule rule;
  size_t data_every;   // after this many lines octets that are none are consumed; 0: never
  size_t data_octets;  // so many
  size_t limit;
  Pieces pieces;
  std::string_view input;
};

struct Read {
  std::string text;  // of a line; or the octets consumed
  size_t octets;
  bool too_long;
  bool operator==(const Read&) const = default;
};

// As a driver does: what there is is read before more is appended.
class Play {
 public:
  Play(const Case& given, Pieces pieces)
      : case_(given), pieces_(pieces), reader_(given.rule, given.limit) {}

  std::vector<Read> run() {
    const size_t longest = std::min(pieces_.longest(), case_.input.size());
    for (size_t at = 0; at < case_.input.size();) {
      const auto piece = case_.input.substr(at, pieces_.next());
      at += piece.size();
      reader_.append(piece);
      while (step()) {
      }
      FUZZ_CHECK(HeapMeter::held() <= 2 * (case_.limit + longest) + kFixed);
      FUZZ_CHECK(HeapMeter::peak() <= 3 * (case_.limit + longest) + kFixed);
      if (reader_.buffered().empty()) FUZZ_CHECK(HeapMeter::held() <= kFixed);
    }
    const Unmetered own;
    return std::move(read_);
  }

 private:
  // A line's prefix; what a string rounds up to.
  static constexpr size_t kFixed = 2 * LineReader::kPrefixOctets + 64;

  bool step() {
    if (wanted_ > 0) return consume();
    const auto line = reader_.next();
    if (!line) return false;
    const Unmetered own;
    read_.push_back({std::string(line->text), line->octets, line->too_long});
    ++lines_;
    if (case_.data_every > 0 && lines_ % case_.data_every == 0) {
      wanted_ = case_.data_octets;
      read_.push_back({"", 0, false});
    }
    return true;
  }

  bool consume() {
    const auto data = reader_.buffered().substr(0, wanted_);
    if (data.empty()) return false;
    wanted_ -= data.size();
    {
      const Unmetered own;
      read_.back().text += data;
      read_.back().octets += data.size();
    }
    reader_.consume(data.size());
    return true;
  }

  const Case& case_;
  Pieces pieces_;
  LineReader reader_;
  std::vector<Read> read_;
  size_t lines_ = 0;
  size_t wanted_ = 0;
};

std::vector<Read> play(const Case& given, Pieces pieces) {
  std::vector<Read> read;
  const HeapMeter meter;
  Play play(given, pieces);
  auto result = play.run();
  const Unmetered own;
  read = std::move(result);
  return read;
}

// The same, off the whole of the input.
std::vector<Read> naive(const Case& given) {
  std::string_view rest = given.input;
  const size_t first = rest.find('\n');
  const bool ends_crlf = first != std::string_view::npos && first > 0 && rest[first - 1] == '\r';
  const bool strict = given.rule == LineReader::Rule::kFirstLineDecides && ends_crlf;
  std::vector<Read> read;
  for (size_t lines = 1;; ++lines) {
    const size_t end = rest.find(strict ? "\r\n" : "\n");
    if (end == std::string_view::npos) return read;
    auto text = rest.substr(0, end);
    const size_t octets = end + (strict ? 2 : 1);
    rest.remove_prefix(octets);
    if (!strict && text.ends_with('\r')) text.remove_suffix(1);
    const bool too_long = octets > given.limit;
    if (too_long) text = text.substr(0, LineReader::kPrefixOctets);
    read.push_back({std::string(text), octets, too_long});
    if (given.data_every > 0 && lines % given.data_every == 0) {
      const auto data = rest.substr(0, given.data_octets);
      rest.remove_prefix(data.size());
      read.push_back({std::string(data), data.size(), false});
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const fuzz::SettingsOctets said(input);
  // A limit is longer than the prefix that is kept of what is over it.
  const Case given{
      said[0] % 2 == 0 ? LineReader::Rule::kFirstLineDecides : LineReader::Rule::kEither,
      said[1] % 8u,
      said[2],
      LineReader::kPrefixOctets + 2 + said[3],
      Pieces::from(said.octets(4, fuzz::SettingsOctets::kCount)),
      said.rest()};
  const auto expected = naive(given);
  FUZZ_CHECK(play(given, Pieces::whole()) == expected);
  FUZZ_CHECK(play(given, Pieces::smallest(given.input.size())) == expected);
  FUZZ_CHECK(play(given, given.pieces) == expected);
  return 0;
}
