// The mailboxes' folders from the side of delivery: makes them, numbers what is put into them, and
// makes that durable.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/store/file_ops.h"
#include "common/store/mail_store.h"

namespace store {

class StoreRoot;

// The extended attribute of a folder that holds the highest n ever removed from it, in decimal.
constexpr const char* kRemovedMarkAttribute = "user.mymail.removed";

// One past the number in it (the greatest number of all if it is that); 0 if there is none, or no
// number; an error if nobody can say.
Result<uint64_t> past_removed_mark(FileOps& ops, int folder);

// Used by the commit thread alone: link and unlink any number of times, then sync. `root` outlives
// it. It keeps each folder's next n in memory, so that a folder is read at its first use and when
// somebody else has changed it. No two messages get the same n while a folder exists.
class MailboxFolders {
 public:
  explicit MailboxFolders(StoreRoot& root) : root_(root) {}

  // Puts the open file into the mailbox, under the next number; returns that.
  Result<uint64_t> link(int file, const Mailbox& mailbox);

  // Takes it out again. Leaves alone, and counts as done, what is no longer that file.
  [[nodiscard]] std::error_code unlink(const Mailbox& mailbox, uint64_t n, const FileStatus& file);

  // Makes durable what was linked and unlinked since the last sync() that succeeded, the folders'
  // own names too.
  [[nodiscard]] std::error_code sync();

  // After a sync() that failed: the next one need not care for what this one could not do. Else a
  // folder that is ill would fail the deliveries to all others.
  void give_up();

 private:
  struct Folder {
    FileStatus seen;           // as it was when `next` was right; inode 0: never
    uint64_t next = 0;         // never less than it was while `seen` is the same folder
    bool is_fresh = false;     // seen since the last sync()
    bool is_touched = false;   // changed since the last sync()
    bool name_synced = false;  // mail.store was synced since this process last read it

    // It is another folder than it was.
    void forget() {
      seen = {};
      next = 0;
      is_fresh = name_synced = false;
    }
  };

  Result<uint64_t> unless_used(int file, const Mailbox& mailbox, Folder& folder, uint64_t n);
  std::error_code look_at(const Mailbox& mailbox, Folder& folder);
  std::error_code read(const Mailbox& mailbox, Folder& folder);
  void touch(const Mailbox& mailbox, Folder& folder);
  std::error_code sync_touched();
  std::error_code sync_each(bool names_too);
  std::error_code sync_folder(const Mailbox& mailbox);

  StoreRoot& root_;
  std::unordered_map<Mailbox, Folder> folders_;
  std::vector<const Mailbox*> touched_;  // keys of folders_
  const Mailbox* last_ = nullptr;        // of these, the one that was changed last
};

}  // namespace store
