#include "common/store/mailbox_lock.h"

#include <fcntl.h>

#include <cerrno>

#include "common/store/names.h"
#include "common/store/store_root.h"

namespace store {
namespace {

// How often the folder may be exchanged under our hands.
constexpr int kAttempts = 10;

std::error_code error_of(int number) { return {number, std::system_category()}; }

Result<Descriptor> open_or_make(const StoreRoot& root, const Mailbox& mailbox) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
  FileOps& ops = root.ops();
  auto folder = Descriptor::open(ops, root.fd(), mailbox, kFlags);
  if (folder || !is_errno(folder.error(), ENOENT)) return folder;
  const auto error = ops.mkdirat(root.fd(), mailbox, kFolderMode);
  if (error && !is_errno(error, EEXIST)) return std::unexpected(error);
  if (auto sync_error = ops.fsync(root.fd())) return std::unexpected(sync_error);
  return Descriptor::open(ops, root.fd(), mailbox, kFlags);
}

}  // namespace

Result<Descriptor> lock_mailbox(const StoreRoot& root, const Mailbox& mailbox) {
  if (!is_folder_name(mailbox)) return std::unexpected(error_of(EINVAL));
  FileOps& ops = root.ops();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto folder = open_or_make(root, mailbox);
    if (!folder) {
      if (is_errno(folder.error(), ENOENT)) continue;  // removed between making and opening
      return folder;
    }
    if (const auto error = ops.flock(folder->fd())) {
      return std::unexpected(is_errno(error, EWOULDBLOCK) ? make_error_code(MaildropError::kInUse)
                                                          : error);
    }
    // A lock on a folder that was removed before we had it locks nobody out.
    const auto locked = ops.fstat(folder->fd());
    if (!locked) return std::unexpected(locked.error());
    const auto there = ops.fstatat(root.fd(), mailbox);
    if (there && there->is_same_file(*locked)) return folder;
    if (!there && !is_errno(there.error(), ENOENT)) return std::unexpected(there.error());
  }
  return std::unexpected(error_of(EBUSY));
}

}  // namespace store
