// Reads the body of a POP3 multi-line reply (RFC 1939 §3): undoes dot-stuffing, and finds its end.
// Written for itself, not with the server's own code: it is what checks that.
#pragma once

#include <cstddef>
#include <string_view>

namespace bench {

class MultilineReader {
 public:
  // Reads from `in` until it is used up or the body has ended: how many octets were used. `take` is
  // given the body in pieces (string_view), without stuffed dots and the final one.
  template <class Take>
  size_t read(std::string_view in, const Take& take);

  bool ended() const { return state_ == State::kEnded; }

 private:
  enum class State {
    kLineStart,
    kDot,    // a dot at a line's start, held back
    kDotCr,  // and a CR after it
    kText,
    kCr,  // in a line, after a CR
    kEnded,
  };

  State state_ = State::kLineStart;
};

template <class Take>
size_t MultilineReader::read(std::string_view in, const Take& take) {
  size_t at = 0;
  size_t begin = 0;  // of what was not given to take() yet
  while (at < in.size() && !ended()) {
    const char c = in[at];
    switch (state_) {
      case State::kLineStart:
        if (c != '.') {
          state_ = State::kText;
          break;  // and read it as text
        }
        take(in.substr(begin, at - begin));
        begin = ++at;
        state_ = State::kDot;
        break;
      case State::kDot:
        state_ = c == '\r' ? State::kDotCr : State::kText;
        if (c == '\r') begin = ++at;
        break;
      case State::kDotCr:
        if (c == '\n') {
          begin = ++at;
          state_ = State::kEnded;
        } else {
          take("\r");  // a dot, stuffed, and a line that begins with a bare CR
          state_ = State::kText;
        }
        break;
      case State::kText: {
        const size_t cr = in.find('\r', at);
        at = cr == std::string_view::npos ? in.size() : cr + 1;
        if (cr != std::string_view::npos) state_ = State::kCr;
        break;
      }
      case State::kCr:
        state_ = c == '\n' ? State::kLineStart : State::kText;
        if (c == '\n') ++at;
        break;
      case State::kEnded:
        break;
    }
  }
  if (begin < at) take(in.substr(begin, at - begin));
  return at;
}

}  // namespace bench
