// The filter of system calls (seccomp, by libseccomp): what a server asks of the kernel once it
// runs, and no more. Inherited by every thread that starts later, and never taken off again.
//
// A call that is
//   * allowed (call_list.h) is made; some only with certain arguments, see below;
//   * forbidden ends the process: one line on standard error, then SIGABRT;
//   * neither, fails with ENOSYS, as on a kernel that does not know it: a C library of another
//     version then falls back on an older call, as it does from clone3 to clone.
//
// By their arguments:
//   clone         allowed for a thread, forbidden for a process
//   sendto        allowed on a connection; forbidden with an address, or with MSG_FASTOPEN
//   tgkill        allowed to this process (abort), forbidden to others
//   mmap, mprotect   allowed but for memory that code could run in
//   ioctl         allowed for the two questions that Asio asks of a socket
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace sandbox {

// How the line about a forbidden call begins; behind it the call, and in brackets what it means.
inline constexpr std::string_view kForbiddenCall = "sandbox: forbidden system call ";

// Whether the kernel takes such a filter at all. The error is for a person.
std::expected<void, std::string> check_filtering();

// Puts it on all threads of this process. The error is for a person. Sets no_new_privs too.
std::expected<void, std::string> filter_calls();

}  // namespace sandbox
