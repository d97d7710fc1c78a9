#include "common/text/dot_stuffing.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace text {
namespace {

struct Decoded {
  std::string message;
  std::string rest;
  bool ended;
  bool operator==(const Decoded&) const = default;
};
void PrintTo(const Decoded& decoded, std::ostream* os) {
  *os << testing::PrintToString(decoded.message)
      << (decoded.ended ? " ended, then " : " open, then ") << testing::PrintToString(decoded.rest);
}

Decoded decode(LineEnds ends, std::string_view input, size_t step) {
  DotDecoder decoder(ends);
  Decoded result{};
  size_t at = 0;
  while (at < input.size() && !decoder.ended()) {
    at += decoder.decode(input.substr(at, step), result.message);
  }
  result.rest = input.substr(at);
  result.ended = decoder.ended();
  EXPECT_EQ(decoder.octets(), result.message.size());
  return result;
}

void expect_decoded(LineEnds ends, std::string_view input, const Decoded& expected) {
  for (size_t step = 1; step <= input.size(); ++step) {
    EXPECT_EQ(decode(ends, input, step), expected)
        << testing::PrintToString(std::string(input)) << " in pieces of " << step;
  }
}

struct Case {
  std::string_view input, message, rest;
  bool ended;
};

// What hides a line end, a dot, or an end of data, and what a strict reader takes it for.
// Covers: 5321-2.3.8-1, 5321-4.1.1.4-6
TEST(DotDecoderTest, CrlfSessionEndsOnlyAtCrlfDotCrlf) {
  const Case cases[] = {
      {".\r\nQUIT", "", "QUIT", true},
      {"a\r\n.\r\nQUIT", "a\r\n", "QUIT", true},
      {"a\n.\nb\r\n.\r\n", "a\n.\nb\r\n", "", true},
      {"a\n.\r\nb\r\n.\r\n", "a\n.\r\nb\r\n", "", true},
      {"a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n", "", true},
      {"a\r.\rb\r\n.\r\n", "a\r.\rb\r\n", "", true},
      {"a\r.\r\nb\r\n.\r\n", "a\r.\r\nb\r\n", "", true},
      {"a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n", "", true},
      {"a\r\n.\r\r\n.\r\n", "a\r\n\r\r\n", "", true},
      {"a\r\r\n.\r\n", "a\r\r\n", "", true},
      {"\n.\r\n\r\n.\r\n", "\n.\r\n\r\n", "", true},
      {"\r\n.\r\n", "\r\n", "", true},
      {"a.\r\n.\r\n", "a.\r\n", "", true},
      {"a\r\n.", "a\r\n", "", false},
      {"a\r\n.\r", "a\r\n", "", false},
  };
  for (const auto& c : cases) {
    expect_decoded(LineEnds::kCrlf, c.input,
                   {std::string(c.message), std::string(c.rest), c.ended});
  }
}

TEST(DotDecoderTest, LfSessionEndsAtADotAloneOnALine) {
  const Case cases[] = {
      {".\nQUIT", "", "QUIT", true},
      {"a\n.\nQUIT", "a\n", "QUIT", true},
      {"a\n.\r\nQUIT", "a\n", "QUIT", true},
      {"a\r\n.\nQUIT", "a\r\n", "QUIT", true},
      {"a\r\n.\r\nQUIT", "a\r\n", "QUIT", true},
      {"a\r.\rb\n.\n", "a\r.\rb\n", "", true},
      {"a\n.\rb\n.\n", "a\n\rb\n", "", true},
  };
  for (const auto& c : cases) {
    expect_decoded(LineEnds::kLf, c.input, {std::string(c.message), std::string(c.rest), c.ended});
  }
}

// Covers: 5321-4.5.2-1
TEST(DotDecoderTest, OneLeadingDotIsDropped) {
  expect_decoded(LineEnds::kCrlf, "..\r\n...a\r\n.b\r\nc.d\r\n.\r\n",
                 {".\r\n..a\r\nb\r\nc.d\r\n", "", true});
  expect_decoded(LineEnds::kLf, "..\n...a\n.b\nc.d\n.\n", {".\n..a\nb\nc.d\n", "", true});
}

TEST(DotDecoderTest, FirstNulIsFoundWhereverTheInputIsCut) {
  const std::string input("ab\r\n..c\0d\0\r\n.\r\n", 16);
  for (size_t step = 1; step <= input.size(); ++step) {
    DotDecoder decoder(LineEnds::kCrlf);
    std::string out;
    for (size_t at = 0; at < input.size(); at += step) {
      decoder.decode(std::string_view(input).substr(at, step), out);
    }
    ASSERT_TRUE(decoder.first_nul());
    EXPECT_EQ(*decoder.first_nul(), 7U);  // a b CR LF . c NUL
  }
}

TEST(DotDecoderTest, FirstBareNewlineIsNamed) {
  const auto first = [](LineEnds ends, std::string_view input) {
    DotDecoder decoder(ends);
    std::string out;
    decoder.decode(input, out);
    const auto bare = decoder.first_bare_newline();
    return bare ? std::pair(bare->which, bare->octet) : std::pair('-', uint64_t{0});
  };
  EXPECT_EQ(first(LineEnds::kCrlf, "ab\ncd\r\n"), std::pair('\n', uint64_t{3}));
  EXPECT_EQ(first(LineEnds::kCrlf, "ab\rcd\r\n"), std::pair('\r', uint64_t{3}));
  EXPECT_EQ(first(LineEnds::kCrlf, "\r\n.\ncd\r\n"), std::pair('\n', uint64_t{3}));
  EXPECT_EQ(first(LineEnds::kCrlf, "\r\n.\rcd\r\n"), std::pair('\r', uint64_t{3}));
  EXPECT_EQ(first(LineEnds::kCrlf, "ab\r\r\n"), std::pair('\r', uint64_t{3}));
  EXPECT_EQ(first(LineEnds::kCrlf, "ab\r\ncd\r\n"), std::pair('-', uint64_t{0}));
  EXPECT_EQ(first(LineEnds::kLf, "ab\ncd\n"), std::pair('-', uint64_t{0}));
}

TEST(DotDecoderTest, LineOfBareCrsIsReadOnceHoweverLongItIs) {
  // In one piece, so that to look for the line's end again after each CR would take hours.
  std::string message;
  for (size_t i = 0; i < size_t{4} << 20U; ++i) message += "a\r";
  DotDecoder decoder(LineEnds::kCrlf);
  std::string out;
  decoder.decode(message + "\n.\r\n", out);
  EXPECT_TRUE(decoder.ended());
  EXPECT_EQ(out.size(), message.size() + 1);
}

std::string encode(std::string_view message, size_t step) {
  DotEncoder encoder;
  std::string out;
  for (size_t at = 0; at < message.size(); at += step)
    encoder.encode(message.substr(at, step), out);
  encoder.finish(out);
  return out;
}

// Covers: 1939-3-11
TEST(DotEncoderTest, EveryLineEndBecomesCrlfAndEveryLeadingDotIsDoubled) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", ".\r\n"},
      {"a\r\n", "a\r\n.\r\n"},
      {"a\n", "a\r\n.\r\n"},
      {"a", "a\r\n.\r\n"},
      {".", "..\r\n.\r\n"},
      {".\n.\r\n..", "..\r\n..\r\n...\r\n.\r\n"},
      {"a\r.\rb\n", "a\r.\rb\r\n.\r\n"},
      {"a\r\r\n.b", "a\r\r\n..b\r\n.\r\n"},
      {"a\r", "a\r\r\n.\r\n"},
      {"\n\n", "\r\n\r\n.\r\n"},
      {"\r\n.\r\nb", "\r\n..\r\nb\r\n.\r\n"},
  };
  for (const auto& [message, expected] : cases) {
    for (size_t step = 1; step <= message.size() + 1; ++step) {
      EXPECT_EQ(encode(message, step), expected) << testing::PrintToString(std::string(message));
    }
  }
}

// The oracle for what encode() and decode() make of any message: its line ends as CRLF, the last
// one there.
std::string as_crlf(std::string_view message) {
  std::string out;
  for (size_t i = 0; i < message.size(); ++i) {
    if (message[i] == '\n' && (i == 0 || message[i - 1] != '\r')) out += '\r';
    out += message[i];
  }
  if (!out.empty() && !out.ends_with('\n')) out += "\r\n";
  return out;
}

// Covers: 1939-11-2
TEST(DotStuffingTest, DecodeUndoesEncodeAndWireSizeCountsIt) {
  std::mt19937 random(20260101);  // fixed: a failure must come back
  constexpr std::string_view kAlphabet = "..\r\n\r\nab";
  for (int round = 0; round < 20000; ++round) {
    std::string message;
    for (size_t n = random() % 24; n > 0; --n) message += kAlphabet[random() % kAlphabet.size()];
    const size_t step = 1 + random() % 7;
    const std::string expected = as_crlf(message);
    EXPECT_EQ(decode(LineEnds::kCrlf, encode(message, step) + "QUIT", 1 + random() % 7),
              (Decoded{expected, "QUIT", true}))
        << testing::PrintToString(message);
    WireSize size;
    for (size_t at = 0; at < message.size(); at += step) {
      size.add(std::string_view(message).substr(at, step));
    }
    EXPECT_EQ(size.octets(), expected.size()) << testing::PrintToString(message);
  }
}

}  // namespace
}  // namespace text
