#include "common/store/journal_order.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <filesystem>
#include <string>
#include <system_error>

namespace store {
namespace {

// The inode of a journal that lies in the file system itself. One on a disk of its own is none of
// ours: that disk's flush says nothing about this one's.
constexpr const char* kJournalInode = "-8";

// As the kernel calls the device: `sda1`, `dm-0`. Empty if it does not say.
std::string device_name(dev_t device) {
  const std::string number = std::to_string(major(device)) + ':' + std::to_string(minor(device));
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/sys/dev/block/" + number, error);
  return error ? std::string() : path.filename().string();
}

}  // namespace

bool has_journal_in_order(int folder) {
  struct statfs file_system{};
  struct stat status{};
  if (::fstatfs(folder, &file_system) == -1 || file_system.f_type != EXT4_SUPER_MAGIC) return false;
  if (::fstat(folder, &status) == -1) return false;
  const std::string name = device_name(status.st_dev);
  std::error_code error;
  return !name.empty() && std::filesystem::exists("/proc/fs/jbd2/" + name + kJournalInode, error) &&
         !error;
}

}  // namespace store
