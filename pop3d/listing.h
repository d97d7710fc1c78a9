// The maildrop as a session numbers it: the snapshot taken at login, and which messages are marked
// as deleted (RFC 1939 §5). Pure. Message numbers are what the client sends, from 1 on; indexes go
// into the snapshot, from 0 on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "common/store/message_list.h"
#include "pop3d/marks.h"
#include "pop3d/reply.h"

namespace pop3 {

class Listing {
 public:
  // `messages` outlives the listing.
  explicit Listing(const store::MessageList& messages);

  // The message that a client means by `number`, or the reply that refuses it.
  std::expected<size_t, Reply> find(std::string_view number) const;

  // The first message at or after `index` that is not deleted.
  std::optional<size_t> next(size_t index) const;

  const store::MessageList& messages() const { return *messages_; }

  // How many are not deleted, and their octets.
  size_t count() const { return messages_->size() - deleted_count_; }
  uint64_t octets() const { return octets_; }

  void mark_deleted(size_t index);
  // Takes all marks back. Returns how many there were.
  size_t restore();
  std::vector<size_t> deleted() const;

 private:
  const store::MessageList* messages_;
  Marks deleted_;
  size_t deleted_count_ = 0;
  uint64_t octets_;  // of those that are not deleted
};

// A number as POP3 writes it: decimal digits. One too large to hold becomes the largest there is.
std::optional<uint64_t> parse_number(std::string_view text);

}  // namespace pop3
