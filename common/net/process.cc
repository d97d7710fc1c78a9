#include "common/net/process.h"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>

#include "common/log.h"

namespace net {
namespace {

constexpr std::chrono::milliseconds kLogMayTake{500};

// Of the descriptors, this part is for what is not a connection: listening sockets and the threads'
// event queues, and above all the messages and mailboxes that sessions are at work on.
constexpr size_t kOtherDescriptorsPart = 4;

// Else the C library gives memory back whenever 128 KiB are free at the end of the heap, which with
// a few large messages means once a message, and a page fault for each page that the next one
// takes.
constexpr int kKeptMemory = 2 * 1024 * 1024;
// What is larger than this goes back at once. (The C library would no longer adapt it by itself.)
constexpr int kLargePiece = 1024 * 1024;

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

SignalsTaken::~SignalsTaken() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

void prepare_process() {
  const sigset_t signals = signals_to_obey();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  (void)std::signal(SIGPIPE, SIG_IGN);
  (void)std::signal(SIGXFSZ, SIG_IGN);
  (void)::mallopt(M_TRIM_THRESHOLD, kKeptMemory);
  (void)::mallopt(M_MMAP_THRESHOLD, kLargePiece);
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
    descriptors.rlim_cur = descriptors.rlim_max;
    // Without it the server serves fewer connections at a time: no error.
    (void)::setrlimit(RLIMIT_NOFILE, &descriptors);
  }
}

size_t connections_that_fit(size_t wanted) {
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) != 0 || descriptors.rlim_cur == RLIM_INFINITY) {
    return wanted;
  }
  const size_t limit = descriptors.rlim_cur;
  const size_t fit = limit - limit / kOtherDescriptorsPart;
  if (fit >= wanted) return wanted;
  logging::warning("connections-lowered",
                   {{"wanted", wanted}, {"connections", fit}, {"descriptors", limit}});
  return fit;
}

int bad_start(std::string_view program, std::string_view why) {
  // In one piece: the log may write beside it.
  std::cerr << std::string(program) + ": " + std::string(why) + '\n';
  return kBadStart;
}

void end_process(int status) {
  logging::drain(kLogMayTake);
  std::_Exit(status);
}

}  // namespace net
