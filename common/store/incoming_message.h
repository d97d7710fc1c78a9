// A message between its first octet and its mailboxes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "common/store/draft.h"
#include "common/text/dot_stuffing.h"

namespace store {

class StoreRoot;

// A buffer in front of a Draft: a small message is in memory alone until it is committed, a large
// one takes no more memory than kBufferOctets and the piece that filled them, and none when it has
// just been written out. Used from one thread at a time. `root` outlives it.
class IncomingMessage {
 public:
  // A client that stalls costs up to so much, and there may be ten thousand of them.
  static constexpr size_t kBufferOctets = size_t{16} * 1024;

  explicit IncomingMessage(StoreRoot& root) : root_(root), draft_(root) {}

  // Copies `text` to the end. Whether there is room for more before the next write_out().
  [[nodiscard]] bool append(std::string_view text);

  // Writes what is buffered to the draft. The first error is the message's end: it is returned from
  // then on. Blocks.
  [[nodiscard]] std::error_code write_out();

  // Whether what has been written of it must be taken for lost (StoreRoot::losses).
  bool is_lost() const;

  Draft& draft() { return draft_; }
  uint64_t stored_octets() const { return stored_octets_; }
  uint64_t wire_octets() const { return wire_size_.octets(); }

 private:
  StoreRoot& root_;
  Draft draft_;
  std::string buffer_;
  uint64_t stored_octets_ = 0;
  text::WireSize wire_size_;
  std::optional<uint64_t> losses_before_;  // set by the first write
  std::error_code error_;
};

}  // namespace store
