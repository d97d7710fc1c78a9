// The first octets of a session's fuzz input: they say how the rest is played (smtp_case.h,
// pop3_case.h). What an input is too short for counts as 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fuzz {

class SettingsOctets {
 public:
  static constexpr size_t kCount = 17;

  // `input` outlives this.
  explicit SettingsOctets(std::string_view input) : input_(input) {}

  uint8_t operator[](size_t i) const {
    return i < input_.size() ? static_cast<uint8_t>(input_[i]) : uint8_t{0};
  }
  // Two bits of octet `i`: the `nth` pair; past the fourth 0.
  unsigned pair(size_t i, size_t nth) const {
    return nth < 4 ? (unsigned{(*this)[i]} >> (2 * nth)) & 3U : 0U;
  }
  // Octets `from` to `to`, that one excluded.
  std::string_view octets(size_t from, size_t to) const {
    return from < input_.size() ? input_.substr(from, to - from) : std::string_view();
  }
  // What is played.
  std::string_view rest() const {
    return input_.size() > kCount ? input_.substr(kCount) : std::string_view();
  }

 private:
  std::string_view input_;
};

// Parts what stands behind them.
inline constexpr std::string_view kMark = "\xff\xff";

// `text` as often as `octet` says, nearly always once, with `most` octets at the most: that is how
// a short input reaches limits of many KiB.
inline std::string repeated(std::string_view text, uint8_t octet, size_t most) {
  const size_t times = octet < 246 ? 1 : size_t{1} << (octet - 245U);
  std::string out;
  for (size_t i = 0; i < times && out.size() + text.size() <= most; ++i) out += text;
  return out.empty() ? std::string(text.substr(0, most)) : out;
}

// How the client's end of a session ends it.
enum class Finish { kEndOfInput, kTimeOut, kShutDown };

// Whether the server ends it earlier.
enum class Interruption { kNone, kAsTheCaseSays };

constexpr Finish finish_from(unsigned octet) {
  return octet % 4 == 1   ? Finish::kTimeOut
         : octet % 4 == 2 ? Finish::kShutDown
                          : Finish::kEndOfInput;
}

}  // namespace fuzz
