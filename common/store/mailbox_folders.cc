#include "common/store/mailbox_folders.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <limits>

#include "common/store/descriptor.h"
#include "common/store/names.h"
#include "common/store/store_root.h"

namespace store {
namespace {

// How often a link is tried while others change the folder under our hands.
constexpr int kLinkAttempts = 100;
// Up to so many folders are synced one by one; beyond, one syncfs costs less.
constexpr size_t kFewFolders = 2;

std::string path_in_store(const Mailbox& mailbox, uint64_t n) {
  return mailbox + '/' + message_file_name(n);
}

std::error_code error_of(int number) { return {number, std::system_category()}; }

Result<uint64_t> past_removed_mark(const Result<std::string>& text) {
  if (!text) {
    // ERANGE: longer than any number.
    for (const int number : {ENODATA, ENOTSUP, ERANGE}) {
      if (is_errno(text.error(), number)) return 0;
    }
    return std::unexpected(text.error());
  }
  uint64_t n = 0;
  const char* const end = text->data() + text->size();
  const auto [stopped, error] = std::from_chars(text->data(), end, n);
  if (error != std::errc() || stopped != end) return 0;
  return n == std::numeric_limits<uint64_t>::max() ? n : n + 1;
}

// Whether nobody else has changed the folder since it was seen, as far as its times tell.
bool is_as_left(const FileStatus& seen, const FileStatus& now) {
  return seen.inode != 0 && now.is_same_file(seen) && now.mtime_ns == seen.mtime_ns;
}

// One past the highest n in the open folder.
Result<uint64_t> first_free(FileOps& ops, int folder) {
  const auto entries = ops.list(folder);
  if (!entries) return std::unexpected(entries.error());
  uint64_t free = 0;
  for (const auto& [name, type, inode] : *entries) {
    const auto n = message_number(name);
    if (!n || *n < free) continue;
    FileType real_type = type;
    if (type == FileType::kUnknown) {
      const auto status = ops.fstatat(folder, name);
      if (!status) continue;  // gone again
      real_type = status->type;
    }
    if (real_type != FileType::kRegular) continue;
    if (*n == std::numeric_limits<uint64_t>::max()) return std::unexpected(error_of(EOVERFLOW));
    free = *n + 1;
  }
  return free;
}

}  // namespace

Result<uint64_t> past_removed_mark(FileOps& ops, int folder) {
  return past_removed_mark(ops.fgetxattr(folder, kRemovedMarkAttribute));
}

Result<uint64_t> MailboxFolders::link(int file, const Mailbox& mailbox) {
  if (!is_folder_name(mailbox)) return std::unexpected(error_of(EINVAL));
  Folder& folder = folders_[mailbox];
  std::error_code error;
  for (int attempt = 0; attempt < kLinkAttempts; ++attempt) {
    error = look_at(mailbox, folder);
    if (error) return std::unexpected(error);
    const uint64_t n = folder.next;
    if (n == std::numeric_limits<uint64_t>::max()) return std::unexpected(error_of(EOVERFLOW));
    error = root_.ops().link_fd(file, root_.fd(), path_in_store(mailbox, n));
    if (!error) {
      folder.next = n + 1;
      touch(mailbox, folder);
      return unless_used(file, mailbox, folder, n);
    }
    folder.is_fresh = false;
    // EEXIST: somebody has put a file there. ENOENT: the folder was removed. Read it again.
    if (!is_errno(error, EEXIST) && !is_errno(error, ENOENT)) return std::unexpected(error);
    if (is_errno(error, EEXIST)) folder.next = n + 1;
    folder.seen.mtime_ns = 0;
  }
  return std::unexpected(error);
}

// Since the folder was looked at, and within one tick of its time before that, another server may
// have used this n, and a session removed that message: then the mark says so, for it is set before
// anything is removed. The file gets the next number before it loses this one, since it could not
// be given a name again.
Result<uint64_t> MailboxFolders::unless_used(int file, const Mailbox& mailbox, Folder& folder,
                                             uint64_t n) {
  FileOps& ops = root_.ops();
  const auto free = past_removed_mark(ops.getxattrat(root_.fd(), mailbox, kRemovedMarkAttribute));
  if (free && *free <= n) return n;
  const auto ours = ops.fstat(file);
  if (!ours) return n;  // which name to take away nobody can say: better a number twice
  const auto there = ops.fstatat(root_.fd(), path_in_store(mailbox, n));
  // It was this message that was removed: read already.
  if (there ? !there->is_same_file(*ours) : is_errno(there.error(), ENOENT)) return n;
  Result<uint64_t> other = std::unexpected(free ? std::error_code() : free.error());
  if (free) {
    folder.next = std::max(folder.next, *free);
    other = link(file, mailbox);
  }
  if (const auto error = unlink(mailbox, n, *ours)) {
    root_.observe("a message has a number in its mailbox that was another's",
                  path_in_store(mailbox, n) + ": " + error.message());
  }
  return other;
}

std::error_code MailboxFolders::unlink(const Mailbox& mailbox, uint64_t n, const FileStatus& file) {
  const std::string path = path_in_store(mailbox, n);
  const auto there = root_.ops().fstatat(root_.fd(), path);
  if (!there) return is_errno(there.error(), ENOENT) ? std::error_code() : there.error();
  if (!there->is_same_file(file)) return {};
  touch(mailbox, folders_[mailbox]);
  const auto error = root_.ops().unlinkat(root_.fd(), path);
  return is_errno(error, ENOENT) ? std::error_code() : error;
}

// Makes `folder.next` right: the folder exists, and has been read since somebody else changed it.
// Who changes it after that is found by EEXIST and ENOENT, and by unless_used().
std::error_code MailboxFolders::look_at(const Mailbox& mailbox, Folder& folder) {
  if (folder.is_fresh) return {};
  FileOps& ops = root_.ops();
  auto status = ops.fstatat(root_.fd(), mailbox);
  if (!status && is_errno(status.error(), ENOENT)) {
    folder.forget();
    const auto error = ops.mkdirat(root_.fd(), mailbox, kFolderMode);
    if (error && !is_errno(error, EEXIST)) return error;  // EEXIST: mypopd was faster
    status = ops.fstatat(root_.fd(), mailbox);
  }
  if (!status) return status.error();
  if (status->type != FileType::kFolder) return error_of(ENOTDIR);
  if (!is_as_left(folder.seen, *status)) {
    if (auto error = read(mailbox, folder)) return error;
  }
  folder.is_fresh = true;
  return {};
}

std::error_code MailboxFolders::read(const Mailbox& mailbox, Folder& folder) {
  FileOps& ops = root_.ops();
  const auto opened =
      Descriptor::open(ops, root_.fd(), mailbox, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!opened) return opened.error();
  const auto status = ops.fstat(opened->fd());
  if (!status) return status.error();
  const auto free = first_free(ops, opened->fd());
  if (!free) return free.error();
  const auto used = past_removed_mark(ops, opened->fd());
  if (!used) return used.error();
  if (!status->is_same_file(folder.seen)) folder.forget();
  // It may be another all the same, since an inode number comes back at once.
  folder.name_synced = false;
  folder.seen = *status;
  folder.next = std::max({folder.next, *free, *used});
  return {};
}

void MailboxFolders::touch(const Mailbox& mailbox, Folder& folder) {
  last_ = &folders_.find(mailbox)->first;
  if (folder.is_touched) return;
  folder.is_touched = true;
  touched_.push_back(last_);
}

std::error_code MailboxFolders::sync() {
  if (touched_.empty()) return {};
  for (const Mailbox* mailbox : touched_) {
    Folder& folder = folders_[*mailbox];
    const auto status = root_.ops().fstatat(root_.fd(), *mailbox);
    folder.seen.mtime_ns = status && status->is_same_file(folder.seen) ? status->mtime_ns : 0;
  }
  // In order: who has the last change has them all, the making of folders too.
  const auto error = root_.keeps_order() ? sync_folder(*last_) : sync_touched();
  for (const Mailbox* mailbox : touched_) {
    Folder& folder = folders_[*mailbox];
    folder.is_fresh = false;
    if (!error) folder.name_synced = true;
  }
  if (!error) give_up();
  return error;
}

void MailboxFolders::give_up() {
  for (const Mailbox* mailbox : touched_) folders_[*mailbox].is_touched = false;
  touched_.clear();
}

std::error_code MailboxFolders::sync_touched() {
  // Only what this process has not seen durable: mypopd or a hand may have made a folder.
  const bool names_too = std::ranges::any_of(
      touched_, [this](const Mailbox* mailbox) { return !folders_[*mailbox].name_synced; });
  const bool few = touched_.size() + (names_too ? 1 : 0) <= kFewFolders;
  return few ? sync_each(names_too) : root_.sync_all();
}

std::error_code MailboxFolders::sync_each(bool names_too) {
  for (const Mailbox* mailbox : touched_) {
    if (auto error = sync_folder(*mailbox)) return error;
  }
  return names_too ? root_.ops().fsync(root_.fd()) : std::error_code();
}

std::error_code MailboxFolders::sync_folder(const Mailbox& mailbox) {
  const auto folder =
      Descriptor::open(root_.ops(), root_.fd(), mailbox, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  // Out of descriptors: syncfs needs none.
  return folder ? root_.ops().fsync(folder->fd()) : root_.sync_all();
}

}  // namespace store
