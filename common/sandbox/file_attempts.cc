#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <array>
#include <string>

#include "common/sandbox/attempts.h"
#include "common/sandbox/raw_call.h"

namespace sandbox {
namespace {

int open_outside(const Targets& targets, int flags) {
  return raw_call(SYS_openat, AT_FDCWD, targets.outside_file.c_str(), flags, 0);
}

int read_outside(const Targets& targets) { return open_outside(targets, O_RDONLY); }

int write_outside(const Targets& targets) { return open_outside(targets, O_WRONLY); }

int create_outside(const Targets& targets) {
  return raw_call(SYS_openat, AT_FDCWD, targets.new_file.c_str(), O_WRONLY | O_CREAT, 0600);
}

int list_root(const Targets&) {
  return raw_call(SYS_openat, AT_FDCWD, "/", O_RDONLY | O_DIRECTORY, 0);
}

int link_out_of_store(const Targets& targets) {
  return raw_call(SYS_linkat, AT_FDCWD, targets.store_file.c_str(), AT_FDCWD,
                  targets.new_file.c_str(), 0);
}

int link_into_store(const Targets& targets) {
  return raw_call(SYS_linkat, AT_FDCWD, targets.outside_file.c_str(), AT_FDCWD,
                  (targets.store_file + ".taken").c_str(), 0);
}

int remove_outside(const Targets& targets) {
  return raw_call(SYS_unlinkat, AT_FDCWD, targets.outside_file.c_str(), 0);
}

int make_program_in_store(const Targets& targets) {
  return raw_call(SYS_fchmodat, AT_FDCWD, targets.store_file.c_str(), 0700);
}

int read_memory_of_parent(const Targets& targets) {
  const std::string path = "/proc/" + std::to_string(targets.other_process) + "/mem";
  return raw_call(SYS_openat, AT_FDCWD, path.c_str(), O_RDONLY, 0);
}

int truncate_outside(const Targets& targets) {
  return raw_call(SYS_truncate, targets.outside_file.c_str(), 0);
}

int write_to_readable_folder(const Targets& targets) {
  return raw_call(SYS_openat, AT_FDCWD, targets.readable_file.c_str(), O_WRONLY, 0);
}

int symlink_in_store(const Targets& targets) {
  return raw_call(SYS_symlinkat, "/", AT_FDCWD, (targets.store_file + ".link").c_str());
}

int make_socket_in_store(const Targets& targets) {
  return raw_call(SYS_mknodat, AT_FDCWD, (targets.store_file + ".socket").c_str(), S_IFSOCK | 0600,
                  0);
}

constexpr std::array kAttempts = std::to_array<Attempt>({
    {"read a file outside", read_outside},
    {"write to a file outside", write_outside},
    {"empty a file outside", truncate_outside},
    {"create a file outside", create_outside},
    {"remove a file outside", remove_outside},
    {"list the root folder", list_root},
    {"link a message out of the store", link_out_of_store},
    {"link a file outside into the store", link_into_store},
    {"write to the folder of users.txt", write_to_readable_folder},
    {"make a symbolic link in the store", symlink_in_store},
    {"make a message executable", make_program_in_store},
    {"make a socket in the store", make_socket_in_store},
    {"open the memory of another process", read_memory_of_parent},
});

}  // namespace

std::span<const Attempt> file_attempts() { return kAttempts; }

}  // namespace sandbox
