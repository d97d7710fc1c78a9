// What TOP shows of a message: the header, the blank line, and the first lines of the body (RFC
// 1939 §7). Pure and incremental, like text::DotEncoder, which it stands in front of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pop3 {

class TopFilter {
 public:
  explicit TopFilter(uint64_t body_lines) : lines_left_(body_lines) {}

  // How many octets of `in`, the next ones of the message, are shown. Fewer than there are: it is
  // done.
  size_t take(std::string_view in);

  bool done() const { return in_body_ && lines_left_ == 0; }

 private:
  bool in_body_ = false;
  bool line_empty_ = true;  // nothing but a CR so far
  uint64_t lines_left_;
};

}  // namespace pop3
