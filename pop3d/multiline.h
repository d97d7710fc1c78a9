// Multi-line replies (RFC 1939 §3) that are written piece by piece, so that a session's output
// stays bounded whatever the maildrop holds. Pure. Their status line is the session's business; the
// final dot is theirs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/text/dot_stuffing.h"
#include "pop3d/listing.h"
#include "pop3d/top_filter.h"

namespace pop3 {

// LIST's and UIDL's: a line a message.
class ListingWriter {
 public:
  enum class What { kOctets, kUids };

  explicit ListingWriter(What what) : what_(what) {}

  // Appends to `out` until it has `limit` octets or all is said. True: all is said.
  bool write(const Listing& listing, std::string& out, size_t limit);

 private:
  What what_;
  size_t index_ = 0;  // of the next message
};

// RETR's and TOP's: a message, dot-stuffed.
class MessageWriter {
 public:
  // `top`: what is shown of it; none: all.
  MessageWriter(size_t index, std::optional<TopFilter> top) : index_(index), top_(top) {}

  // The message, and from where on its text is wanted next.
  size_t index() const { return index_; }
  uint64_t offset() const { return offset_; }

  bool is_whole() const { return !top_; }
  // Whether write() was called.
  bool begun() const { return begun_; }

  // Appends what the next piece of the message comes to; an empty one is its end. True: all is
  // said.
  bool write(std::string_view text, std::string& out);

 private:
  size_t index_;
  std::optional<TopFilter> top_;
  uint64_t offset_ = 0;
  bool begun_ = false;
  text::DotEncoder encoder_;
};

}  // namespace pop3
