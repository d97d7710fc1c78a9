// How a stream of octets is cut into the pieces that are handed over one at a time.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace fuzz {

// Gives the lengths of the pieces: a few, again and again. Holds no heap memory.
class Pieces {
 public:
  static constexpr size_t kLengths = 6;

  static Pieces whole() { return Pieces(std::numeric_limits<size_t>::max()); }
  // Octet by octet; of more than a test has the time for, in pieces as small as will do.
  static Pieces smallest(size_t octets) { return Pieces(octets <= kTrickled ? 1 : 61); }
  // As octets of a fuzz input say: 1 to 224 octets, or up to 16 KiB.
  static Pieces from(std::string_view octets) {
    Pieces pieces(1);
    pieces.count_ = std::clamp<size_t>(octets.size(), 1, kLengths);
    for (size_t i = 0; i < std::min(octets.size(), kLengths); ++i) {
      pieces.lengths_[i] = length(static_cast<uint8_t>(octets[i]));
    }
    return pieces;
  }

  size_t next() {
    const size_t length = lengths_[at_];
    at_ = (at_ + 1) % count_;
    return length;
  }
  size_t longest() const { return *std::max_element(lengths_.begin(), lengths_.begin() + count_); }

 private:
  static constexpr size_t kTrickled = size_t{8} * 1024;

  explicit Pieces(size_t length) : lengths_{length} {}
  static size_t length(uint8_t octet) {
    return octet < 224 ? size_t{octet} + 1 : size_t{octet} * 512 - size_t{223} * 512;
  }

  std::array<size_t, kLengths> lengths_;
  size_t count_ = 1;
  size_t at_ = 0;
};

}  // namespace fuzz
