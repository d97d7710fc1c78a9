// The Maildrop of a folder of files.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <vector>

#include "common/store/descriptor.h"
#include "common/store/mail_store.h"
#include "common/store/mailbox_index.h"
#include "common/store/message_expiry.h"
#include "common/store/message_file.h"
#include "common/store/message_table.h"
#include "common/store/read_ahead.h"
#include "common/store/store_root.h"
#include "common/store/worker_pool.h"

namespace store {

class FileMaildrop : public Maildrop {
 public:
  // What the maildrops of a store share. All of it outlives them, and what they have asked of it.
  struct Shared {
    const StoreRoot& root;
    WorkerPool& pool;
    MailboxIndex& index;
    ReadAheadRoom& ahead;
    const MessageExpiry* expiry = nullptr;  // what is too old is removed first; null: nothing is
  };

  // Blocks. kInUse: see mailbox_lock.h.
  static Result<std::unique_ptr<Maildrop>> open(const Shared& shared, const Mailbox& mailbox);

  // `folder` holds the lock.
  FileMaildrop(const Shared& shared, Mailbox mailbox, Descriptor folder,
               std::shared_ptr<const MessageTable> messages);

  const MessageList& messages() const override { return *messages_; }

  // What was read ahead (read_ahead.h) or the kernel has in memory is reported at once, from within
  // the call; what needs the disk, from the pool. Errors: ENOENT or ESTALE if the message is gone
  // or its name another file's; the next login then looks at every message.
  void read(size_t i, uint64_t offset, std::span<char> buffer, Done<size_t> done) override;

  // The descriptors go along: this object may be destroyed meanwhile, the removal goes on.
  void remove(std::vector<size_t> messages, Done<void> done) override;

 private:
  bool is_ahead_worthwhile();
  bool read_cached(size_t i, uint64_t offset, std::span<char> buffer, size_t& got);
  Result<size_t> read_blocking(size_t i, uint64_t offset, std::span<char> buffer, size_t got);
  std::error_code open_file(size_t i, Wait wait);

  const StoreRoot& root_;
  WorkerPool& pool_;
  MailboxIndex& index_;
  const Mailbox mailbox_;
  Descriptor folder_;
  const std::shared_ptr<const MessageTable> messages_;  // shared with the index
  ReadAhead ahead_;
  std::chrono::steady_clock::time_point asked_;  // when the last message was
  bool needed_disk_ = false;                     // the last one that was not read ahead
  Descriptor open_file_;  // the message read last, unless that was read ahead
  MessageFile open_message_;
  size_t open_i_ = 0;  // which it is
};

}  // namespace store
