// The Maildrop of a folder of files.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "common/store/descriptor.h"
#include "common/store/mail_store.h"
#include "common/store/mailbox_index.h"
#include "common/store/message_expiry.h"
#include "common/store/message_table.h"
#include "common/store/store_root.h"
#include "common/store/worker_pool.h"

namespace store {

class FileMaildrop : public Maildrop {
 public:
  // Blocks. `root`, `pool` and `index` outlive it, and what it has asked of them. kInUse: see
  // mailbox_lock.h. `expiry`: what is too old is removed first; may be null.
  static Result<std::unique_ptr<Maildrop>> open(const StoreRoot& root, WorkerPool& pool,
                                                MailboxIndex& index, const MessageExpiry* expiry,
                                                const Mailbox& mailbox);

  // `folder` holds the lock.
  FileMaildrop(const StoreRoot& root, WorkerPool& pool, MailboxIndex& index, Mailbox mailbox,
               Descriptor folder, std::shared_ptr<const MessageTable> messages);

  const MessageList& messages() const override { return *messages_; }

  // What the kernel has in memory is reported at once, from within the call; what needs the disk,
  // from the pool. Errors: ENOENT or ESTALE if the message is gone or its name another file's; the
  // next login then looks at every message.
  void read(size_t i, uint64_t offset, std::span<char> buffer, Done<size_t> done) override;

  // The descriptors go along: this object may be destroyed meanwhile, the removal goes on.
  void remove(std::vector<size_t> messages, Done<void> done) override;

 private:
  bool read_cached(size_t i, uint64_t offset, std::span<char> buffer, size_t& got);
  Result<size_t> read_blocking(size_t i, uint64_t offset, std::span<char> buffer, size_t got);
  std::error_code open_message(size_t i);
  std::error_code take(size_t i, Descriptor file);

  const StoreRoot& root_;
  WorkerPool& pool_;
  MailboxIndex& index_;
  const Mailbox mailbox_;
  Descriptor folder_;
  const std::shared_ptr<const MessageTable> messages_;  // shared with the index
  Descriptor open_file_;                                // the message read last
  MessageFile open_message_;
  size_t open_i_ = 0;  // which it is
};

}  // namespace store
