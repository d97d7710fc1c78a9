#include "tests/support/crash_file_ops.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace store {
namespace {

constexpr int kFirstDescriptor = 1'000'000;  // none that the kernel has given
constexpr uint64_t kClockStep = 1'000;

std::error_code error_of(int number) { return {number, std::system_category()}; }

std::unexpected<std::error_code> failure(int number) { return std::unexpected(error_of(number)); }

}  // namespace

CrashFileOps::CrashFileOps(Disk disk) : disk_(std::move(disk)) {
  next_key_ = disk_.inodes.rbegin()->first + 1;
  // A number may have been two files', one after the other, and the crash have brought back both.
  uint64_t number = 1;
  for (auto& [key, inode] : disk_.inodes) inode.number = number++;
  begin_recording();
}

void CrashFileOps::set_time(uint64_t now_ns) {
  const std::lock_guard lock(mutex_);
  now_ns_ = now_ns;
}

void CrashFileOps::set_tick(uint64_t tick_ns) {
  const std::lock_guard lock(mutex_);
  tick_ns_ = tick_ns;
}

WallClock CrashFileOps::clock() {
  return [this] {
    const std::lock_guard lock(mutex_);
    return now_ns_ += kClockStep;
  };
}

void CrashFileOps::begin_recording() {
  const std::lock_guard lock(mutex_);
  recording_ = {.order = recording_.order, .before = disk_, .new_inodes = {}, .events = {}};
}

Recording CrashFileOps::recording() const {
  const std::lock_guard lock(mutex_);
  return recording_;
}

void CrashFileOps::note(size_t remark) {
  const std::lock_guard lock(mutex_);
  recording_.events.push_back({.kind = Event::Kind::kNote, .note = remark});
}

void CrashFileOps::fail_next_sync() {
  const std::lock_guard lock(mutex_);
  next_sync_fails_ = true;
}

void CrashFileOps::set_order(Order order) {
  {
    const std::lock_guard lock(mutex_);
    recording_.order = order;
  }
  begin_recording();
}

Disk CrashFileOps::disk() const {
  const std::lock_guard lock(mutex_);
  return disk_;
}

InodeKey CrashFileOps::new_inode(FileType type, InodeKey parent) {
  // The smallest number that is no file's.
  std::vector<bool> is_taken(disk_.inodes.size() + 2, false);
  const auto take = [&](InodeKey key) {
    const uint64_t number = disk_.inodes.at(key).number;
    if (number < is_taken.size()) is_taken[number] = true;
  };
  take(kRootKey);
  for (const auto& [fd, key] : open_) take(key);
  for (const auto& [key, inode] : disk_.inodes) {
    for (const auto& [name, entry] : inode.entries) take(entry);
  }
  uint64_t number = 1;
  while (is_taken[number]) ++number;
  const InodeKey key = next_key_++;
  const uint64_t now = coarse_now();
  const Inode inode{
      .type = type, .number = number, .mtime_ns = now, .ctime_ns = now, .parent = parent};
  disk_.inodes[key] = inode;
  recording_.new_inodes[key] = inode;
  return key;
}

void CrashFileOps::change(Effect effect) {
  apply(disk_, effect);
  disk_.inodes.at(effect.subject).ctime_ns = coarse_now();
  recording_.events.push_back({.kind = Event::Kind::kEffect, .effect = std::move(effect)});
}

// A folder's own time is of no use to a server that was started after the crash.
void CrashFileOps::touch(InodeKey key) {
  Inode& inode = disk_.inodes.at(key);
  inode.mtime_ns = inode.ctime_ns = coarse_now();
}

std::error_code CrashFileOps::enter(const Place& place, InodeKey key) {
  if (place.name.empty()) return error_of(EEXIST);
  if (disk_.inodes.at(place.folder).entries.contains(place.name)) return error_of(EEXIST);
  change(
      {.kind = Effect::Kind::kEntry, .subject = place.folder, .name = place.name, .number = key});
  touch(place.folder);
  return {};
}

std::error_code CrashFileOps::sync(InodeKey subject) {
  const bool fails = std::exchange(next_sync_fails_, false);
  recording_.events.push_back(
      {.kind = fails ? Event::Kind::kFailedSync : Event::Kind::kSync, .subject = subject});
  return fails ? error_of(EIO) : std::error_code();
}

uint64_t CrashFileOps::coarse_now() {
  now_ns_ += kClockStep;
  return now_ns_ - now_ns_ % tick_ns_;
}

FileStatus CrashFileOps::status(InodeKey key) const {
  const Inode& inode = disk_.inodes.at(key);
  return {.device = 1,
          .inode = inode.number,
          .octets = inode.bytes.size(),
          .mtime_ns = inode.mtime_ns,
          .ctime_ns = inode.ctime_ns,
          .type = inode.type};
}

Result<int> CrashFileOps::openat(int folder, const std::string& name, int flags, mode_t /*mode*/) {
  const std::lock_guard lock(mutex_);
  int fd = kFirstDescriptor;
  while (open_.contains(fd)) ++fd;
  auto key = find(folder, name);
  if ((flags & O_TMPFILE) == O_TMPFILE) {
    if (key) key = new_inode(FileType::kRegular, *key);
  } else if (!key && is_errno(key.error(), ENOENT) && (flags & O_CREAT) != 0) {
    const auto at = place(folder, name);
    if (!at) return std::unexpected(at.error());
    key = new_inode(FileType::kRegular, at->folder);
    if (const auto error = enter(*at, *key)) return std::unexpected(error);
  } else if (key && (flags & O_EXCL) != 0) {
    return failure(EEXIST);
  }
  if (!key) return std::unexpected(key.error());
  if ((flags & O_TMPFILE) == O_DIRECTORY && disk_.inodes.at(*key).type != FileType::kFolder) {
    return failure(ENOTDIR);
  }
  open_[fd] = *key;
  return fd;
}

Result<int> CrashFileOps::openat_cached(int folder, const std::string& name, int flags) {
  return openat(folder, name, flags, 0);
}

void CrashFileOps::close(int fd) {
  const std::lock_guard lock(mutex_);
  open_.erase(fd);
  std::erase_if(locks_, [&](const auto& held) { return held.second == fd; });
}

Result<size_t> CrashFileOps::write(int fd, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  const auto key = opened(fd);
  if (!key) return std::unexpected(key.error());
  const size_t size = disk_.inodes.at(*key).bytes.size();
  const auto fill = [&](size_t from, std::string_view part) {
    change({.kind = Effect::Kind::kFill,
            .subject = *key,
            .value = std::string(part),
            .number = size + from});
  };
  change({.kind = Effect::Kind::kGrow, .subject = *key, .number = size + bytes.size()});
  fill(0, bytes.substr(0, bytes.size() / 2));
  fill(bytes.size() / 2, bytes.substr(bytes.size() / 2));
  touch(*key);
  return bytes.size();
}

Result<size_t> CrashFileOps::pread(int fd, std::span<char> buffer, uint64_t offset) {
  const std::lock_guard lock(mutex_);
  const auto key = opened(fd);
  if (!key) return std::unexpected(key.error());
  const std::string& bytes = disk_.inodes.at(*key).bytes;
  if (offset >= bytes.size()) return 0;
  return bytes.copy(buffer.data(), buffer.size(), offset);
}

Result<size_t> CrashFileOps::pread_nowait(int fd, std::span<char> buffer, uint64_t offset) {
  return pread(fd, buffer, offset);
}

std::error_code CrashFileOps::fsync(int fd) {
  const std::lock_guard lock(mutex_);
  const auto key = opened(fd);
  return key ? sync(*key) : key.error();
}

std::error_code CrashFileOps::syncfs(int fd) {
  const std::lock_guard lock(mutex_);
  const auto key = opened(fd);
  return key ? sync(kEverything) : key.error();
}

// To begin with it writes nothing: whoever does not wait has nothing.
std::error_code CrashFileOps::sync_file_range(int fd, unsigned flags) {
  const std::lock_guard lock(mutex_);
  const auto key = opened(fd);
  if (!key) return key.error();
  if ((flags & SYNC_FILE_RANGE_WAIT_AFTER) == 0) return {};
  const bool fails = std::exchange(next_sync_fails_, false);
  recording_.events.push_back(
      {.kind = fails ? Event::Kind::kFailedSync : Event::Kind::kWritten, .subject = *key});
  return fails ? error_of(EIO) : std::error_code();
}

Result<uint64_t> CrashFileOps::free_octets(int /*folder*/) { return uint64_t{1} << 40U; }

bool CrashFileOps::keeps_order(int /*folder*/) {
  const std::lock_guard lock(mutex_);
  return recording_.order == Order::kKept;
}

std::error_code CrashFileOps::link_fd(int fd, int folder, const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto key = opened(fd);
  if (!key) return key.error();
  const auto at = place(folder, name);
  if (!at) return at.error();
  const auto error = enter(*at, *key);
  if (!error) disk_.inodes.at(*key).ctime_ns = coarse_now();
  return error;
}

std::error_code CrashFileOps::unlinkat(int folder, const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto key = find(folder, name);
  if (!key) return key.error();
  Inode& inode = disk_.inodes.at(*key);
  if (inode.type == FileType::kFolder) return error_of(EISDIR);
  const auto at = place(folder, name);
  change({.kind = Effect::Kind::kNoEntry, .subject = at->folder, .name = at->name});
  touch(at->folder);
  inode.ctime_ns = coarse_now();  // it has a name less
  return {};
}

std::error_code CrashFileOps::rmdirat(int folder, const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto key = find(folder, name);
  if (!key) return key.error();
  if (!disk_.inodes.at(*key).entries.empty()) return error_of(ENOTEMPTY);
  const auto at = place(folder, name);
  change({.kind = Effect::Kind::kNoEntry, .subject = at->folder, .name = at->name});
  touch(at->folder);
  return {};
}

std::error_code CrashFileOps::overwrite(int folder, const std::string& name,
                                        std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  const auto key = find(folder, name);
  if (!key) return key.error();
  change({.kind = Effect::Kind::kGrow, .subject = *key, .number = bytes.size()});
  change({.kind = Effect::Kind::kFill, .subject = *key, .value = std::string(bytes)});
  touch(*key);
  return {};
}

std::error_code CrashFileOps::mkdirat(int folder, const std::string& name, mode_t /*mode*/) {
  const std::lock_guard lock(mutex_);
  const auto at = place(folder, name);
  if (!at) return at.error();
  if (find(folder, name)) return error_of(EEXIST);
  return enter(*at, new_inode(FileType::kFolder, at->folder));
}

Result<FileStatus> CrashFileOps::fstat(int fd) {
  const std::lock_guard lock(mutex_);
  const auto key = opened(fd);
  if (!key) return std::unexpected(key.error());
  return status(*key);
}

Result<FileStatus> CrashFileOps::fstatat(int folder, const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (name == "/proc/self/fd") return status(kRootKey);
  const auto key = find(folder, name);
  if (!key) return std::unexpected(key.error());
  return status(*key);
}

Result<std::vector<FolderEntry>> CrashFileOps::list(int folder) {
  const std::lock_guard lock(mutex_);
  const auto key = opened(folder);
  if (!key) return std::unexpected(key.error());
  std::vector<FolderEntry> entries;
  for (const auto& [name, entry] : disk_.inodes.at(*key).entries) {
    const Inode& inode = disk_.inodes.at(entry);
    entries.push_back({.name = name, .type = inode.type, .inode = inode.number});
  }
  return entries;
}

Result<std::string> CrashFileOps::fgetxattr(int fd, const std::string& attribute) {
  const std::lock_guard lock(mutex_);
  const auto key = opened(fd);
  if (!key) return std::unexpected(key.error());
  const auto& attributes = disk_.inodes.at(*key).attributes;
  const auto found = attributes.find(attribute);
  if (found == attributes.end()) return failure(ENODATA);
  return found->second;
}

Result<std::string> CrashFileOps::getxattrat(int folder, const std::string& name,
                                             const std::string& attribute) {
  const std::lock_guard lock(mutex_);
  const auto key = find(folder, name);
  if (!key) return std::unexpected(key.error());
  const auto& attributes = disk_.inodes.at(*key).attributes;
  const auto found = attributes.find(attribute);
  if (found == attributes.end()) return failure(ENODATA);
  return found->second;
}

std::error_code CrashFileOps::fsetxattr(int fd, const std::string& attribute,
                                        const std::string& value) {
  const std::lock_guard lock(mutex_);
  const auto key = opened(fd);
  if (!key) return key.error();
  change({.kind = Effect::Kind::kAttribute, .subject = *key, .name = attribute, .value = value});
  return {};
}

std::error_code CrashFileOps::futimens(int fd, uint64_t mtime_ns) {
  const std::lock_guard lock(mutex_);
  const auto key = opened(fd);
  if (!key) return key.error();
  change({.kind = Effect::Kind::kMtime, .subject = *key, .number = mtime_ns});
  return {};
}

std::error_code CrashFileOps::flock(int fd) {
  const std::lock_guard lock(mutex_);
  const auto key = opened(fd);
  if (!key) return key.error();
  const auto [holder, is_ours] = locks_.emplace(*key, fd);
  return is_ours || holder->second == fd ? std::error_code() : error_of(EWOULDBLOCK);
}

}  // namespace store
