#include "common/net/process.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "common/log.h"

namespace net {
namespace {

constexpr std::chrono::milliseconds kLogMayTake{500};

// What a server has open beside its connections, generously: its threads' event queues, listening
// sockets, the store and the mailboxes of a batch, users.txt.
constexpr size_t kOtherDescriptors = 128;

sigset_t signals_to_obey() {
  sigset_t signals{};
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

}  // namespace

SignalsTaken::SignalsTaken() {
  const sigset_t signals = signals_to_obey();
  ::pthread_sigmask(SIG_UNBLOCK, &signals, &before_);
}

SignalsTaken::~SignalsTaken() {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void prepare_process() {
  const sigset_t signals = signals_to_obey();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  (void)std::signal(SIGPIPE, SIG_IGN);
  (void)std::signal(SIGXFSZ, SIG_IGN);
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
    descriptors.rlim_cur = descriptors.rlim_max;
    // Without it the server serves fewer connections at a time: no error.
    (void)::setrlimit(RLIMIT_NOFILE, &descriptors);
  }
}

size_t connections_that_fit(size_t wanted, size_t descriptors_each) {
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) != 0 || descriptors.rlim_cur == RLIM_INFINITY) {
    return wanted;
  }
  const size_t limit = descriptors.rlim_cur;
  const size_t fit =
      std::max<size_t>(limit - std::min(limit, kOtherDescriptors), descriptors_each) /
      descriptors_each;
  if (fit >= wanted) return wanted;
  logging::warning("connections-lowered",
                   {{"wanted", wanted}, {"connections", fit}, {"descriptors", limit}});
  return fit;
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
