#include "common/sandbox/self_test.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <expected>
#include <iomanip>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

#include "common/sandbox/attempts.h"
#include "common/sandbox/call_filter.h"
#include "common/sandbox/file_access.h"
#include "common/sandbox/self_test_site.h"

namespace sandbox {
namespace {

// The status of a process that could not be put into the sandbox: no errno.
constexpr int kNotConfined = 255;

// How the kernel, or our filter in it, says no.
constexpr std::array kRefusals = {ENOSYS, EACCES, EPERM, EXDEV};

struct Outcome {
  bool refused = false;
  std::string why;
};

// What the process does that tries: never returns, and says on `words` what it has to say.
[[noreturn]] void try_it(const SelfTest& test, const SelfTestSite& site, const Attempt& attempt,
                         int words) {
  const auto give_up = [](const std::string& why) {
    std::cerr << why << std::flush;
    ::_exit(kNotConfined);
  };
  ::dup2(words, STDERR_FILENO);
  const rlimit no_core{};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (test.account) {
    if (const auto became = become(*test.account); !became) give_up(became.error());
  }
  if (test.sandboxed) {
    // Where the kernel does not confine files, the attempts show it.
    [[maybe_unused]] const auto confined = confine_files(site.access());
    if (const auto filtered = filter_calls(); !filtered) give_up(filtered.error());
  }
  ::_exit(attempt.run(site.targets()));
}

std::string read_to_end(int pipe) {
  std::string text;
  std::array<char, 512> buffer{};
  for (;;) {
    const ssize_t octets = ::read(pipe, buffer.data(), buffer.size());
    if (octets < 0 && errno == EINTR) continue;
    if (octets <= 0) break;
    text.append(buffer.data(), static_cast<size_t>(octets));
  }
  std::erase(text, '\n');
  return text;
}

Outcome judge(int status, const std::string& words) {
  if (WIFSIGNALED(status)) {
    // Our handler aborts, and says why; anything else may be by chance.
    if (WTERMSIG(status) != SIGABRT || !words.starts_with(kForbiddenCall)) return {false, words};
    const size_t begin = kForbiddenCall.size();
    return {true, "ends the process: " + words.substr(begin, words.find(';') - begin)};
  }
  const int error = WEXITSTATUS(status);
  if (error == 0) return {false, "it went through"};
  if (error == kNotConfined) return {false, words};
  return {std::ranges::find(kRefusals, error) != kRefusals.end(),
          std::system_category().message(error)};
}

Outcome outcome_of(const SelfTest& test, SelfTestSite& site, const Attempt& attempt) {
  std::array<int, 2> pipe{};
  if (!site.refresh() || ::pipe(pipe.data()) != 0) return {false, "it could not be tried"};
  const pid_t child = ::fork();
  if (child == 0) try_it(test, site, attempt, pipe[1]);
  ::close(pipe[1]);
  if (child < 0) return {false, "it could not be tried"};
  const std::string words = read_to_end(pipe[0]);
  ::close(pipe[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return judge(status, words);
}

}  // namespace

int run_self_test(const SelfTest& test) {
  auto site = SelfTestSite::make(test.account);
  if (!site) {
    std::cerr << test.program << ": " << site.error() << '\n';
    return EXIT_FAILURE;
  }
  const auto abi = file_access_version();
  std::cout << test.program << ": ways out of the sandbox, each tried in a process of its own\n"
            << "files: " << (abi ? "Landlock, ABI " + std::to_string(*abi) : abi.error()) << '\n'
            << (test.sandboxed ? "" : "without the sandbox (--no-sandbox)\n") << std::flush;
  size_t tried = 0;
  size_t refused = 0;
  for (const auto attempts : {network_attempts(), file_attempts(), process_attempts()}) {
    for (const auto& attempt : attempts) {
      const Outcome outcome = outcome_of(test, **site, attempt);
      constexpr int kWidth = 42;
      std::cout << (outcome.refused ? "refused      " : "NOT REFUSED  ") << std::left
                << std::setw(kWidth) << attempt.what << outcome.why << '\n'
                << std::flush;
      ++tried;
      if (outcome.refused) ++refused;
    }
  }
  std::cout << refused << " of " << tried << " refused\n";
  return refused == tried ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace sandbox
