// The system calls of the store's engine, a page of them: everything that the engine asks of the
// kernel goes through FileOps, so that a test can make any call fail, record their order, or keep
// only what was synced. Each function is the system call that it is named after, and no more, but
// where its comment says otherwise. Interrupted calls (EINTR) are made again. Callable from any
// thread. A `folder` is an open descriptor or AT_FDCWD; errors are errno values in
// std::system_category().
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace store {

template <class T>
using Result = std::expected<T, std::error_code>;

// Whether `error` is this errno.
inline bool is_errno(std::error_code error, int number) {
  return error == std::error_code(number, std::system_category());
}

enum class FileType { kRegular, kFolder, kOther, kUnknown };

struct FileStatus {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t octets = 0;
  uint64_t mtime_ns = 0;  // since 1970; what lies before wraps around
  uint64_t ctime_ns = 0;  // of the inode's last change, attributes and links too: no hand sets it
  FileType type = FileType::kUnknown;
  uint64_t links = 1;  // names that it has; none: it is there only as long as it is open

  bool is_same_file(const FileStatus& other) const {
    return device == other.device && inode == other.inode;
  }
};

struct FolderEntry {
  std::string name;
  FileType type;   // kUnknown where the file system does not say: ask fstatat
  uint64_t inode;  // what fstatat says, on most file systems
};

class FileOps {
 public:
  virtual ~FileOps() = default;

  // O_CLOEXEC is added.
  virtual Result<int> openat(int folder, const std::string& name, int flags, mode_t mode) = 0;
  // openat, for reading, only if no disk is needed for it (RESOLVE_CACHED). Fails otherwise, and
  // where the kernel knows no such thing; openat then says what is the matter.
  virtual Result<int> openat_cached(int folder, const std::string& name, int flags) = 0;
  // What close could report of a file that matters, fsync or syncfs has reported before.
  virtual void close(int fd) = 0;

  virtual Result<size_t> write(int fd, std::string_view bytes) = 0;
  virtual Result<size_t> pread(int fd, std::span<char> buffer, uint64_t offset) = 0;
  // preadv2 with RWF_NOWAIT: EAGAIN if it would wait for the disk, EOPNOTSUPP where unknown.
  virtual Result<size_t> pread_nowait(int fd, std::span<char> buffer, uint64_t offset) = 0;

  [[nodiscard]] virtual std::error_code fsync(int fd) = 0;
  [[nodiscard]] virtual std::error_code syncfs(int fd) = 0;
  // Of the whole file. `flags` are SYNC_FILE_RANGE_*: begin to write what is dirty, wait for it. By
  // itself it makes nothing durable.
  [[nodiscard]] virtual std::error_code sync_file_range(int fd, unsigned flags) = 0;
  // No system call: whether the folder's file system has a journal in order (journal_order.h).
  virtual bool keeps_order(int folder) = 0;
  // fstatfs: what the folder's file system has left for those who are not root.
  virtual Result<uint64_t> free_octets(int folder) = 0;

  // Gives the open file `fd`, which may have no name yet, this name: linkat, by way of
  // /proc/self/fd/N where the kernel does not let everybody do without.
  [[nodiscard]] virtual std::error_code link_fd(int fd, int folder, const std::string& name) = 0;
  [[nodiscard]] virtual std::error_code unlinkat(int folder, const std::string& name) = 0;
  [[nodiscard]] virtual std::error_code mkdirat(int folder, const std::string& name,
                                                mode_t mode) = 0;

  virtual Result<FileStatus> fstat(int fd) = 0;
  // Of the name itself, should it be a symbolic link.
  virtual Result<FileStatus> fstatat(int folder, const std::string& name) = 0;
  // All that lies in the folder, less `.` and `..`, in no order.
  virtual Result<std::vector<FolderEntry>> list(int folder) = 0;

  // An extended attribute of at most 256 octets. ENODATA: it has none, ENOTSUP: nor can it.
  virtual Result<std::string> fgetxattr(int fd, const std::string& attribute) = 0;
  // Of the file of this name, not followed: getxattrat, or before Linux 6.13 lgetxattr of
  // /proc/self/fd/N/NAME.
  virtual Result<std::string> getxattrat(int folder, const std::string& name,
                                         const std::string& attribute) = 0;
  [[nodiscard]] virtual std::error_code fsetxattr(int fd, const std::string& attribute,
                                                  const std::string& value) = 0;

  // Sets the modification time and leaves the access time.
  [[nodiscard]] virtual std::error_code futimens(int fd, uint64_t mtime_ns) = 0;
  // LOCK_EX | LOCK_NB: EWOULDBLOCK if another holds the lock. Closing unlocks.
  [[nodiscard]] virtual std::error_code flock(int fd) = 0;
};

// The kernel's. One object for the whole process; it has no state.
FileOps& posix_file_ops();

}  // namespace store
