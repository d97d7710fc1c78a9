// Another FileOps, by default the kernel's, each call written down first and, where a test wants it
// so, refused.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/store/file_ops.h"

namespace store {

// Callable from any thread, like what it stands for.
class FaultyFileOps : public FileOps {
 public:
  // `real` outlives it.
  explicit FaultyFileOps(FileOps& real = posix_file_ops()) : real_(real) {}

  struct Call {
    std::string name;    // of the function: "openat", "fsync", …
    std::string detail;  // the file's name, where the call has one
    int fd = -1;         // the descriptor it is about: the file's, or the folder's
    int flags = 0;       // openat's, sync_file_range's
  };
  // Called before each call, one at a time: an errno to refuse it with, 0 to let it happen, or
  // kSkip: then a call that gives nothing but an error does nothing, and says that all is well. May
  // block: then only that call waits.
  using Judge = std::function<int(const Call&)>;
  static constexpr int kSkip = -1;

  void set_judge(Judge judge);
  // What keeps_order() says, whatever the real one does: false until then.
  void set_keeps_order(bool keeps_order) { keeps_order_ = keeps_order; }

  // Judges for the common cases.
  static Judge always(const std::string& name, int error);
  static Judge nth(int n, int error);                              // the nth of all calls, from 1
  static Judge nth_of(const std::string& name, int n, int error);  // the nth of that name
  static Judge without_tmpfile();                                  // as a file system that lacks it

  // What was called so far, and forgets it.
  std::vector<Call> take_calls();

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

 private:
  std::error_code judge(Call call);
  // Makes the call, unless the judge is against it.
  template <class Made>
  std::error_code judged(Call call, Made make);

  FileOps& real_;
  std::atomic<bool> keeps_order_ = false;
  std::mutex mutex_;
  std::vector<Call> calls_;       // guarded by mutex_
  std::shared_ptr<Judge> judge_;  // guarded by mutex_
};

}  // namespace store
