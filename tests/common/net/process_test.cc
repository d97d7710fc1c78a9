#include "common/net/process.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace net {
namespace {

// In a process of its own: what it does to one cannot be taken back.
void exit_with_the_error_of_a_write_past_the_limit() {
  (void)std::signal(SIGXFSZ, SIG_DFL);
  prepare_process();
  constexpr rlimit kNothing{.rlim_cur = 0, .rlim_max = RLIM_INFINITY};
  if (::setrlimit(RLIMIT_FSIZE, &kNothing) != 0) std::_Exit(1);
  std::FILE* const file = std::tmpfile();
  if (file == nullptr) std::_Exit(1);
  const ssize_t written = ::write(::fileno(file), "x", 1);
  std::_Exit(written < 0 ? errno : 1);
}

TEST(ProcessDeathTest, FileThatMayGrowNoMoreIsAnErrorAndNoEnd) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(exit_with_the_error_of_a_write_past_the_limit(), testing::ExitedWithCode(EFBIG), "");
}

}  // namespace
}  // namespace net
