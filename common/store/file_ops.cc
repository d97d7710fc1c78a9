#include "common/store/file_ops.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "common/store/journal_order.h"

namespace store {
namespace {

constexpr uint64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr size_t kMaxAttribute = 256;

std::error_code last_error() { return {errno, std::system_category()}; }

std::unexpected<std::error_code> failure() { return std::unexpected(last_error()); }

// Makes the call until it was not interrupted.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

template <class Call>
std::error_code outcome(Call call) {
  return uninterrupted(call) == -1 ? last_error() : std::error_code();
}

template <class Call>
Result<size_t> counted(Call call) {
  const ssize_t n = uninterrupted(call);
  if (n == -1) return failure();
  return static_cast<size_t>(n);
}

// The way to an open file, or to a name in an open folder, for calls that take no descriptor.
std::string proc_path(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

FileType type_of(mode_t mode) {
  if (S_ISREG(mode)) return FileType::kRegular;
  return S_ISDIR(mode) ? FileType::kFolder : FileType::kOther;
}

FileType type_of(const dirent& entry) {
  switch (entry.d_type) {
    case DT_REG:
      return FileType::kRegular;
    case DT_DIR:
      return FileType::kFolder;
    case DT_UNKNOWN:
      return FileType::kUnknown;
    default:
      return FileType::kOther;
  }
}

// Unsigned, since the seconds may be any number that a hand has set.
uint64_t to_ns(const timespec& time) {
  return static_cast<uint64_t>(time.tv_sec) * kNanosecondsPerSecond +
         static_cast<uint64_t>(time.tv_nsec);
}

FileStatus to_status(const struct stat& raw) {
  return {
      .device = raw.st_dev,
      .inode = raw.st_ino,
      .octets = static_cast<uint64_t>(raw.st_size),
      .mtime_ns = to_ns(raw.st_mtim),
      .ctime_ns = to_ns(raw.st_ctim),
      .type = type_of(raw.st_mode),
      .links = raw.st_nlink,
  };
}

// Twice as fast as the way through /proc. Debian 12's headers know neither its number nor its
// argument.
ssize_t getxattrat_call(int folder, const std::string& name, const std::string& attribute,
                        std::span<char> value) {
#if defined(__x86_64__) || defined(__aarch64__)
  constexpr int kGetxattrat = 464;
  struct Argument {
    alignas(8) uint64_t value;
    uint32_t size;
    uint32_t flags;
  };
  Argument argument{.value = reinterpret_cast<uintptr_t>(value.data()),
                    .size = static_cast<uint32_t>(value.size()),
                    .flags = 0};
  return ::syscall(kGetxattrat, folder, name.c_str(), AT_SYMLINK_NOFOLLOW, attribute.c_str(),
                   &argument, sizeof(argument));
#else
  errno = ENOSYS;
  return -1;
#endif
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

class PosixFileOps : public FileOps {
 public:
  Result<int> openat(int folder, const std::string& name, int flags, mode_t mode) override {
    const int fd =
        uninterrupted([&] { return ::openat(folder, name.c_str(), flags | O_CLOEXEC, mode); });
    if (fd == -1) return failure();
    return fd;
  }

  Result<int> openat_cached(int folder, const std::string& name, int flags) override {
    open_how how{};
    how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_CACHED;
    const auto fd = uninterrupted(
        [&] { return ::syscall(SYS_openat2, folder, name.c_str(), &how, sizeof(how)); });
    if (fd == -1) return failure();
    return static_cast<int>(fd);
  }

  // Not again on EINTR: Linux has then closed it, and the number may be another's by now.
  void close(int fd) override { ::close(fd); }

  Result<size_t> write(int fd, std::string_view bytes) override {
    return counted([&] { return ::write(fd, bytes.data(), bytes.size()); });
  }

  Result<size_t> pread(int fd, std::span<char> buffer, uint64_t offset) override {
    return counted(
        [&] { return ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(offset)); });
  }

  Result<size_t> pread_nowait(int fd, std::span<char> buffer, uint64_t offset) override {
    const iovec piece{.iov_base = buffer.data(), .iov_len = buffer.size()};
    return counted(
        [&] { return ::preadv2(fd, &piece, 1, static_cast<off_t>(offset), RWF_NOWAIT); });
  }

  std::error_code fsync(int fd) override {
    return outcome([&] { return ::fsync(fd); });
  }

  std::error_code syncfs(int fd) override {
    return outcome([&] { return ::syncfs(fd); });
  }

  std::error_code sync_file_range(int fd, unsigned flags) override {
    return outcome([&] { return ::sync_file_range(fd, 0, 0, flags); });
  }

  bool keeps_order(int folder) override { return has_journal_in_order(folder); }

  Result<uint64_t> free_octets(int folder) override {
    struct statfs status{};
    if (uninterrupted([&] { return ::fstatfs(folder, &status); }) == -1) return failure();
    const auto block = status.f_frsize > 0 ? status.f_frsize : status.f_bsize;
    return static_cast<uint64_t>(status.f_bavail) * static_cast<uint64_t>(block);
  }

  std::error_code link_fd(int fd, int folder, const std::string& name) override {
    // Before Linux 6.10 it takes CAP_DAC_READ_SEARCH, and says ENOENT; as it does for a file that
    // has lost its names. The way through /proc is slower, and makes that certain.
    const auto error =
        outcome([&] { return ::linkat(fd, "", folder, name.c_str(), AT_EMPTY_PATH); });
    if (!is_errno(error, ENOENT)) return error;
    const std::string from = proc_path(fd);
    return outcome(
        [&] { return ::linkat(AT_FDCWD, from.c_str(), folder, name.c_str(), AT_SYMLINK_FOLLOW); });
  }

  std::error_code unlinkat(int folder, const std::string& name) override {
    return outcome([&] { return ::unlinkat(folder, name.c_str(), 0); });
  }

  std::error_code mkdirat(int folder, const std::string& name, mode_t mode) override {
    return outcome([&] { return ::mkdirat(folder, name.c_str(), mode); });
  }

  Result<FileStatus> fstat(int fd) override {
    struct stat raw{};
    if (uninterrupted([&] { return ::fstat(fd, &raw); }) == -1) return failure();
    return to_status(raw);
  }

  Result<FileStatus> fstatat(int folder, const std::string& name) override {
    struct stat raw{};
    if (uninterrupted([&] { return ::fstatat(folder, name.c_str(), &raw, AT_SYMLINK_NOFOLLOW); }) ==
        -1) {
      return failure();
    }
    return to_status(raw);
  }

  Result<std::vector<FolderEntry>> list(int folder) override {
    // A description of its own, since a descriptor's duplicates share one place in the folder.
    const Result<int> fd = openat(folder, ".", O_RDONLY | O_DIRECTORY, 0);
    if (!fd) return std::unexpected(fd.error());
    const std::unique_ptr<DIR, CloseFolder> stream(::fdopendir(*fd));
    if (!stream) {
      const auto error = failure();
      ::close(*fd);
      return error;
    }
    std::vector<FolderEntry> entries;
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(stream.get());
      if (entry == nullptr) break;
      const std::string_view name(&entry->d_name[0]);
      if (name == "." || name == "..") continue;
      entries.push_back(
          {.name = std::string(name), .type = type_of(*entry), .inode = entry->d_ino});
    }
    if (errno != 0) return failure();
    return entries;
  }

  Result<std::string> fgetxattr(int fd, const std::string& attribute) override {
    std::array<char, kMaxAttribute> value{};
    const auto octets =
        counted([&] { return ::fgetxattr(fd, attribute.c_str(), value.data(), value.size()); });
    if (!octets) return std::unexpected(octets.error());
    return std::string(value.data(), *octets);
  }

  Result<std::string> getxattrat(int folder, const std::string& name,
                                 const std::string& attribute) override {
    std::array<char, kMaxAttribute> value{};
    auto octets = counted([&] { return getxattrat_call(folder, name, attribute, value); });
    // EPERM: a sandbox that knows the call no better than an old kernel does.
    if (!octets && (is_errno(octets.error(), ENOSYS) || is_errno(octets.error(), EPERM))) {
      const std::string path = proc_path(folder) + "/" + name;
      octets = counted(
          [&] { return ::lgetxattr(path.c_str(), attribute.c_str(), value.data(), value.size()); });
    }
    if (!octets) return std::unexpected(octets.error());
    return std::string(value.data(), *octets);
  }

  std::error_code fsetxattr(int fd, const std::string& attribute,
                            const std::string& value) override {
    return outcome(
        [&] { return ::fsetxattr(fd, attribute.c_str(), value.data(), value.size(), 0); });
  }

  std::error_code futimens(int fd, uint64_t mtime_ns) override {
    std::array<timespec, 2> times{};
    times[0].tv_nsec = UTIME_OMIT;
    times[1].tv_sec = static_cast<time_t>(mtime_ns / kNanosecondsPerSecond);
    times[1].tv_nsec = static_cast<decltype(timespec::tv_nsec)>(mtime_ns % kNanosecondsPerSecond);
    return outcome([&] { return ::futimens(fd, times.data()); });
  }

  std::error_code flock(int fd) override {
    return outcome([&] { return ::flock(fd, LOCK_EX | LOCK_NB); });
  }
};

}  // namespace

FileOps& posix_file_ops() {
  static PosixFileOps ops;
  return ops;
}

}  // namespace store
