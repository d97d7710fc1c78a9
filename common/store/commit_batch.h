// What a commit is, in the order that makes it safe: nothing gets a name before its data is on
// stable storage, nobody is told before the names are. See docs/mail-store.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <system_error>
#include <vector>

#include "common/store/draft.h"
#include "common/store/file_ops.h"
#include "common/store/incoming_message.h"
#include "common/store/mail_store.h"
#include "common/store/mailbox_folders.h"
#include "common/store/spare_drafts.h"
#include "common/store/stamp_clock.h"
#include "common/store/store_root.h"

namespace store {

struct CommitRequest {
  std::shared_ptr<IncomingMessage> message;
  std::vector<Mailbox> recipients;
  Done<MessageId> done;
};

// The messages that are committed together: two syncs for all of them, or one where the file system
// keeps the order of what is done to it. Used once, by the commit thread; what it refers to
// outlives it.
class CommitBatch {
 public:
  CommitBatch(StoreRoot& root, MailboxFolders& folders, StampClock& clock, SpareDrafts& spares);

  // Writes them, and neither waits for the disk nor names anything.
  void add(std::vector<CommitRequest> requests);
  size_t size() const { return items_.size(); }

  // Of what was written so far the disk is given what it may as well write now, while others are
  // waited for. Waits for nothing, and need not be called.
  void begin_data();

  struct Took {
    std::chrono::steady_clock::duration syncing;  // the disk: the syncs, waiting for its writing
    std::chrono::steady_clock::duration linking;  // all else
  };
  // Commits what can be, undoes what cannot, and closes all descriptors.
  Took run();

  // Reports each request, once, after run().
  void report();

 private:
  struct Link {
    const Mailbox* mailbox;
    uint64_t n;
  };
  struct Item {
    CommitRequest request;
    FileStatus file;              // of the whole message, its stamp set
    std::unique_ptr<Draft> copy;  // what is linked instead, where readers were faster: see link()
    std::vector<Link> links;
    std::error_code error;  // none so far: it is being committed

    // The file that is linked.
    Draft& draft() { return copy ? *copy : request.message->draft(); }
  };

  std::error_code write(Item& item);
  void sync_data();
  void finish_data(Item& item);
  void write_data_back(Item& item, unsigned flags);
  std::error_code link(Item& item);
  Result<uint64_t> link(Item& item, const Mailbox& mailbox);
  std::error_code copy(Item& item);
  void unlink(Item& item);
  void sync_links();

  StoreRoot& root_;
  MailboxFolders& folders_;
  StampClock& clock_;
  SpareDrafts& spares_;
  std::vector<Item> items_;
  size_t begun_ = 0;  // of so many items, from the front, the disk has been given the data
};

}  // namespace store
