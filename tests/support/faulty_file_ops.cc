#include "tests/support/faulty_file_ops.h"

#include <fcntl.h>

#include <atomic>
#include <cerrno>
#include <utility>

namespace store {

void FaultyFileOps::set_judge(Judge judge) {
  const std::lock_guard lock(mutex_);
  judge_ = judge ? std::make_shared<Judge>(std::move(judge)) : nullptr;
}

FaultyFileOps::Judge FaultyFileOps::always(const std::string& name, int error) {
  return [=](const Call& call) { return call.name == name ? error : 0; };
}

FaultyFileOps::Judge FaultyFileOps::nth(int n, int error) {
  auto count = std::make_shared<std::atomic<int>>(0);
  return [=](const Call&) { return ++*count == n ? error : 0; };
}

FaultyFileOps::Judge FaultyFileOps::nth_of(const std::string& name, int n, int error) {
  auto count = std::make_shared<std::atomic<int>>(0);
  return [=](const Call& call) { return call.name == name && ++*count == n ? error : 0; };
}

FaultyFileOps::Judge FaultyFileOps::without_tmpfile() {
  return [](const Call& call) {
    const bool asked = call.name == "openat" && (call.flags & O_TMPFILE) == O_TMPFILE;
    return asked ? EOPNOTSUPP : 0;
  };
}

std::vector<FaultyFileOps::Call> FaultyFileOps::take_calls() {
  const std::lock_guard lock(mutex_);
  return std::exchange(calls_, {});
}

std::error_code FaultyFileOps::judge(Call call) {
  std::shared_ptr<Judge> judge;
  {
    const std::lock_guard lock(mutex_);
    judge = judge_;
    calls_.push_back(call);
  }
  const int error = judge ? (*judge)(call) : 0;
  return error == 0 ? std::error_code() : std::error_code(error, std::system_category());
}

template <class Made>
std::error_code FaultyFileOps::judged(Call call, Made make) {
  const auto error = judge(std::move(call));
  if (!error) return make();
  return error.value() == kSkip ? std::error_code() : error;
}

Result<int> FaultyFileOps::openat(int folder, const std::string& name, int flags, mode_t mode) {
  if (const auto error = judge({"openat", name, folder, flags})) return std::unexpected(error);
  return real_.openat(folder, name, flags, mode);
}

Result<int> FaultyFileOps::openat_cached(int folder, const std::string& name, int flags) {
  if (const auto error = judge({"openat_cached", name, folder, flags})) {
    return std::unexpected(error);
  }
  return real_.openat_cached(folder, name, flags);
}

// Cannot be refused: the descriptor would be lost to the test, not to the engine.
void FaultyFileOps::close(int fd) { real_.close(fd); }

Result<size_t> FaultyFileOps::write(int fd, std::string_view bytes) {
  if (const auto error = judge({.name = "write", .detail = {}, .fd = fd})) {
    return std::unexpected(error);
  }
  return real_.write(fd, bytes);
}

Result<size_t> FaultyFileOps::pread(int fd, std::span<char> buffer, uint64_t offset) {
  if (const auto error = judge({.name = "pread", .detail = {}, .fd = fd})) {
    return std::unexpected(error);
  }
  return real_.pread(fd, buffer, offset);
}

Result<size_t> FaultyFileOps::pread_nowait(int fd, std::span<char> buffer, uint64_t offset) {
  if (const auto error = judge({.name = "pread_nowait", .detail = {}, .fd = fd})) {
    return std::unexpected(error);
  }
  return real_.pread_nowait(fd, buffer, offset);
}

std::error_code FaultyFileOps::fsync(int fd) {
  return judged({.name = "fsync", .detail = {}, .fd = fd}, [&] { return real_.fsync(fd); });
}

std::error_code FaultyFileOps::syncfs(int fd) {
  return judged({.name = "syncfs", .detail = {}, .fd = fd}, [&] { return real_.syncfs(fd); });
}

std::error_code FaultyFileOps::sync_file_range(int fd, unsigned flags) {
  const int judged_flags = static_cast<int>(flags);
  return judged({.name = "sync_file_range", .detail = {}, .fd = fd, .flags = judged_flags},
                [&] { return real_.sync_file_range(fd, flags); });
}

bool FaultyFileOps::keeps_order(int /*folder*/) { return keeps_order_; }

Result<uint64_t> FaultyFileOps::free_octets(int folder) {
  if (const auto error = judge({.name = "free_octets", .detail = {}, .fd = folder})) {
    return std::unexpected(error);
  }
  return real_.free_octets(folder);
}

std::error_code FaultyFileOps::link_fd(int fd, int folder, const std::string& name) {
  return judged({.name = "link_fd", .detail = name, .fd = fd},
                [&] { return real_.link_fd(fd, folder, name); });
}

std::error_code FaultyFileOps::unlinkat(int folder, const std::string& name) {
  return judged({.name = "unlinkat", .detail = name, .fd = folder},
                [&] { return real_.unlinkat(folder, name); });
}

std::error_code FaultyFileOps::mkdirat(int folder, const std::string& name, mode_t mode) {
  return judged({.name = "mkdirat", .detail = name, .fd = folder},
                [&] { return real_.mkdirat(folder, name, mode); });
}

Result<FileStatus> FaultyFileOps::fstat(int fd) {
  if (const auto error = judge({.name = "fstat", .detail = {}, .fd = fd})) {
    return std::unexpected(error);
  }
  return real_.fstat(fd);
}

Result<FileStatus> FaultyFileOps::fstatat(int folder, const std::string& name) {
  if (const auto error = judge({.name = "fstatat", .detail = name, .fd = folder})) {
    return std::unexpected(error);
  }
  return real_.fstatat(folder, name);
}

Result<std::vector<FolderEntry>> FaultyFileOps::list(int folder) {
  if (const auto error = judge({.name = "list", .detail = {}, .fd = folder})) {
    return std::unexpected(error);
  }
  return real_.list(folder);
}

Result<std::string> FaultyFileOps::fgetxattr(int fd, const std::string& attribute) {
  if (const auto error = judge({.name = "fgetxattr", .detail = attribute, .fd = fd})) {
    return std::unexpected(error);
  }
  return real_.fgetxattr(fd, attribute);
}

Result<std::string> FaultyFileOps::getxattrat(int folder, const std::string& name,
                                              const std::string& attribute) {
  if (const auto error = judge({.name = "getxattrat", .detail = name, .fd = folder})) {
    return std::unexpected(error);
  }
  return real_.getxattrat(folder, name, attribute);
}

std::error_code FaultyFileOps::fsetxattr(int fd, const std::string& attribute,
                                         const std::string& value) {
  return judged({.name = "fsetxattr", .detail = attribute, .fd = fd},
                [&] { return real_.fsetxattr(fd, attribute, value); });
}

std::error_code FaultyFileOps::futimens(int fd, uint64_t mtime_ns) {
  return judged({.name = "futimens", .detail = {}, .fd = fd},
                [&] { return real_.futimens(fd, mtime_ns); });
}

std::error_code FaultyFileOps::flock(int fd) {
  return judged({.name = "flock", .detail = {}, .fd = fd}, [&] { return real_.flock(fd); });
}

}  // namespace store
