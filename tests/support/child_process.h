// Runs something in a process of its own, for what cannot be undone in this one.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <string>

namespace support {

struct Ended {
  int status;         // as waitpid() has it
  std::string error;  // what it wrote to standard error
};

// `run` returns the exit status. It may not use gtest: nobody would hear of it.
inline Ended in_child(const std::function<int()>& run) {
  std::array<int, 2> pipe{};
  EXPECT_EQ(::pipe(pipe.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(pipe[1], STDERR_FILENO);
    ::_exit(run());
  }
  ::close(pipe[1]);
  Ended ended{};
  std::array<char, 512> buffer{};
  for (ssize_t octets = 0; (octets = ::read(pipe[0], buffer.data(), buffer.size())) > 0;) {
    ended.error.append(buffer.data(), static_cast<size_t>(octets));
  }
  ::close(pipe[0]);
  EXPECT_EQ(::waitpid(child, &ended.status, 0), child);
  return ended;
}

// The exit status, or -1: it was ended by a signal.
inline int exit_status_of(const std::function<int()>& run) {
  const int status = in_child(run).status;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace support
