// Which system calls a server that runs may make, each with the reason why, and which no server of
// ours ever makes, each with what it would mean. A table of docs/security.md repeats both; a test
// compares them.
//
// The names are Linux's, of all architectures: where a name is unknown, to libseccomp or to the
// machine, its row does nothing.
#pragma once

#include <span>
#include <string_view>

namespace sandbox {

struct Call {
  std::string_view name;
  std::string_view why;
};

// Whatever its arguments are. What depends on them is call_filter.cc's.
std::span<const Call> allowed_calls();

// They end the process. `why`: what it would have been.
std::span<const Call> forbidden_calls();

}  // namespace sandbox
