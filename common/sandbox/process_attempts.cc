#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include "common/sandbox/attempts.h"
#include "common/sandbox/raw_call.h"

namespace sandbox {
namespace {

int start_program(const Targets&) {
  constexpr const char* kProgram = "/bin/true";
  std::array<const char*, 2> arguments{kProgram, nullptr};
  std::array<const char*, 1> environment{nullptr};
  return raw_call(SYS_execve, kProgram, arguments.data(), environment.data());
}

int start_program_in_memory(const Targets&) {
  const auto file = ::syscall(SYS_memfd_create, "x", 0);
  return file < 0 ? errno : 0;
}

// A new process ends at once, and the errno is of no use to it.
int fork_with(unsigned flags) {
  const auto child = ::syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (child == 0) ::_exit(0);
  return child < 0 ? errno : 0;
}

int start_process(const Targets&) { return fork_with(0); }

int start_process_in_namespace(const Targets&) { return fork_with(CLONE_NEWUSER); }

int start_process_by_clone3(const Targets&) {
  struct {
    alignas(8) uint64_t flags, pidfd, child, parent, signal, stack, size, tls;
  } arguments{};
  arguments.signal = SIGCHLD;
  const auto child = ::syscall(SYS_clone3, &arguments, sizeof(arguments));
  if (child == 0) ::_exit(0);
  return child < 0 ? errno : 0;
}

int trace_parent(const Targets& targets) {
  return raw_call(SYS_ptrace, PTRACE_SEIZE, targets.other_process, 0, 0);
}

int read_parent(const Targets& targets) {
  char octet = 0;
  iovec ours{.iov_base = &octet, .iov_len = 1};
  iovec theirs{.iov_base = const_cast<Targets*>(&targets), .iov_len = 1};
  return raw_call(SYS_process_vm_readv, targets.other_process, &ours, 1, &theirs, 1, 0);
}

int signal_parent(const Targets& targets) { return raw_call(SYS_kill, targets.other_process, 0); }

int signal_a_thread_of_parent(const Targets& targets) {
  return raw_call(SYS_tgkill, targets.other_process, targets.other_process, 0);
}

int leave_for_namespace(const Targets&) { return raw_call(SYS_unshare, CLONE_NEWUSER); }

int mount_something(const Targets& targets) {
  // Onto a name that is not there, so that it harms nobody where it goes further.
  return raw_call(SYS_mount, "none", targets.new_file.c_str(), "tmpfs", 0, nullptr);
}

int load_bpf(const Targets&) {
  struct {
    uint32_t type = 2;  // an array
    uint32_t key = 4;
    uint32_t value = 4;
    uint32_t entries = 1;
    std::array<char, 112> rest{};
  } attribute;
  return raw_call(SYS_bpf, 0, &attribute, sizeof(attribute));
}

int become_root(const Targets&) { return raw_call(SYS_setuid, 0); }

int run_code_of_its_own(const Targets&) {
  const auto address = ::syscall(SYS_mmap, nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return address == -1 ? errno : 0;
}

int make_data_code(const Targets&) {
  void* const page =
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return raw_call(SYS_mprotect, page, 4096, PROT_READ | PROT_EXEC);
}

int start_program_by_descriptor(const Targets& targets) {
  std::array<const char*, 1> nothing{nullptr};
  return raw_call(SYS_execveat, targets.program, "", nothing.data(), nothing.data(), AT_EMPTY_PATH);
}

int type_into_terminal(const Targets&) {
  const char letter = 'x';
  return raw_call(SYS_ioctl, STDIN_FILENO, TIOCSTI, &letter);
}

constexpr std::array kAttempts = std::to_array<Attempt>({
    {"start a program", start_program},
    {"start a program by its descriptor", start_program_by_descriptor},
    {"make a file in memory, to start it", start_program_in_memory},
    {"fork", start_process},
    {"clone with a namespace", start_process_in_namespace},
    {"clone3", start_process_by_clone3},
    {"trace another process", trace_parent},
    {"read another process's memory", read_parent},
    {"signal another process", signal_parent},
    {"signal another process's thread", signal_a_thread_of_parent},
    {"enter a new namespace", leave_for_namespace},
    {"mount a file system", mount_something},
    {"load BPF into the kernel", load_bpf},
    {"become root", become_root},
    {"type into the terminal", type_into_terminal},
    {"map memory that code runs in", run_code_of_its_own},
    {"turn data into code", make_data_code},
});

}  // namespace

std::span<const Attempt> process_attempts() { return kAttempts; }

}  // namespace sandbox
