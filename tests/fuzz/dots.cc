// Dot-stuffing. However the input is cut:
//
//   what the encoder writes is the message with every line end as CRLF, dots doubled, and decodes
//   to it; WireSize is its length;
//   what the decoder takes out of a client's octets is what a naive reading of the whole does, and
//   so are the places of the first NUL and the first bare CR or LF;
//   the decoder uses no octet past the final dot, and gives back two more than it got at the most.
//
// The input's first octets are the split.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/text/dot_stuffing.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/pieces.h"
#include "tests/fuzz/settings_octets.h"

namespace {

using fuzz::Pieces;
using text::LineEnds;

constexpr Pieces (*kSplits[])(std::string_view) = {
    [](std::string_view) { return Pieces::whole(); },
    [](std::string_view) { return Pieces::smallest(0); },
    [](std::string_view said) { return Pieces::from(said); },
};

std::string naive_wire(std::string_view message) {
  std::string out;
  for (const char c : message) {
    if (c == '\n' && !out.ends_with('\r')) out += '\r';
    out += c;
  }
  if (!out.empty() && !out.ends_with('\n')) out += "\r\n";
  return out;
}

void check_encoding(std::string_view message, Pieces pieces) {
  text::DotEncoder encoder;
  text::WireSize size;
  std::string out;
  for (size_t at = 0; at < message.size();) {
    const auto piece = message.substr(at, pieces.next());
    at += piece.size();
    encoder.encode(piece, out);
    size.add(piece);
  }
  encoder.finish(out);

  const std::string wire = naive_wire(message);
  FUZZ_CHECK(size.octets() == wire.size());
  std::string stuffed;
  bool line_start = true;
  for (const char c : wire) {
    if (line_start && c == '.') stuffed += '.';
    stuffed += c;
    line_start = c == '\n';
  }
  FUZZ_CHECK(out == stuffed + ".\r\n");

  text::DotDecoder decoder(LineEnds::kLf);  // an encoder's line ends are its LFs
  std::string decoded;
  FUZZ_CHECK(decoder.decode(out, decoded) == out.size());
  FUZZ_CHECK(decoder.ended() && decoded == wire);
}

// Where a CR or LF first stands alone, by a CRLF session's rule. Of the last octet, when more may
// come, nothing is known.
std::optional<uint64_t> naive_bare(std::string_view message, bool ended) {
  for (size_t i = 0; i < message.size(); ++i) {
    const bool is_last = i + 1 == message.size();
    if (message[i] == '\n' && (i == 0 || message[i - 1] != '\r')) return i + 1;
    if (message[i] == '\r' && (is_last ? ended : message[i + 1] != '\n')) return i + 1;
  }
  return std::nullopt;
}

struct Decoded {
  std::string message;
  size_t used;
  bool ended;
};

// A line at a time. What follows the last line end is the beginning of a line: of one that may yet
// be the final dot the decoder gives nothing back.
Decoded naive_decoded(std::string_view in, LineEnds ends) {
  const std::string_view line_end = ends == LineEnds::kCrlf ? "\r\n" : "\n";
  Decoded decoded{"", 0, false};
  for (;;) {
    auto line = in.substr(decoded.used);
    const size_t end = line.find(line_end);
    if (end == std::string_view::npos) {
      if (line.starts_with('.')) line.remove_prefix(line == ".\r" ? 2 : 1);
      decoded.message += line;
      decoded.used = in.size();
      return decoded;
    }
    line = line.substr(0, end + line_end.size());
    decoded.used += line.size();
    if (line == ".\r\n" || (ends == LineEnds::kLf && line == ".\n")) {
      decoded.ended = true;
      return decoded;
    }
    if (line.starts_with('.')) line.remove_prefix(1);
    decoded.message += line;
  }
}

void check_decoding(std::string_view in, LineEnds ends, Pieces pieces) {
  text::DotDecoder decoder(ends);
  std::string out;
  size_t used = 0;
  while (used < in.size() && !decoder.ended()) {
    const auto piece = in.substr(used, pieces.next());
    const size_t before = out.size();
    const size_t taken = decoder.decode(piece, out);
    FUZZ_CHECK(taken == piece.size() || (taken < piece.size() && decoder.ended()));
    FUZZ_CHECK(out.size() - before <= piece.size() + 2);
    FUZZ_CHECK(decoder.octets() == out.size());
    used += taken;
  }
  const Decoded expected = naive_decoded(in, ends);
  FUZZ_CHECK(out == expected.message);
  FUZZ_CHECK(used == expected.used && decoder.ended() == expected.ended);

  const size_t nul = out.find('\0');
  FUZZ_CHECK(decoder.first_nul().value_or(0) == (nul == std::string::npos ? 0 : nul + 1));
  const auto bare = decoder.first_bare_newline();
  if (ends == LineEnds::kLf) {
    FUZZ_CHECK(!bare);
    return;
  }
  const auto expected_bare = naive_bare(out, decoder.ended());
  FUZZ_CHECK(bare.has_value() == expected_bare.has_value());
  if (bare) FUZZ_CHECK(bare->octet == *expected_bare && bare->which == out[bare->octet - 1]);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::string_view said = all.substr(0, Pieces::kLengths);
  const std::string_view input = all.substr(said.size());
  for (const auto split : kSplits) {
    check_encoding(input, split(said));
    check_decoding(input, LineEnds::kCrlf, split(said));
    check_decoding(input, LineEnds::kLf, split(said));
  }
  return 0;
}
