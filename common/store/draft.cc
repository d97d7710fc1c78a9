#include "common/store/draft.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <utility>

#include "common/store/store_root.h"

namespace store {
namespace {

constexpr std::string_view kPrefix = ".tmp-";
constexpr int kNameAttempts = 100;

// Differs from those of the other drafts of this process, and of other living processes.
std::string new_name() {
  static std::atomic<uint64_t> count = 0;
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  return std::string(kPrefix) + std::to_string(::getpid()) + '-' + std::to_string(now) + '-' +
         std::to_string(count++);
}

}  // namespace

std::error_code Draft::write(std::string_view bytes) {
  if (!file_.is_open()) {
    if (auto error = open()) return error;
  }
  while (!bytes.empty()) {
    const auto written = root_.ops().write(file_.fd(), bytes);
    if (!written) return written.error();
    if (*written == 0) return {EIO, std::system_category()};
    bytes.remove_prefix(*written);
  }
  return {};
}

std::error_code Draft::open() {
  auto file = open_unnamed(root_);
  if (file) {
    file_ = std::move(*file);
    return {};
  }
  return has_no_unnamed_files(file.error()) ? open_named() : file.error();
}

// A sweep may come between creating and locking. So it counts only if, once it is locked, the name
// is there and is still this file's: nobody sweeps it from then on.
std::error_code Draft::open_named() {
  FileOps& ops = root_.ops();
  for (int attempt = 0; attempt < kNameAttempts; ++attempt) {
    std::string name = new_name();
    auto file = Descriptor::open(ops, root_.fd(), name, O_CREAT | O_EXCL | O_RDWR, kMessageMode);
    if (!file) {
      if (is_errno(file.error(), EEXIST)) continue;
      return file.error();
    }
    name_ = std::move(name);
    const auto lock_error = ops.flock(file->fd());
    if (is_errno(lock_error, EWOULDBLOCK)) continue;  // a sweep has it, and takes it away
    if (lock_error) {
      discard_name();
      return lock_error;
    }
    const auto named = ops.fstatat(root_.fd(), name_);
    const auto opened = ops.fstat(file->fd());
    if (named && opened && named->is_same_file(*opened)) {
      file_ = std::move(*file);
      return {};
    }
    discard_name();
  }
  return {EBUSY, std::system_category()};
}

void Draft::discard_name() {
  if (name_.empty()) return;
  const auto error = root_.ops().unlinkat(root_.fd(), name_);
  if (error && !is_errno(error, ENOENT)) {
    root_.observe("a temporary file was left in the mail store", name_ + ": " + error.message());
  }
  name_.clear();
}

void Draft::close() {
  discard_name();
  file_.reset();
}

Result<Descriptor> open_unnamed(const StoreRoot& root) {
  return Descriptor::open(root.ops(), root.fd(), ".", O_TMPFILE | O_RDWR, kMessageMode);
}

// EISDIR is what a kernel or a file system says that takes O_TMPFILE for O_DIRECTORY.
bool has_no_unnamed_files(std::error_code error) {
  return is_errno(error, EOPNOTSUPP) || is_errno(error, EISDIR);
}

void sweep_drafts(const StoreRoot& root) {
  FileOps& ops = root.ops();
  const auto entries = ops.list(root.fd());
  if (!entries) {
    root.observe("the mail store was not swept", entries.error().message());
    return;
  }
  for (const auto& entry : *entries) {
    if (!entry.name.starts_with(kPrefix) || entry.type == FileType::kFolder) continue;
    const auto file =
        Descriptor::open(ops, root.fd(), entry.name, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
    if (!file || ops.flock(file->fd())) continue;  // gone, none of ours, or at work
    if (const auto error = ops.unlinkat(root.fd(), entry.name); error && !is_errno(error, ENOENT)) {
      root.observe("a temporary file was left in the mail store",
                   entry.name + ": " + error.message());
    }
  }
}

}  // namespace store
