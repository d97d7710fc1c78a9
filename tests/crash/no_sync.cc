// A library for LD_PRELOAD that takes a server its syncs: the counter-proof of power_cut.py. What
// is lost then shows that the test sees losses.
//
//   NO_SYNC_OF=all      fsync, fdatasync and syncfs do nothing, and say that all is well (the
//   default) NO_SYNC_OF=data     only those of files, and syncfs NO_SYNC_OF=folders  only those of
//   folders, and syncfs
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

}  // extern "C"
