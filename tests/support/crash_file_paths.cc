// Where paths lead on CrashFileOps's disk.
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "tests/support/crash_file_ops.h"

namespace store {
namespace {

std::unexpected<std::error_code> failure(int number) {
  return std::unexpected(std::error_code(number, std::system_category()));
}

}  // namespace

Result<InodeKey> CrashFileOps::opened(int fd) const {
  if (fd == AT_FDCWD) return kRootKey;
  const auto found = open_.find(fd);
  if (found == open_.end()) return failure(EBADF);
  return found->second;
}

// Where the last part of `path` is or would be.
Result<CrashFileOps::Place> CrashFileOps::place(int folder, const std::string& path) const {
  const auto start = path.starts_with('/') ? kRootKey : opened(folder);
  if (!start) return std::unexpected(start.error());
  Place place{*start, {}};
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    if (!place.name.empty()) {
      const auto& entries = disk_.inodes.at(place.folder).entries;
      const auto found = entries.find(place.name);
      if (found == entries.end()) return failure(ENOENT);
      place = {found->second, {}};
    }
    if (disk_.inodes.at(place.folder).type != FileType::kFolder) return failure(ENOTDIR);
    if (part == "..") {
      place.folder = disk_.inodes.at(place.folder).parent;
    } else {
      place.name = part;
    }
  }
  return place;
}

Result<InodeKey> CrashFileOps::find(int folder, const std::string& path) const {
  const auto at = place(folder, path);
  if (!at) return std::unexpected(at.error());
  if (at->name.empty()) return at->folder;
  const auto& entries = disk_.inodes.at(at->folder).entries;
  const auto found = entries.find(at->name);
  if (found == entries.end()) return failure(ENOENT);
  return found->second;
}

}  // namespace store
