// The message that the bench sends and expects back: a header with a number of its own, lines of 76
// characters, of which the first begins with a dot, every line end CRLF. Of one size all are the
// same but for the number, so that what comes back can be compared octet by octet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

class SampleMessage {
 public:
  static constexpr size_t kLeastOctets = 256;

  // `octets`: its size, dot-stuffing not counted; at least kLeastOctets.
  explicit SampleMessage(size_t octets);

  size_t octets() const { return text_.size(); }

  // As it is stored.
  std::string text(uint64_t number) const { return head(number) + body(); }

  // As DATA takes it, in two parts: head, and then the rest with its final dot, which is the same
  // for all and lives as long as this.
  std::string head(uint64_t number) const;
  std::string_view data_after_head() const { return data_after_head_; }

  // Whether a message, whatever its number, has `piece` from `offset` on.
  bool has(size_t offset, std::string_view piece) const;

 private:
  std::string body() const;

  std::string text_;  // that of number 0
  size_t number_begin_ = 0;
  size_t head_octets_ = 0;
  std::string data_after_head_;
};

}  // namespace bench
