#include "tests/bench/mailbench/sample_message.h"

#include <algorithm>
#include <cassert>

namespace bench {
namespace {

constexpr std::string_view kBeforeNumber =
    "From: <sender@bench.example>\r\n"
    "To: undisclosed-recipients:;\r\n"
    "Date: Mon, 01 Jan 2024 00:00:00 +0000\r\n"
    "Subject: A message of the bench\r\n"
    "Message-ID: <";
constexpr std::string_view kAfterNumber = "@bench.example>\r\n\r\n";
constexpr size_t kDigits = 10;
constexpr size_t kLineOctets = 78;  // its CRLF included

// A line of the body: letters that differ from line to line.
std::string line_of(size_t number, size_t octets) {
  std::string line(octets - 2, ' ');
  for (size_t i = 0; i < line.size(); ++i) {
    line[i] = static_cast<char>('a' + (i * 7 + number * 11) % 26);
  }
  if (number == 0) line[0] = '.';
  return line + "\r\n";
}

}  // namespace

SampleMessage::SampleMessage(size_t octets) {
  assert(octets >= kLeastOctets);
  text_ = kBeforeNumber;
  number_begin_ = text_.size();
  text_.append(kDigits, '0').append(kAfterNumber);
  head_octets_ = text_.size();
  for (size_t line = 0; text_.size() < octets; ++line) {
    const size_t left = octets - text_.size();
    // None that would leave room for less than a line of one character.
    const size_t length = left < kLineOctets + 3 && left > kLineOctets ? left - 3 : kLineOctets;
    text_ += line_of(line, std::min(left, length));
  }
  data_after_head_ = '.';  // doubled: the body begins with one
  data_after_head_.append(body()).append(".\r\n");
}

std::string SampleMessage::head(uint64_t number) const {
  std::string head = text_.substr(0, head_octets_);
  for (size_t i = kDigits; i-- > 0; number /= 10) {
    head[number_begin_ + i] = static_cast<char>('0' + number % 10);
  }
  return head;
}

std::string SampleMessage::body() const { return text_.substr(head_octets_); }

bool SampleMessage::has(size_t offset, std::string_view piece) const {
  if (offset > text_.size() || piece.size() > text_.size() - offset) return false;
  const std::string_view all = text_;
  const size_t number_end = number_begin_ + kDigits;
  const size_t end = offset + piece.size();
  // What lies before the number, and what after it.
  const size_t before = std::min(end, std::max(offset, number_begin_)) - offset;
  const size_t after = std::min(end, std::max(offset, number_end)) - offset;
  return piece.substr(0, before) == all.substr(offset, before) &&
         piece.substr(after) == all.substr(offset + after, piece.size() - after);
}

}  // namespace bench
