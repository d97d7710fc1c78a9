// --self-test-sandbox: tries every way out of the sandbox (attempts.h), each in a process of its
// own, and says what came of it.
#pragma once

#include <optional>
#include <string_view>

#include "common/sandbox/privileges.h"

namespace sandbox {

struct SelfTest {
  std::string_view program;        // which server
  std::optional<Account> account;  // --user
  bool sandboxed = true;           // --no-sandbox: shows what goes through without it
};

// Prints a line for each attempt on standard output. Returns 0 if all were refused, else 1. Works
// on files and sockets of its own, in a temporary folder that is gone afterwards. Before other
// threads are started.
int run_self_test(const SelfTest& test);

}  // namespace sandbox
