// A library for LD_PRELOAD that takes a server its syncs: the counter-proof of power_cut.py. What
// is lost then shows that the test sees losses.
//
// NO_SYNC_OF=all: fsync, fdatasync, sync_file_range and syncfs do nothing, and say that all is well
// (the default). data: only those of files, and syncfs. folders: only those of folders, and syncfs.
//
// Built for tests alone, and linked with nothing of the project.
#include <dlfcn.h>
#include <sys/stat.h>

#include <cstdlib>
#include <string_view>

namespace {

// Whether this sync is to be left out.
bool is_left_out(int fd) {
  const char* const variable = std::getenv("NO_SYNC_OF");
  const std::string_view which = variable != nullptr ? variable : "all";
  struct stat status{};
  if (which == "all" || ::fstat(fd, &status) != 0) return true;
  return S_ISDIR(status.st_mode) == (which == "folders");
}

int real_sync(const char* name, int fd) {
  using Sync = int (*)(int);
  static_assert(sizeof(Sync) == sizeof(void*));
  return reinterpret_cast<Sync>(::dlsym(RTLD_NEXT, name))(fd);
}

}  // namespace

extern "C" {

int fsync(int fd) { return is_left_out(fd) ? 0 : real_sync("fsync", fd); }

int fdatasync(int fd) { return is_left_out(fd) ? 0 : real_sync("fdatasync", fd); }

int syncfs(int) { return 0; }

int sync_file_range(int fd, off64_t offset, off64_t octets, unsigned flags) {
  if (is_left_out(fd)) return 0;
  using Sync = int (*)(int, off64_t, off64_t, unsigned);
  return reinterpret_cast<Sync>(::dlsym(RTLD_NEXT, "sync_file_range"))(fd, offset, octets, flags);
}

}  // extern "C"
