// A mailbox as one POP3 session sees it (RFC 1939 §3): locked and unchanging from login to QUIT. An
// interface; see mail_store.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>
#include <vector>

#include "common/store/done.h"
#include "common/store/message_list.h"

namespace store {

enum class MaildropError {
  kInUse = 1,       // another session holds the lock
  kSomeRemain = 2,  // not all messages could be removed
};
std::error_code make_error_code(MaildropError error);

// Used from one thread at a time, one call at a time: not while a Done is still out. Destroying it
// unlocks the mailbox and removes nothing.
class Maildrop {
 public:
  virtual ~Maildrop() = default;

  // Lives as long as this maildrop.
  virtual const MessageList& messages() const = 0;

  // Reads from octet `offset` of message `i` as it is stored: as much as there is and `buffer`
  // takes; 0 at its end. `buffer` lives until `done`.
  virtual void read(size_t i, uint64_t offset, std::span<char> buffer, Done<size_t> done) = 0;

  // Removes these messages for good, on stable storage, then unlocks the mailbox, then reports. One
  // that is gone already counts as removed. After it only destroying is left to do.
  virtual void remove(std::vector<size_t> messages, Done<void> done) = 0;
};

}  // namespace store

template <>
struct std::is_error_code_enum<store::MaildropError> : std::true_type {};
