// What a maildrop's listing says of its messages. Pure: sessions include it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace store {

// The messages of a maildrop in order of arrival, the first at 0. It never changes, and may be
// shared by sessions: so nothing is copied at login, and a UIDL is made when somebody asks for it.
// Callable from any thread.
class MessageList {
 public:
  virtual ~MessageList() = default;

  virtual size_t size() const = 0;
  // Of all messages together, as octets_of() counts.
  virtual uint64_t octets() const = 0;
  // Of message `i`, which is less than size(): as POP3 counts them (text::WireSize).
  virtual uint64_t octets_of(size_t i) const = 0;
  // Unique and stable: 1-70 characters of 0x21-0x7e (RFC 1939 §7).
  virtual std::string uid_of(size_t i) const = 0;
};

}  // namespace store
