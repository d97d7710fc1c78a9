// What a process can still do once its system calls are filtered. The ways out are tried by
// --self-test-sandbox (tests/e2e/sandbox_test.py); here is what has to go on working, and how.
#include "common/sandbox/call_filter.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <future>
#include <thread>
#include <vector>

#include "common/sandbox/on_by_default.h"
#include "tests/support/child_process.h"

namespace sandbox {
namespace {

using support::exit_status_of;

class CallFilterTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!is_on_by_default()) GTEST_SKIP() << "a sanitizer needs more system calls than a server";
  }
};

// The errno of a call that is neither allowed nor forbidden.
int errno_of_another_call() { return ::syscall(SYS_sync) == 0 ? 0 : errno; }

TEST_F(CallFilterTest, WhatIsNotListedFailsAsOnAnOlderKernel) {
  EXPECT_EQ(exit_status_of([] { return filter_calls() ? errno_of_another_call() : -2; }), ENOSYS);
}

TEST_F(CallFilterTest, ThreadsThatRanBeforeAreFilteredToo) {
  EXPECT_EQ(exit_status_of([] {
              std::promise<void> filtered;
              std::promise<int> outcome;
              std::thread other([&] {
                filtered.get_future().wait();
                outcome.set_value(errno_of_another_call());
              });
              if (!filter_calls()) return -2;
              filtered.set_value();
              const int error = outcome.get_future().get();
              other.join();
              return error;
            }),
            ENOSYS);
}

TEST_F(CallFilterTest, ThreadsStartAfterwardsAndAreFilteredToo) {
  EXPECT_EQ(exit_status_of([] {
              if (!filter_calls()) return -2;
              int error = 0;
              std::thread other([&error] { error = errno_of_another_call(); });
              other.join();
              return error;
            }),
            ENOSYS);
}

TEST_F(CallFilterTest, ForbiddenCallIsNamedAndEndsTheProcess) {
  const auto ended = support::in_child([] {
    const rlimit no_core{};
    ::setrlimit(RLIMIT_CORE, &no_core);
    if (!filter_calls()) return -2;
    return static_cast<int>(::syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
  });
  EXPECT_TRUE(WIFSIGNALED(ended.status) && WTERMSIG(ended.status) == SIGABRT);
  EXPECT_EQ(ended.error,
            "sandbox: forbidden system call socket (a socket of its own, the first step out); the "
            "process ends\n");
}

TEST_F(CallFilterTest, MuchMemoryIsTakenAndGivenBack) {
  EXPECT_EQ(exit_status_of([] {
              if (!filter_calls()) return -2;
              std::vector<char> much;
              for (size_t octets = 1024; octets <= size_t{64} * 1024 * 1024; octets *= 2) {
                much.resize(octets, 'x');
              }
              std::vector<std::thread> threads;
              for (int i = 0; i < 8; ++i) {
                threads.emplace_back([] { std::vector<char>(size_t{1} << 20U, 'x').clear(); });
              }
              for (auto& thread : threads) thread.join();
              return much.back() == 'x' ? 0 : 1;
            }),
            0);
}

TEST_F(CallFilterTest, AConnectionThatWasAcceptedIsServed) {
  std::array<int, 2> sockets{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets.data()), 0);
  EXPECT_EQ(exit_status_of([&sockets] {
              if (!filter_calls()) return -2;
              if (::send(sockets[0], "x", 1, MSG_NOSIGNAL) != 1) return errno;
              char letter = 0;
              return ::recv(sockets[1], &letter, 1, 0) == 1 && letter == 'x' ? 0 : errno;
            }),
            0);
  for (const int socket : sockets) ::close(socket);
}

}  // namespace
}  // namespace sandbox
