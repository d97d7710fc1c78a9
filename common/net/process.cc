#include "common/net/process.h"

#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "common/log.h"

namespace net {
namespace {

constexpr std::chrono::milliseconds kLogMayTake{500};

}  // namespace

void prepare_process() {
  (void)std::signal(SIGPIPE, SIG_IGN);
  (void)std::signal(SIGXFSZ, SIG_IGN);
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
    descriptors.rlim_cur = descriptors.rlim_max;
    // Without it the server serves fewer connections at a time: no error.
    (void)::setrlimit(RLIMIT_NOFILE, &descriptors);
  }
}

int bad_start(std::string_view program, std::string_view why) {
  std::cerr << program << ": " << why << '\n';
  return kBadStart;
}

void end_process(int status) {
  logging::drain(kLogMayTake);
  std::_Exit(status);
}

}  // namespace net
