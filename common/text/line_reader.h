// Cuts what a client sends into command lines, by the line ending rule (docs/protocols.md): the
// first line decides. If it ends in LF alone the session is an LF session, in which LF or CRLF ends
// a line; otherwise it is a CRLF session, in which only CRLF does (RFC 5321 §2.3.8) and a bare LF
// is a byte of its line. Rule::kEither takes both from the first byte on.
//
// Memory is bounded: it holds what was appended and not yet consumed, and of a line that grows past
// the limit only its first octets; such a line is reported once, when it ends. The buffer is freed
// when it is empty. It belongs to one session; no thread of its own.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace text {

enum class LineEnds {
  kUndecided,
  kCrlf,
  kLf,
};

struct Line {
  // Without its line end; of one that is too_long the first kPrefixOctets. Valid until the next
  // call.
  std::string_view text;
  size_t octets = 0;  // its length, line end included
  bool too_long = false;
};

class LineReader {
 public:
  enum class Rule { kFirstLineDecides, kEither };
  static constexpr size_t kPrefixOctets = 16;  // enough to tell the verb

  // max_octets: the longest line, its line end included.
  LineReader(Rule rule, size_t max_octets);

  // Copies the client's bytes.
  void append(std::string_view bytes);

  // The next whole line, or nothing until more is appended.
  std::optional<Line> next();

  // What has come of the next line, at most its first kPrefixOctets. Valid until the next call.
  std::string_view begun() const;

  // For message data, which is not made of command lines: the bytes not yet read, and how many of
  // them were. Only between lines. The view is valid until the next call.
  std::string_view buffered();
  void consume(size_t octets);

  LineEnds ends() const { return ends_; }

 private:
  void compact();

  size_t max_octets_;
  LineEnds ends_;
  std::string buffer_;
  size_t begin_ = 0;         // of the line that is being read, in buffer_
  size_t scanned_ = 0;       // up to here buffer_ holds no line end
  std::string prefix_;       // of an over-long line
  size_t dropped_ = 0;       // octets of it that are gone already
  bool dropped_cr_ = false;  // the last of them was a CR
};

}  // namespace text
