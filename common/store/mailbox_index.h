// The mailbox index: what was found in the mailboxes at their last logins, so that the next login
// need not look at every message again. In memory alone: a server that is started again knows
// nothing, and nothing is ever lost with it. What of it may still be believed is the business of
// maildrop_snapshot.h; docs/mail-store.md has the argument.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "common/store/file_ops.h"
#include "common/store/mail_store.h"
#include "common/store/message_table.h"

namespace store {

// What one look into a mailbox's folder found. Never changes.
struct KnownMailbox {
  FileStatus folder;         // before its names were read
  bool is_settled = false;   // that was then long enough ago for any later change to show
  uint64_t read_at_ns = 0;   // when its names were read
  uint64_t seen_all_ns = 0;  // when every message in it was looked at
  // The numbers, ascending, that must be looked at again whatever else is known: what was left out,
  // and what was too young when it was counted.
  std::vector<uint64_t> doubtful;
  std::shared_ptr<const MessageTable> messages;
};

// At most so many octets, of which a message takes MessageTable::kOctetsEach and a mailbox
// kOctetsEach more; beyond, the mailboxes go that were used least recently. A maildrop that is open
// shares its mailbox's list, and keeps it should the index let go of it: an open session may so
// hold one list that is no longer counted here.
//
// Callable from any thread: one lock, held for a look-up or an insertion, never while the disk is
// asked. Who has the mailbox's lock (mailbox_lock.h) alone reads its folder, so two threads never
// make the same entry; should a folder be exchanged under their hands, the last one's stays, and
// says in `folder` which folder it is about.
class MailboxIndex {
 public:
  static constexpr size_t kMaxOctets = size_t{64} << 20U;
  static constexpr size_t kOctetsEach = 512;  // a mailbox, its longest name, the list's nodes

  explicit MailboxIndex(size_t max_octets = kMaxOctets) : max_octets_(max_octets) {}

  // Null: nothing is known of it.
  std::shared_ptr<const KnownMailbox> find(const Mailbox& mailbox);
  // Not kept if it alone is larger than all may be.
  void keep(const Mailbox& mailbox, std::shared_ptr<const KnownMailbox> known);
  // Something in it is not as it was found.
  void forget(const Mailbox& mailbox);

  size_t octets() const;

 private:
  struct Entry {
    const Mailbox* mailbox;  // the key in entries_
    std::shared_ptr<const KnownMailbox> known;
    size_t octets;
  };
  using ByUse = std::list<Entry>;

  // With mutex_ held.
  void erase(std::unordered_map<Mailbox, ByUse::iterator>::iterator entry);

  const size_t max_octets_;
  mutable std::mutex mutex_;
  // Guarded by mutex_:
  ByUse by_use_;  // the most recently used first
  std::unordered_map<Mailbox, ByUse::iterator> entries_;
  size_t octets_ = 0;
};

}  // namespace store
