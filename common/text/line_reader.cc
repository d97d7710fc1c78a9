#include "common/text/line_reader.h"

#include <cassert>

namespace text {

LineReader::LineReader(Rule rule, size_t max_octets)
    : max_octets_(max_octets),
      ends_(rule == Rule::kEither ? LineEnds::kLf : LineEnds::kUndecided) {}

void LineReader::append(std::string_view bytes) {
  compact();
  buffer_.append(bytes);
}

std::optional<Line> LineReader::next() {
  for (;;) {
    const size_t lf = buffer_.find('\n', scanned_);
    if (lf == std::string::npos) break;
    scanned_ = lf + 1;
    const bool cr = lf > begin_ ? buffer_[lf - 1] == '\r' : dropped_cr_;
    if (ends_ == LineEnds::kUndecided) ends_ = cr ? LineEnds::kCrlf : LineEnds::kLf;
    if (ends_ == LineEnds::kCrlf && !cr) continue;  // a bare LF: a byte of the line

    Line line;
    line.octets = dropped_ + (scanned_ - begin_);
    line.too_long = line.octets > max_octets_;
    if (dropped_ > 0) {
      line.text = prefix_;
    } else {
      line.text = std::string_view(buffer_).substr(begin_, lf - begin_ - (cr ? 1 : 0));
      if (line.too_long) line.text = line.text.substr(0, kPrefixOctets);
    }
    begin_ = scanned_;
    dropped_ = 0;
    dropped_cr_ = false;
    return line;
  }
  scanned_ = buffer_.size();
  if (dropped_ + (buffer_.size() - begin_) > max_octets_ && buffer_.size() > begin_) {
    if (dropped_ == 0) prefix_ = buffer_.substr(begin_, kPrefixOctets);
    dropped_ += buffer_.size() - begin_;
    dropped_cr_ = buffer_.back() == '\r';
    begin_ = buffer_.size();
  }
  compact();
  return std::nullopt;
}

std::string_view LineReader::begun() const {
  return dropped_ > 0 ? std::string_view(prefix_)
                      : std::string_view(buffer_).substr(begin_, kPrefixOctets);
}

std::string_view LineReader::buffered() {
  if (begin_ == buffer_.size()) compact();
  return std::string_view(buffer_).substr(begin_);
}

void LineReader::consume(size_t octets) {
  assert(dropped_ == 0 && begin_ + octets <= buffer_.size());
  begin_ += octets;
  scanned_ = begin_;
  if (begin_ == buffer_.size()) compact();
}

void LineReader::compact() {
  if (begin_ == 0) return;
  if (begin_ == buffer_.size()) {
    std::string().swap(buffer_);  // an idle session holds no buffer
  } else {
    buffer_.erase(0, begin_);
  }
  scanned_ -= begin_;
  begin_ = 0;
}

}  // namespace text
