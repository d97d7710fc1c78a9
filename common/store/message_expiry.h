// Messages that are too old (mypopd --message-expiry): which they are, and how they go. The crash
// argument, and whose word counts for a message's age, are in docs/mail-store.md ("Expiry").
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <system_error>
#include <unordered_map>
#include <vector>

#include "common/store/file_ops.h"
#include "common/store/mail_store.h"
#include "common/store/message_removal.h"
#include "common/store/message_table.h"

namespace store {

class StoreRoot;

// A message is as old as its modification time says, which is its delivery stamp. One that is to
// go is removed as QUIT removes (message_removal.h), under the mailbox's lock: no session ever
// loses what it lists, and no message goes before its time.
class MessageExpiry {
 public:
  // What is told of a mailbox when some of its messages are gone. From any thread.
  using Tell = std::function<void(const Mailbox& mailbox, size_t messages)>;

  // `root` outlives it. `age`: a message that is so old goes.
  MessageExpiry(const StoreRoot& root, std::chrono::nanoseconds age, Tell tell);

  // Of the messages that were found in the open, locked folder. Nothing: none had to go. Those that
  // could not be removed stay, and the observer is told. Blocks; from any thread.
  std::optional<Removal> remove_old(int folder, const Mailbox& mailbox,
                                    const MessageTable& found) const;

  // The same for a mailbox that nobody has open; one that somebody has waits for another time, and
  // so does what is left of it when somebody opens it meanwhile. A mailbox without a folder has
  // none afterwards either. Looks at no message if the folder is as it was, and nothing in it can
  // be old by now. Blocks; from one thread.
  void sweep(const Mailbox& mailbox);

 private:
  // A mailbox that was looked at, and had nothing to remove.
  struct Seen {
    FileStatus folder;  // before its names were read, and its times were settled then
    bool has_messages;
    uint64_t oldest_ns;
  };

  bool is_old(uint64_t stamp_ns, uint64_t now_ns) const;
  std::vector<MessageFile> old_of(const MessageTable& found, uint64_t now_ns) const;
  bool may_have_old(const Mailbox& mailbox, const FileStatus& folder, uint64_t now_ns) const;
  void remember(const Mailbox& mailbox, const FileStatus& folder, const MessageTable& found,
                uint64_t now_ns);
  std::error_code try_to_sweep(const Mailbox& mailbox);
  std::error_code remove_in_turns(const Mailbox& mailbox, const MessageTable& found,
                                  const std::vector<MessageFile>& old);

  const StoreRoot& root_;
  const std::chrono::nanoseconds age_;
  const Tell tell_;
  std::unordered_map<Mailbox, Seen> seen_;  // by sweep()
};

}  // namespace store
