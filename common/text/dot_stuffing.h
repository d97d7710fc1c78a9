// Dot-stuffing, and what it needs to know of line ends: how a message travels in SMTP's DATA
// (RFC 5321 §4.5.2) and in POP3's multi-line replies (RFC 1939 §3). Pure and incremental: any split
// of the input gives the same output. The three classes hold a few words of state and no buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/text/line_reader.h"

namespace text {

// Takes the message out of the bytes that follow DATA.
//
// In a CRLF session only CRLF ends a line: only CRLF.CRLF ends the data, and a dot is dropped only
// after a CRLF or at the very beginning. A bare CR or LF is a byte like another. In an LF session
// LF or CRLF ends a line. Line ends are kept as sent. (docs/protocols.md, the line ending rule)
class DotDecoder {
 public:
  struct BareNewline {
    char which;      // '\r' or '\n'
    uint64_t octet;  // as in first_nul()
  };

  // `ends`: the session's, decided by now.
  explicit DotDecoder(LineEnds ends);

  // Decodes from `in` until it is used up or the data has ended, and appends the message to `out`:
  // at most two octets more than `in` has. Returns how many octets of `in` were used: what follows
  // them is the next command. Not to be called again once ended().
  size_t decode(std::string_view in, std::string& out);

  bool ended() const { return state_ == State::kEnded; }

  // Octets of the message so far.
  uint64_t octets() const { return octets_; }

  // Where the message has its first NUL; the first octet of a message is 1.
  std::optional<uint64_t> first_nul() const { return first_nul_; }

  // Where it has its first CR or LF that stands alone. In an LF session none does.
  std::optional<BareNewline> first_bare_newline() const { return first_bare_newline_; }

 private:
  enum class State {
    kLineStart,
    kDot,    // a dot at a line's start, held back
    kDotCr,  // and a CR after it
    kText,
    kCr,  // in a line, after a CR
    kEnded,
  };

  void step(char c, std::string& out);
  size_t copy_text(std::string_view in, std::string& out);
  void emit(std::string_view bytes, std::string& out);
  void note_bare(char which, uint64_t octet);

  LineEnds ends_;
  State state_ = State::kLineStart;
  uint64_t octets_ = 0;
  std::optional<uint64_t> first_nul_;
  std::optional<BareNewline> first_bare_newline_;
};

// Writes a message as the body of a multi-line reply: every line end as CRLF (a bare CR stays a
// byte), a dot doubled after every line end and at the beginning.
class DotEncoder {
 public:
  // Appends `in`, encoded, to `out`.
  void encode(std::string_view in, std::string& out);

  // Ends the body: completes a last line without a line end, then appends the dot and CRLF.
  void finish(std::string& out) const;

 private:
  bool line_start_ = true;
  bool after_cr_ = false;
};

// The size of a message as POP3 counts it (RFC 1939 §11): every line end as CRLF, one that is
// missing at the end included, stuffed dots not. Just what DotEncoder sends, less the dots.
class WireSize {
 public:
  void add(std::string_view in);
  uint64_t octets() const;

 private:
  uint64_t octets_ = 0;
  char last_ = '\n';
};

}  // namespace text
