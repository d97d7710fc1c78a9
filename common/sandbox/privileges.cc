#include "common/sandbox/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace sandbox {
namespace {

constexpr int kMostGroups = 1024;
constexpr size_t kEntryOctets = size_t{64} * 1024;

// What the process that looked tells.
struct Found {
  bool is_there;
  int error;  // an errno: the look-up failed
  uid_t user;
  gid_t group;
  int group_count;
  std::array<gid_t, kMostGroups> groups;
};
static_assert(std::is_trivially_copyable_v<Found>);

std::string text_of(int error) { return std::system_category().message(error); }

void look_up(const std::string& name, Found& found) {
  std::vector<char> buffer(kEntryOctets);
  passwd entry{};
  passwd* result = nullptr;
  found.error = ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &result);
  if (result == nullptr) return;
  found.user = entry.pw_uid;
  found.group = entry.pw_gid;
  found.group_count = kMostGroups;
  if (::getgrouplist(name.c_str(), entry.pw_gid, found.groups.data(), &found.group_count) < 0) {
    found.error = E2BIG;
    return;
  }
  found.is_there = true;
}

[[noreturn]] void look_up_and_tell(const std::string& name, int pipe) {
  Found found{};
  look_up(name, found);
  // All of it or nothing, in the eyes of who reads.
  const ssize_t written = ::write(pipe, &found, sizeof(found));
  ::_exit(written == static_cast<ssize_t>(sizeof(found)) ? EXIT_SUCCESS : EXIT_FAILURE);
}

bool read_all(int pipe, Found& found) {
  auto* const octets = reinterpret_cast<char*>(&found);
  size_t count = 0;
  while (count < sizeof(found)) {
    const ssize_t got = ::read(pipe, octets + count, sizeof(found) - count);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    count += static_cast<size_t>(got);
  }
  return true;
}

bool can_be_root_again() {
  return ::setuid(0) == 0 || ::seteuid(0) == 0 || ::setresuid(0, 0, 0) == 0;
}

}  // namespace

bool is_root() { return ::geteuid() == 0; }

std::expected<Account, std::string> find_account(const std::string& name) {
  const auto refuse = [&name](std::string_view why) {
    return std::unexpected("user " + name + ": " + std::string(why));
  };
  std::array<int, 2> pipe{};
  if (::pipe(pipe.data()) != 0) return refuse(text_of(errno));
  const pid_t child = ::fork();
  if (child < 0) {
    const int error = errno;
    ::close(pipe[0]);
    ::close(pipe[1]);
    return refuse(text_of(error));
  }
  if (child == 0) look_up_and_tell(name, pipe[1]);
  ::close(pipe[1]);
  Found found{};
  const bool told = read_all(pipe[0], found);
  ::close(pipe[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!told) return refuse("could not be looked up");
  if (found.error != 0) return refuse(text_of(found.error));
  if (!found.is_there) return refuse("this machine has no such user");
  return Account{name,
                 found.user,
                 found.group,
                 {found.groups.begin(), found.groups.begin() + found.group_count}};
}

std::expected<void, std::string> become(const Account& account) {
  const auto refuse = [&account](std::string_view why) {
    return std::unexpected("cannot become " + account.name + ": " + std::string(why));
  };
  if (account.user == 0) return refuse("that is root");
  if (::getuid() == account.user && ::geteuid() == account.user) return {};
  if (!is_root()) return refuse("only root can become somebody else");
  if (::setgroups(account.groups.size(), account.groups.data()) != 0 ||
      ::setresgid(account.group, account.group, account.group) != 0 ||
      ::setresuid(account.user, account.user, account.user) != 0) {
    return refuse(text_of(errno));
  }
  if (can_be_root_again()) return refuse("root's rights could be had again");
  return {};
}

}  // namespace sandbox
