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

sigset_t ending_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

EndingSignals::EndingSignals() {
  const sigset_t signals = ending_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

EndingSignals::~EndingSignals() {
  const sigset_t signals = ending_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void prepare_process() {
  (void)std::signal(SIGPIPE, SIG_IGN);
  const sigset_t signals = ending_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
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
