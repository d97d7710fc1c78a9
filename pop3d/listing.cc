#include "pop3d/listing.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "common/text/ascii.h"

namespace pop3 {

Listing::Listing(const store::MessageList& messages)
    : messages_(&messages), octets_(messages.octets()) {}

std::expected<size_t, Reply> Listing::find(std::string_view number) const {
  const auto value = parse_number(number);
  if (!value) return std::unexpected(bad_argument());
  if (*value == 0 || *value > messages_->size()) return std::unexpected(no_such_message());
  const auto index = static_cast<size_t>(*value - 1);
  if (deleted_[index]) return std::unexpected(already_deleted());
  return index;
}

std::optional<size_t> Listing::next(size_t index) const {
  index = deleted_.next_unset(index);
  return index < messages_->size() ? std::optional(index) : std::nullopt;
}

void Listing::mark_deleted(size_t index) {
  if (deleted_[index]) return;
  deleted_.set(index);
  ++deleted_count_;
  octets_ -= messages_->octets_of(index);
}

size_t Listing::restore() {
  octets_ = messages_->octets();
  deleted_.clear();
  return std::exchange(deleted_count_, 0);
}

std::vector<size_t> Listing::deleted() const {
  std::vector<size_t> indexes;
  indexes.reserve(deleted_count_);
  for (size_t i = 0; i < messages_->size(); ++i) {
    if (deleted_[i]) indexes.push_back(i);
  }
  return indexes;
}

std::optional<uint64_t> parse_number(std::string_view text) {
  if (text.empty() || !std::ranges::all_of(text, text::is_digit)) return std::nullopt;
  uint64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() ? value : std::numeric_limits<uint64_t>::max();
}

}  // namespace pop3
