#include "common/store/size_mark.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <span>

#include "common/store/names.h"
#include "common/text/dot_stuffing.h"

namespace store {
namespace {

constexpr size_t kReadOctets = size_t{64} * 1024;

// Takes a number off the front of `text`, and the blank after it.
std::optional<uint64_t> take_number(std::string_view& text, int base) {
  uint64_t number = 0;
  const auto [stopped, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(stopped - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  return number;
}

}  // namespace

std::string to_text(const SizeMark& mark) {
  return std::to_string(mark.stored_octets) + ' ' + stamp_text(mark.mtime_ns) + ' ' +
         std::to_string(mark.wire_octets);
}

std::optional<SizeMark> parse_size_mark(std::string_view text) {
  const auto stored_octets = take_number(text, 10);
  const auto mtime_ns = take_number(text, 16);
  const auto wire_octets = take_number(text, 10);
  if (!stored_octets || !mtime_ns || !wire_octets || !text.empty()) return std::nullopt;
  return SizeMark{
      .stored_octets = *stored_octets, .mtime_ns = *mtime_ns, .wire_octets = *wire_octets};
}

std::optional<uint64_t> marked_octets(std::string_view attribute, const FileStatus& file) {
  const auto mark = parse_size_mark(attribute);
  if (!mark || mark->stored_octets != file.octets || mark->mtime_ns != file.mtime_ns) {
    return std::nullopt;
  }
  return mark->wire_octets;
}

void mark_size(FileOps& ops, int fd, const SizeMark& mark) {
  [[maybe_unused]] const auto error = ops.fsetxattr(fd, kSizeMarkAttribute, to_text(mark));
}

Result<uint64_t> count_octets(FileOps& ops, int fd, uint64_t stored_octets) {
  // Not cleared: a login may count a hundred thousand files.
  const auto memory = std::make_unique_for_overwrite<std::array<char, kReadOctets>>();
  const std::span<char> buffer(*memory);
  text::WireSize size;
  for (uint64_t offset = 0; offset < stored_octets;) {
    const size_t room = std::min<uint64_t>(buffer.size(), stored_octets - offset);
    const auto octets = ops.pread(fd, buffer.first(room), offset);
    if (!octets) return std::unexpected(octets.error());
    if (*octets == 0) break;
    size.add(std::string_view(buffer.data(), *octets));
    offset += *octets;
  }
  return size.octets();
}

}  // namespace store
