#include "common/text/line_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace text {
namespace {

struct Seen {
  std::string text;
  bool too_long;
  bool operator==(const Seen&) const = default;
};
void PrintTo(const Seen& seen, std::ostream* os) {
  *os << testing::PrintToString(seen.text) << (seen.too_long ? " (too long)" : "");
}

constexpr size_t kMax = 16;

std::vector<Seen> read_all(LineReader& reader) {
  std::vector<Seen> lines;
  while (auto line = reader.next()) lines.push_back({std::string(line->text), line->too_long});
  return lines;
}

// In pieces of `step` octets: every split must give the same lines.
std::vector<Seen> lines_of(std::string_view input, size_t step,
                           LineReader::Rule rule = LineReader::Rule::kFirstLineDecides) {
  LineReader reader(rule, kMax);
  std::vector<Seen> lines;
  for (size_t at = 0; at < input.size(); at += step) {
    reader.append(input.substr(at, step));
    for (auto& line : read_all(reader)) lines.push_back(line);
  }
  return lines;
}

void expect_lines(std::string_view input, const std::vector<Seen>& expected,
                  LineReader::Rule rule = LineReader::Rule::kFirstLineDecides) {
  for (size_t step = 1; step <= input.size(); ++step) {
    EXPECT_EQ(lines_of(input, step, rule), expected) << "in pieces of " << step;
  }
}

// Covers: 5321-2.3.8-1
TEST(LineReaderTest, CrlfFirstLineMakesBareLfAByteOfItsLine) {
  expect_lines("A\r\nB\nC\r\n", {{"A", false}, {"B\nC", false}});
}

TEST(LineReaderTest, LfFirstLineTakesLfAndCrlf) {
  expect_lines("A\nB\r\nC\n", {{"A", false}, {"B", false}, {"C", false}});
}

TEST(LineReaderTest, EitherRuleTakesLfAfterACrlfLine) {
  expect_lines("A\r\nB\nC\r\n", {{"A", false}, {"B", false}, {"C", false}},
               LineReader::Rule::kEither);
}

TEST(LineReaderTest, BareCrIsAByteOfItsLine) {
  expect_lines("A\rB\r\nC\r\r\n", {{"A\rB", false}, {"C\r", false}});
  expect_lines("A\rB\nC\n", {{"A\rB", false}, {"C", false}});
}

TEST(LineReaderTest, EmptyFirstLineDecidesToo) {
  expect_lines("\nA\n", {{"", false}, {"A", false}});
  expect_lines("\r\nA\nB\r\n", {{"", false}, {"A\nB", false}});
}

// Covers: 5321-4.5.3.1.4-1
TEST(LineReaderTest, LineAtTheLimitIsWhole) {
  expect_lines("12345678901234\r\nA\r\n", {{"12345678901234", false}, {"A", false}});
  expect_lines("123456789012345\nA\n", {{"123456789012345", false}, {"A", false}});
}

TEST(LineReaderTest, TooLongLineIsReportedOnceAndSkipped) {
  expect_lines("123456789012345\r\nA\r\n", {{"123456789012345", true}, {"A", false}});
  expect_lines("1234567890123456\nA\n", {{"1234567890123456", true}, {"A", false}});
  expect_lines(std::string(100, 'x') + "\r\nA\r\n", {{std::string(16, 'x'), true}, {"A", false}});
}

TEST(LineReaderTest, TooLongFirstLineDecides) {
  expect_lines(std::string(100, 'x') + "\r\nA\nB\r\n",
               {{std::string(16, 'x'), true}, {"A\nB", false}});
  expect_lines(std::string(100, 'x') + "\nA\n", {{std::string(16, 'x'), true}, {"A", false}});
}

TEST(LineReaderTest, TooLongLineWithBareLfsEndsAtItsCrlf) {
  expect_lines("A\r\n" + std::string(30, '\n') + "\r\nB\r\n",
               {{"A", false}, {std::string(16, '\n'), true}, {"B", false}});
}

TEST(LineReaderTest, OverlongLineIsNotKeptInMemory) {
  LineReader reader(LineReader::Rule::kFirstLineDecides, kMax);
  for (int i = 0; i < 1000; ++i) {
    reader.append(std::string(1000, 'x'));
    EXPECT_FALSE(reader.next());
    EXPECT_LE(reader.buffered().size(), kMax);
  }
}

TEST(LineReaderTest, BeginningOfALineIsKnownBeforeItsEndHoweverLongItGrows) {
  LineReader reader(LineReader::Rule::kFirstLineDecides, kMax);
  EXPECT_EQ(reader.begun(), "");
  reader.append("AB");
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.begun(), "AB");
  reader.append(std::string(LineReader::kPrefixOctets + kMax, 'x'));
  EXPECT_FALSE(reader.next());
  reader.append("yz");
  EXPECT_EQ(reader.begun(), "AB" + std::string(LineReader::kPrefixOctets - 2, 'x'));
  reader.append("\r\nC");
  EXPECT_TRUE(reader.next()->too_long);
  EXPECT_EQ(reader.begun(), "C");
}

// Covers: 2920-3.2-10
TEST(LineReaderTest, WhatFollowsALineIsLeftForTheMessage) {
  LineReader reader(LineReader::Rule::kFirstLineDecides, kMax);
  reader.append("DATA\r\none\r\ntwo\r\nQUIT\r\n");
  EXPECT_EQ(reader.next()->text, "DATA");
  EXPECT_EQ(reader.buffered(), "one\r\ntwo\r\nQUIT\r\n");
  reader.consume(10);
  EXPECT_EQ(reader.next()->text, "QUIT");
  EXPECT_TRUE(reader.buffered().empty());
}

TEST(LineReaderTest, OctetsCountTheLineEnd) {
  LineReader reader(LineReader::Rule::kFirstLineDecides, kMax);
  reader.append("AB\r\n" + std::string(20, 'x') + "\r\n");
  EXPECT_EQ(reader.next()->octets, 4U);
  EXPECT_EQ(reader.next()->octets, 22U);
}

}  // namespace
}  // namespace text
