// A FileOps over a file system in memory, which records what happens to its disk, so that a test
// can look at every disk that a power cut may have left (disk_model.h says which these are).
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "common/store/file_ops.h"
#include "common/store/wall_clock.h"
#include "tests/support/disk_model.h"

namespace store {

// Callable from any thread. Paths are absolute, or relative to an open folder, and pass through no
// symbolic link; "/" is the folder that is always there. Beside the file system it has a clock of
// its own, which moves on by a microsecond whenever it is read, so that every run is the same.
//
// It is the worst of file systems as well: an inode number comes back at once, and the modification
// times that it sets itself can be made as coarse as a test likes.
class CrashFileOps : public FileOps {
 public:
  explicit CrashFileOps(Disk disk = {});

  // The time of its clock from now on; and what the times that it sets itself are multiples of.
  void set_time(uint64_t now_ns);
  void set_tick(uint64_t tick_ns);
  WallClock clock();

  // Everything that was done counts as durable, and the recording begins anew.
  void begin_recording();
  Recording recording() const;
  // Puts a remark of the test's own between the changes.
  void note(size_t remark);
  // The next fsync, syncfs or wait for data to be written fails with EIO, as disk_model.h has it,
  // then all is well.
  void fail_next_sync();
  // From now on it is a disk that keeps the order (disk_model.h), and says so. Begins a recording.
  void set_order(Order order);
  // As it is now, durable or not.
  Disk disk() const;

  Result<int> openat(int folder, const std::string& name, int flags, mode_t mode) override;
  Result<int> openat_cached(int folder, const std::string& name, int flags) override;
  void close(int fd) override;
  Result<size_t> write(int fd, std::string_view bytes) override;
  Result<size_t> pread(int fd, std::span<char> buffer, uint64_t offset) override;
  Result<size_t> pread_nowait(int fd, std::span<char> buffer, uint64_t offset) override;
  std::error_code fsync(int fd) override;
  std::error_code syncfs(int fd) override;
  std::error_code sync_file_range(int fd, unsigned flags) override;
  bool keeps_order(int folder) override;
  Result<uint64_t> free_octets(int folder) override;
  std::error_code link_fd(int fd, int folder, const std::string& name) override;
  std::error_code unlinkat(int folder, const std::string& name) override;
  std::error_code mkdirat(int folder, const std::string& name, mode_t mode) override;
  Result<FileStatus> fstat(int fd) override;
  Result<FileStatus> fstatat(int folder, const std::string& name) override;
  Result<std::vector<FolderEntry>> list(int folder) override;
  Result<std::string> fgetxattr(int fd, const std::string& attribute) override;
  Result<std::string> getxattrat(int folder, const std::string& name,
                                 const std::string& attribute) override;
  std::error_code fsetxattr(int fd, const std::string& attribute,
                            const std::string& value) override;
  std::error_code futimens(int fd, uint64_t mtime_ns) override;
  std::error_code flock(int fd) override;

  // What a hand does and the engine never: rmdir; and writing over a file that is there, in place.
  [[nodiscard]] std::error_code rmdirat(int folder, const std::string& name);
  [[nodiscard]] std::error_code overwrite(int folder, const std::string& name,
                                          std::string_view bytes);

 private:
  struct Place {
    InodeKey folder;
    std::string name;  // empty: the folder itself
  };

  // All of these with mutex_ held.
  Result<InodeKey> opened(int fd) const;
  Result<Place> place(int folder, const std::string& path) const;
  Result<InodeKey> find(int folder, const std::string& path) const;
  InodeKey new_inode(FileType type, InodeKey parent);
  void change(Effect effect);
  void touch(InodeKey key);
  std::error_code enter(const Place& place, InodeKey key);
  std::error_code sync(InodeKey subject);
  uint64_t coarse_now();
  FileStatus status(InodeKey key) const;

  mutable std::mutex mutex_;
  Disk disk_;
  Recording recording_;
  std::map<int, InodeKey> open_;
  std::map<InodeKey, int> locks_;  // who holds it
  InodeKey next_key_ = 0;
  uint64_t now_ns_ = 1'700'000'000'000'000'000;
  uint64_t tick_ns_ = 1;
  bool next_sync_fails_ = false;
};

}  // namespace store
