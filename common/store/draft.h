// The file of a message that is not in a mailbox yet.
#pragma once

#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/store/descriptor.h"
#include "common/store/file_ops.h"

namespace store {

class StoreRoot;

// Opened at the first write(), in mail.store, since a file can be linked only within its file
// system. It has no name there (O_TMPFILE), so that nothing is left of it however this process
// ends. Where the file system has no such files (NFS, CephFS) it is called `.tmp-…`, holds a lock
// for as long as it is being written, and loses its name with discard_name() or at the latest with
// the draft. `root` outlives it. Used from one thread at a time.
class Draft {
 public:
  explicit Draft(StoreRoot& root) : root_(root) {}
  ~Draft() { discard_name(); }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  // Will be written to `file`, which open_unnamed() has given and nothing was written to, if it is
  // open. Before the first write().
  void use(Descriptor file) { file_ = std::move(file); }

  // Appends all of `bytes`, or fails; the file's end is then unknown. Opens the file even if
  // `bytes` is empty.
  [[nodiscard]] std::error_code write(std::string_view bytes);

  // Open after the first write() that has succeeded, until close().
  int fd() const { return file_.fd(); }
  bool is_open() const { return file_.is_open(); }

  // Takes away the temporary name, if there is one. Links that were made meanwhile stay.
  void discard_name();

  // What was written is gone unless it has been linked.
  void close();

 private:
  std::error_code open();
  std::error_code open_named();

  StoreRoot& root_;
  Descriptor file_;
  std::string name_;  // empty: it has none
};

// A new file in mail.store that has no name.
Result<Descriptor> open_unnamed(const StoreRoot& root);
// Whether this error of it says that the file system has no such files.
bool has_no_unnamed_files(std::error_code error);

// Removes the named drafts that are locked by nobody: their servers are gone. Never one that
// another server is just writing.
void sweep_drafts(const StoreRoot& root);

}  // namespace store
