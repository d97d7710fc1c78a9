#include "common/text/dot_stuffing.h"

#include <cassert>
#include <cstring>

namespace text {
namespace {

// How far DotDecoder looks ahead for a line's end. Without a bound a line of many bare CRs would be
// searched to its end after each of them.
constexpr size_t kLookAhead = 512;

size_t find_from(std::string_view in, char c, size_t from) {
  const size_t at = in.find(c, from);
  return at == std::string_view::npos ? in.size() : at;
}

}  // namespace

DotDecoder::DotDecoder(LineEnds ends) : ends_(ends) { assert(ends != LineEnds::kUndecided); }

size_t DotDecoder::decode(std::string_view in, std::string& out) {
  size_t used = 0;
  while (used < in.size() && !ended()) {
    if (state_ == State::kText) {
      used += copy_text(in.substr(used), out);
    } else {
      step(in[used++], out);
    }
  }
  return used;
}

// Copies the run up to the next CR or LF, which is left to step(), or a part of it. This is where
// nearly all octets of a message pass.
size_t DotDecoder::copy_text(std::string_view in, std::string& out) {
  in = in.substr(0, kLookAhead);
  size_t run = find_from(in, '\n', 0);
  run = find_from(in.substr(0, run), '\r', 0);
  if (run == 0) {
    step(in[0], out);
    return 1;
  }
  emit(in.substr(0, run), out);
  return run;
}

void DotDecoder::step(char c, std::string& out) {
  switch (state_) {
    case State::kLineStart:
      if (c == '.') {
        state_ = State::kDot;
        return;
      }
      break;
    case State::kDot:
      if (c == '\r') {
        state_ = State::kDotCr;
        return;
      }
      if (c == '\n' && ends_ == LineEnds::kLf) {
        state_ = State::kEnded;
        return;
      }
      break;  // RFC 5321 §4.5.2: the dot is dropped, the rest of the line is text
    case State::kDotCr:
      if (c == '\n') {
        state_ = State::kEnded;
        return;
      }
      emit("\r", out);  // not the end after all: it was a CR of the text
      state_ = State::kCr;
      break;
    case State::kText:
    case State::kCr:
    case State::kEnded:
      break;
  }

  const bool after_cr = state_ == State::kCr;
  if (after_cr && c != '\n') note_bare('\r', octets_);
  emit(std::string_view(&c, 1), out);
  if (c == '\n') {
    const bool line_end = after_cr || ends_ == LineEnds::kLf;
    if (!line_end) note_bare('\n', octets_);
    state_ = line_end ? State::kLineStart : State::kText;
  } else {
    state_ = c == '\r' ? State::kCr : State::kText;
  }
}

void DotDecoder::emit(std::string_view bytes, std::string& out) {
  if (!first_nul_) {
    const size_t nul = find_from(bytes, '\0', 0);
    if (nul < bytes.size()) first_nul_ = octets_ + nul + 1;
  }
  out.append(bytes);
  octets_ += bytes.size();
}

void DotDecoder::note_bare(char which, uint64_t octet) {
  if (ends_ == LineEnds::kCrlf && !first_bare_newline_)
    first_bare_newline_ = BareNewline{which, octet};
}

void DotEncoder::encode(std::string_view in, std::string& out) {
  size_t at = 0;
  while (at < in.size()) {
    if (line_start_ && in[at] == '.') out += '.';
    const size_t lf = find_from(in, '\n', at);
    out.append(in.substr(at, lf - at));
    if (lf > at) {
      line_start_ = false;
      after_cr_ = in[lf - 1] == '\r';
    }
    if (lf == in.size()) return;
    out.append(after_cr_ ? "\n" : "\r\n");
    line_start_ = true;
    after_cr_ = false;
    at = lf + 1;
  }
}

void DotEncoder::finish(std::string& out) const { out.append(line_start_ ? ".\r\n" : "\r\n.\r\n"); }

void WireSize::add(std::string_view in) {
  for (size_t at = 0; at < in.size();) {
    const size_t lf = find_from(in, '\n', at);
    if (lf == in.size()) break;
    const char before = lf > 0 ? in[lf - 1] : last_;
    if (before != '\r') ++octets_;
    at = lf + 1;
  }
  octets_ += in.size();
  if (!in.empty()) last_ = in.back();
}

uint64_t WireSize::octets() const { return last_ == '\n' ? octets_ : octets_ + 2; }

}  // namespace text
