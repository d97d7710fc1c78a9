// Whose rights this process has (--user): from root's to an ordinary user's, and never back.
#pragma once

#include <sys/types.h>

#include <expected>
#include <string>
#include <vector>

namespace sandbox {

// A user of this machine.
struct Account {
  std::string name;
  uid_t user;
  gid_t group;
  std::vector<gid_t> groups;  // all of them
};

// The user of that name, or why there is none. It is asked for in another process, which ends: what
// the machine's user database brings along (libraries, sockets, threads) does not stay in this one.
// Call it before other threads are started.
std::expected<Account, std::string> find_account(const std::string& name);

bool is_root();

// Gives up root's rights for `account`'s, in all threads, and sees to it that they do not come
// back. Nothing to do where the process is that user already. The error says why not; the process
// may then be anything in between, so end it.
std::expected<void, std::string> become(const Account& account);

}  // namespace sandbox
