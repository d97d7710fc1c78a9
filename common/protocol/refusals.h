// The refusals of a session, kept for the log until the driver takes them. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace protocol {

class Refusals {
 public:
  // Between two takes it keeps so many, and of the others their number: a client that is refused a
  // thousand times in one write costs no memory.
  static constexpr size_t kKept = 16;

  struct Taken {
    std::vector<std::string> replies;  // as they were sent, without line end
    size_t more = 0;
  };

  void add(std::string_view reply) {
    if (taken_.replies.size() < kKept) {
      taken_.replies.emplace_back(reply);
    } else {
      ++taken_.more;
    }
  }

  Taken take() { return std::exchange(taken_, {}); }

 private:
  Taken taken_;
};

}  // namespace protocol
