#include "pop3d/top_filter.h"

#include <algorithm>

namespace pop3 {

size_t TopFilter::take(std::string_view in) {
  size_t at = 0;
  while (at < in.size() && !done()) {
    const size_t lf = in.find('\n', at);
    const std::string_view line =
        in.substr(at, lf == std::string_view::npos ? in.size() - at : lf - at);
    if (!in_body_ && std::ranges::any_of(line, [](char c) { return c != '\r'; })) {
      line_empty_ = false;
    }
    if (lf == std::string_view::npos) return in.size();
    at = lf + 1;
    if (in_body_) {
      --lines_left_;
    } else if (line_empty_) {
      in_body_ = true;
    }
    line_empty_ = true;
  }
  return at;
}

}  // namespace pop3
