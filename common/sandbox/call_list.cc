#include "common/sandbox/call_list.h"

#include <array>

namespace sandbox {
namespace {

constexpr std::string_view kMemory =
    "memory: malloc, stacks of threads, what a password hash needs";
constexpr std::string_view kClock = "the time; mostly asked without the kernel, but not everywhere";
constexpr std::string_view kWait = "waiting for sockets and threads (Asio; the log waits for room)";
constexpr std::string_view kThread = "threads and their locks (glibc)";
constexpr std::string_view kSignal = "SIGTERM, SIGHUP; ending by abort() when something is wrong";
constexpr std::string_view kSocket = "a connection that a client opened";
constexpr std::string_view kStatus = "what a file is: the store, users.txt, the certificate";
constexpr std::string_view kRead = "messages, users.txt, certificates; connections";
constexpr std::string_view kSync = "on stable storage before the 250";
constexpr std::string_view kWho = "asked for by libraries; tells no more than who we are";

constexpr std::array kAllowed = std::to_array<Call>({
    // Connections.
    {"accept", kSocket},
    {"accept4", kSocket},
    {"getpeername", "a client's address, for the log and the limits"},
    {"getsockname", "the address that a client reached"},
    {"getsockopt", kSocket},
    {"recvfrom", kSocket},
    {"setsockopt", "keepalive and the size of what waits unsent, of each connection"},
    {"shutdown", "the end of a connection"},
    // Waiting.
    {"epoll_ctl", kWait},
    {"epoll_pwait", kWait},
    {"epoll_pwait2", kWait},
    {"epoll_wait", kWait},
    {"poll", kWait},
    {"ppoll", kWait},
    {"timerfd_settime", "deadlines (Asio)"},
    // Files and descriptors. Which files, Landlock says.
    {"close", "every descriptor in the end"},
    {"fcntl", "sockets that do not block; how a folder is open (readdir)"},
    {"fgetxattr", "a message's size mark, a mailbox's highest number"},
    {"flock", "a mailbox is one session's at a time"},
    {"fsetxattr", "a message's size mark, a mailbox's highest number"},
    {"fstat", kStatus},
    {"fstatat64", kStatus},
    {"fstatfs", "how much of the disk is free (--min-free-disk)"},
    {"fstatfs64", "how much of the disk is free (--min-free-disk)"},
    {"getdents64", "the messages of a mailbox"},
    {"getxattrat", "a message's size mark"},
    {"lgetxattr", "a message's size mark, before Linux 6.13"},
    {"linkat", "a message gets its name in a mailbox"},
    {"lseek", "reading a certificate (the C library's streams)"},
    {"lstat", kStatus},
    {"mkdirat", "a user's first mailbox"},
    {"newfstatat", kStatus},
    {"openat", "messages, users.txt, certificates"},
    {"openat2", "messages, if no disk is needed for it"},
    {"pread64", "messages"},
    {"preadv2", "messages, if no disk is needed for it"},
    {"read", kRead},
    {"stat", kStatus},
    {"statx", kStatus},
    {"unlinkat", "deleted messages; a delivery that failed"},
    {"utimensat", "a message's stamp"},
    {"write", "messages, replies, the log"},
    {"writev", "messages, replies, the log"},
    // Durable.
    {"fsync", kSync},
    {"sync_file_range", kSync},
    {"sync_file_range2", kSync},
    {"syncfs", kSync},
    // Memory.
    {"brk", kMemory},
    {"madvise", kMemory},
    {"mremap", kMemory},
    {"munmap", kMemory},
    // Threads.
    {"exit", "a thread that ends"},
    {"exit_group", "the end"},
    {"futex", kThread},
    {"futex_time64", kThread},
    {"gettid", kThread},
    {"rseq", kThread},
    {"sched_getaffinity", "how many processors there are (malloc)"},
    {"sched_yield", kThread},
    {"set_robust_list", kThread},
    // Signals.
    {"restart_syscall", "a wait that a signal interrupted"},
    {"rt_sigaction", kSignal},
    {"rt_sigprocmask", kSignal},
    {"rt_sigreturn", kSignal},
    // Time and chance.
    {"clock_getres", kClock},
    {"clock_gettime", kClock},
    {"clock_nanosleep", "short waits (the log's)"},
    {"getcpu", kClock},
    {"getrandom", "keys, nonces, salts"},
    {"gettimeofday", kClock},
    {"nanosleep", "short waits (the log's)"},
    {"time", kClock},
    // Who and where we are.
    {"getegid", kWho},
    {"geteuid", kWho},
    {"getgid", kWho},
    {"getpid", kWho},
    {"getuid", kWho},
    {"sysinfo", "how much memory there is (sorting, glibc)"},
});

constexpr std::string_view kConnects = "a connection to elsewhere";
constexpr std::string_view kNewSocket = "a socket of its own, the first step out";
constexpr std::string_view kSends = "sending without a connection that a client opened";
constexpr std::string_view kRuns = "another program";
constexpr std::string_view kProcess = "another process";
constexpr std::string_view kOthers = "a look into other processes, or a hand in them";
constexpr std::string_view kAround = "the kernel's way around a filter of system calls";
constexpr std::string_view kMounts = "other files, or others' view of them";
constexpr std::string_view kSpace = "a namespace in which it would have more rights";
constexpr std::string_view kKernel = "code in the kernel";
constexpr std::string_view kRights = "other rights";

constexpr std::array kForbidden = std::to_array<Call>({
    {"connect", kConnects},
    {"socket", kNewSocket},
    {"socketpair", kNewSocket},
    {"bind", kNewSocket},
    {"listen", kNewSocket},
    {"sendmsg", kSends},
    {"sendmmsg", kSends},
    {"execve", kRuns},
    {"execveat", kRuns},
    {"fork", kProcess},
    {"vfork", kProcess},
    {"ptrace", kOthers},
    {"process_vm_readv", kOthers},
    {"process_vm_writev", kOthers},
    {"process_madvise", kOthers},
    {"pidfd_getfd", kOthers},
    {"pidfd_open", kOthers},
    {"pidfd_send_signal", kOthers},
    {"kill", kOthers},
    {"tkill", kOthers},
    {"io_uring_setup", kAround},
    {"io_uring_enter", kAround},
    {"io_uring_register", kAround},
    {"io_setup", kAround},
    {"bpf", kKernel},
    {"perf_event_open", kKernel},
    {"userfaultfd", kKernel},
    {"init_module", kKernel},
    {"finit_module", kKernel},
    {"kexec_load", kKernel},
    {"kexec_file_load", kKernel},
    {"mount", kMounts},
    {"umount2", kMounts},
    {"pivot_root", kMounts},
    {"chroot", kMounts},
    {"open_tree", kMounts},
    {"move_mount", kMounts},
    {"fsopen", kMounts},
    {"fsconfig", kMounts},
    {"fsmount", kMounts},
    {"fspick", kMounts},
    {"mount_setattr", kMounts},
    {"open_by_handle_at", kMounts},
    {"memfd_create", kRuns},
    {"unshare", kSpace},
    {"setns", kSpace},
    {"setuid", kRights},
    {"setgid", kRights},
    {"setreuid", kRights},
    {"setregid", kRights},
    {"setresuid", kRights},
    {"setresgid", kRights},
    {"setgroups", kRights},
    {"setfsuid", kRights},
    {"setfsgid", kRights},
    {"capset", kRights},
    {"keyctl", kRights},
    {"add_key", kRights},
    {"request_key", kRights},
    {"personality", kRights},
});

}  // namespace

std::span<const Call> allowed_calls() { return kAllowed; }

std::span<const Call> forbidden_calls() { return kForbidden; }

}  // namespace sandbox
