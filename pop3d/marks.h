// Marks on the messages of a listing. Pure. Finds the next message without one fast, however many
// have one: clients may ask as often as they like.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pop3 {

class Marks {
 public:
  bool operator[](size_t index) const {
    const size_t word = index / kBits;
    return word < words_.size() && (words_[word] >> (index % kBits) & 1U) != 0;
  }

  void set(size_t index) {
    const size_t word = index / kBits;
    if (word >= words_.size()) words_.resize(word + 1);
    words_[word] |= uint64_t{1} << (index % kBits);
  }

  // Takes all of them back.
  void clear() { words_.clear(); }

  // The first index from `index` on that has no mark; there always is one.
  size_t next_unset(size_t index) const {
    size_t word = index / kBits;
    if (word >= words_.size()) return index;
    uint64_t unset = ~words_[word] & (~uint64_t{0} << (index % kBits));
    while (unset == 0) {
      if (++word == words_.size()) return word * kBits;
      unset = ~words_[word];
    }
    return word * kBits + static_cast<size_t>(std::countr_zero(unset));
  }

 private:
  static constexpr size_t kBits = 64;
  std::vector<uint64_t> words_;  // what is past them has no mark
};

}  // namespace pop3
