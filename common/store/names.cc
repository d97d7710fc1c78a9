#include "common/store/names.h"

#include <array>
#include <charconv>

namespace store {
namespace {

constexpr std::string_view kSuffix = ".mail";

}  // namespace

bool is_folder_name(std::string_view mailbox) {
  return !mailbox.empty() && mailbox.front() != '.' &&
         mailbox.find('/') == std::string_view::npos &&
         mailbox.find('\0') == std::string_view::npos;
}

std::string message_file_name(uint64_t n) { return std::to_string(n).append(kSuffix); }

std::optional<uint64_t> message_number(std::string_view file_name) {
  if (!file_name.ends_with(kSuffix)) return std::nullopt;
  const std::string_view digits = file_name.substr(0, file_name.size() - kSuffix.size());
  if (digits.empty() || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
  uint64_t n = 0;
  const auto [stopped, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
  if (error != std::errc() || stopped != digits.data() + digits.size()) return std::nullopt;
  return n;
}

std::string stamp_text(uint64_t mtime_ns) {
  std::array<char, 16> hex{};
  const auto written = std::to_chars(hex.data(), hex.data() + hex.size(), mtime_ns, 16);
  return {hex.data(), written.ptr};
}

std::string message_uid(uint64_t mtime_ns, uint64_t n) {
  std::array<char, 16 + 1 + 20> text{};
  char* const end = text.data() + text.size();
  char* dash = std::to_chars(text.data(), end, mtime_ns, 16).ptr;
  *dash = '-';
  return {text.data(), std::to_chars(dash + 1, end, n).ptr};
}

}  // namespace store
