#include "common/sandbox/call_filter.h"

#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <system_error>

#include "common/sandbox/call_list.h"

namespace sandbox {
namespace {

constexpr uint32_t kForbidden = SCMP_ACT_TRAP;
constexpr uint32_t kAllowed = SCMP_ACT_ALLOW;

struct ReleaseFilter {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, ReleaseFilter>;

// ---- What a forbidden call leads to ----

struct NamedNumber {
  int number;
  Call call;
};

// Written before the handler is there, only read after. The first ones fill it.
constexpr size_t kMostForbidden = 128;
std::array<NamedNumber, kMostForbidden> forbidden_numbers{};
size_t forbidden_count = 0;

void remember(int number, Call call) {
  if (forbidden_count < kMostForbidden) forbidden_numbers[forbidden_count++] = {number, call};
}

// Only what a signal handler may do.
void say(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<size_t>(written));
  }
}

void end_of_forbidden_call(int, siginfo_t* info, void*) {
  const auto* const known =
      std::find_if(forbidden_numbers.begin(), forbidden_numbers.begin() + forbidden_count,
                   [info](const NamedNumber& one) { return one.number == info->si_syscall; });
  const bool is_known = known != forbidden_numbers.begin() + forbidden_count;
  say(kForbiddenCall);
  say(is_known ? known->call.name : "of another number");
  say(" (");
  say(is_known ? known->call.why : "nothing that this server does");
  say("); the process ends\n");
  std::abort();
}

std::error_code handle_forbidden_calls() {
  struct sigaction action{};
  action.sa_sigaction = end_of_forbidden_call;
  action.sa_flags = SA_SIGINFO;
  sigfillset(&action.sa_mask);
  if (::sigaction(SIGSYS, &action, nullptr) != 0) return {errno, std::system_category()};
  return {};
}

// ---- The rules ----

// A rule about one argument of a call; 0: all is well, else the negative errno.
int add(scmp_filter_ctx filter, uint32_t action, int call, scmp_arg_cmp argument) {
  return seccomp_rule_add_array(filter, action, call, 1, &argument);
}

// Calls that this libseccomp does not know have no number, but for the one that is newer than
// Debian 12's and much used.
int number_of(std::string_view name) {
  if (const int number = seccomp_syscall_resolve_name(std::string(name).c_str());
      number != __NR_SCMP_ERROR) {
    return number;
  }
#if defined(__x86_64__) || defined(__aarch64__)
  constexpr int kGetxattrat = 464;
  if (name == "getxattrat") return kGetxattrat;
#endif
  return __NR_SCMP_ERROR;
}

int add_lists(scmp_filter_ctx filter) {
  for (const auto& call : allowed_calls()) {
    const int number = number_of(call.name);
    if (number == __NR_SCMP_ERROR) continue;
    if (const int error = seccomp_rule_add(filter, kAllowed, number, 0); error != 0) return error;
  }
  for (const auto& call : forbidden_calls()) {
    const int number = number_of(call.name);
    if (number == __NR_SCMP_ERROR) continue;
    if (const int error = seccomp_rule_add(filter, kForbidden, number, 0); error != 0) return error;
    remember(number, call);
  }
  return 0;
}

// The library's SCMP_CMP makes a compound literal, which C++ has not.
scmp_arg_cmp compare(unsigned argument, scmp_compare how, scmp_datum_t a, scmp_datum_t b = 0) {
  return {.arg = argument, .op = how, .datum_a = a, .datum_b = b};
}

int add_clone(scmp_filter_ctx filter) {
  remember(SCMP_SYS(clone), {"clone", "another process"});
  // S/390 has the flags second.
#if defined(__s390__)
  constexpr unsigned kFlags = 1;
#else
  constexpr unsigned kFlags = 0;
#endif
  const int error = add(filter, kAllowed, SCMP_SYS(clone),
                        compare(kFlags, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
  if (error != 0) return error;
  return add(filter, kForbidden, SCMP_SYS(clone),
             compare(kFlags, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
}

int add_sendto(scmp_filter_ctx filter) {
  constexpr unsigned kFlags = 3;
  constexpr unsigned kAddress = 4;
  remember(SCMP_SYS(sendto), {"sendto", "sending without a connection that a client opened"});
  std::array on_a_connection = {compare(kFlags, SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0),
                                compare(kAddress, SCMP_CMP_EQ, 0)};
  if (const int error =
          seccomp_rule_add_array(filter, kAllowed, SCMP_SYS(sendto), 2, on_a_connection.data());
      error != 0) {
    return error;
  }
  if (const int error = add(filter, kForbidden, SCMP_SYS(sendto),
                            compare(kFlags, SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, MSG_FASTOPEN));
      error != 0) {
    return error;
  }
  return add(filter, kForbidden, SCMP_SYS(sendto), compare(kAddress, SCMP_CMP_NE, 0));
}

int add_tgkill(scmp_filter_ctx filter) {
  const auto self = static_cast<scmp_datum_t>(::getpid());
  remember(SCMP_SYS(tgkill), {"tgkill", "a signal to another process"});
  const int error = add(filter, kAllowed, SCMP_SYS(tgkill), compare(0, SCMP_CMP_EQ, self));
  if (error != 0) return error;
  return add(filter, kForbidden, SCMP_SYS(tgkill), compare(0, SCMP_CMP_NE, self));
}

int add_memory_and_ioctl(scmp_filter_ctx filter) {
  constexpr unsigned kProtection = 2;
  const auto no_code = compare(kProtection, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
    if (const int error = add(filter, kAllowed, call, no_code); error != 0) return error;
  }
  for (const auto question : {FIONBIO, FIONREAD}) {
    const int error = add(filter, kAllowed, SCMP_SYS(ioctl),
                          compare(1, SCMP_CMP_EQ, static_cast<scmp_datum_t>(question)));
    if (error != 0) return error;
  }
  return 0;
}

int add_rules(scmp_filter_ctx filter) {
  for (const auto& rules : {add_lists, add_clone, add_sendto, add_tgkill, add_memory_and_ioctl}) {
    if (const int error = rules(filter); error != 0) return error;
  }
  return 0;
}

std::unexpected<std::string> refuse(int error) {
  return std::unexpected("the kernel takes no filter of system calls: " +
                         std::system_category().message(error));
}

}  // namespace

std::expected<void, std::string> check_filtering() {
  const uint32_t action = SECCOMP_RET_TRAP;
  if (::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0) return {};
  return refuse(errno);
}

std::expected<void, std::string> filter_calls() {
  const Filter filter(seccomp_init(SCMP_ACT_ERRNO(ENOSYS)));
  if (!filter) return refuse(ENOMEM);
  // A call by another architecture's numbers (32 bits) is none of ours.
  int error = seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  if (error == 0) error = seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1);
  // As a tree by number instead of a list: calls whose arguments count are looked up each time.
  if (error == 0) error = seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  if (error == 0) error = add_rules(filter.get());
  if (error != 0) return refuse(-error);
  if (const auto failed = handle_forbidden_calls()) return refuse(failed.value());
  error = seccomp_load(filter.get());
  if (error != 0) return refuse(-error);
  return {};
}

}  // namespace sandbox
