// The store's engine on one machine: messages are files, mailboxes are folders, as
// docs/mail-store.md describes them.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <string>

#include "common/store/committer.h"
#include "common/store/file_ops.h"
#include "common/store/mail_store.h"
#include "common/store/mailbox_index.h"
#include "common/store/message_expiry.h"
#include "common/store/read_ahead.h"
#include "common/store/store_root.h"
#include "common/store/wall_clock.h"
#include "common/store/worker_pool.h"

namespace store {

// Owns the commit thread and the store pool: outcomes are reported from these threads, or from
// within the call. Any number of FileStores, in any number of processes, may work on one folder.
class FileStore : public MailStore {
 public:
  // Opens the folder at `path`, and makes it when it is missing. The error says, for a person, why
  // it cannot be used. `ops` outlives the store.
  static std::expected<std::unique_ptr<FileStore>, std::string> open(
      const std::string& path, Observer observer, FileOps& ops = posix_file_ops(),
      WallClock clock = time_of_day);

  // Finishes and reports what was asked of it. Its deliveries and maildrops are gone by then.
  ~FileStore() override = default;

  // From now on messages that are so old are removed: when their maildrop is opened, and by
  // sweep(). Once, before anything else is asked of the store.
  void expire_after(std::chrono::nanoseconds age, MessageExpiry::Tell tell);
  // Removes the messages of this mailbox that are too old: MessageExpiry::sweep. From one thread.
  void sweep(const Mailbox& mailbox);

  std::unique_ptr<Delivery> new_delivery() override;
  void free_octets(Done<uint64_t> done) override;
  void open_maildrop(Mailbox mailbox, Done<std::unique_ptr<Maildrop>> done) override;
  void measure(Mailbox mailbox, Done<uint64_t> done) override;

 private:
  explicit FileStore(std::unique_ptr<StoreRoot> root);

  // Destroyed from the last to the first: the threads end before what they use.
  std::unique_ptr<StoreRoot> root_;
  MailboxIndex index_;                     // of the maildrops
  MailboxIndex measured_;                  // of what measure() has found
  ReadAheadRoom ahead_;                    // of the maildrops
  std::unique_ptr<MessageExpiry> expiry_;  // null: messages stay
  Committer committer_;
  WorkerPool pool_;
};

}  // namespace store
