// The Maildrop of a folder of files.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "common/store/descriptor.h"
#include "common/store/maildrop.h"
#include "common/store/maildrop_snapshot.h"
#include "common/store/store_root.h"
#include "common/store/worker_pool.h"

namespace store {

class FileMaildrop : public Maildrop {
 public:
  // Blocks. `root` and `pool` outlive it, and what it has asked of them. kInUse: see mailbox_lock.h
  static Result<std::unique_ptr<Maildrop>> open(const StoreRoot& root, WorkerPool& pool,
                                                const Mailbox& mailbox);

  FileMaildrop(const StoreRoot& root, WorkerPool& pool, Descriptor folder,
               std::vector<MessageFile> files);

  std::span<const MessageInfo> messages() const override { return infos_; }

  // What the kernel has in memory is reported at once, from within the call; what needs the disk,
  // from the pool. Errors: ENOENT or ESTALE if the message is gone or its name another file's.
  void read(size_t i, uint64_t offset, std::span<char> buffer, Done<size_t> done) override;

  // The descriptors go along: this object may be destroyed meanwhile, the removal goes on.
  void remove(std::vector<size_t> messages, Done<void> done) override;

 private:
  bool read_cached(size_t i, uint64_t offset, std::span<char> buffer, size_t& got);
  Result<size_t> read_blocking(size_t i, uint64_t offset, std::span<char> buffer, size_t got);
  std::error_code take(size_t i, Descriptor file);

  const StoreRoot& root_;
  WorkerPool& pool_;
  Descriptor folder_;  // holds the lock
  std::vector<MessageFile> files_;
  std::vector<MessageInfo> infos_;
  Descriptor open_file_;  // the message read last
  size_t open_i_ = 0;     // which it is
};

}  // namespace store
