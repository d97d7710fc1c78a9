// QUIT's deletions.
#pragma once

#include <cstddef>
#include <system_error>
#include <vector>

#include "common/store/message_table.h"

namespace store {

class StoreRoot;

struct Removal {
  // MaildropError::kSomeRemain: all that could be unlinked is. Any other error: nothing is removed,
  // or not durably.
  std::error_code error;
  bool found_others = false;  // a name was another file's by now, which stays
  size_t unlinked = 0;        // less than asked for, if some were gone already
};

// Removes these messages from the open, locked folder: notes the highest n that ever went (the
// folder's removed mark), unlinks each that is still the file meant, and makes that durable. A
// message that is gone counts as removed. `newest_too`: the folder's highest n is among them; the
// mark is then durable first, so that its n cannot come back. Blocks.
[[nodiscard]] Removal remove_messages(const StoreRoot& root, int folder,
                                      const std::vector<MessageFile>& messages, bool newest_too);

}  // namespace store
