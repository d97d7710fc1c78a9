// A system call made directly, as code would that somebody brought along.
#pragma once

#include <unistd.h>

#include <cerrno>

namespace sandbox {

// The errno of the call, or 0.
template <class... Arguments>
int raw_call(auto number, Arguments... arguments) {
  return ::syscall(number, arguments...) == -1 ? errno : 0;
}

}  // namespace sandbox
