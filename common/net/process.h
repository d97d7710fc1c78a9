// What a server does to its own process.
#pragma once

#include <csignal>
#include <cstddef>
#include <string_view>

namespace net {

// At start, before other threads: a connection or pipe that is gone, and a file that may grow no
// more (RLIMIT_FSIZE), become an error of write() instead of a signal, as many descriptors may be
// open as the system lets this process have, SIGTERM, SIGINT and SIGHUP wait until SignalsTaken,
// and up to 2 MiB of memory that is free again stay with the process.
void prepare_process();

// While it lives, the thread that made it takes those signals. Those that come later wait for ever:
// a process that is about to end with status 0 does so, though the signal is sent twice.
class SignalsTaken {
 public:
  SignalsTaken();
  SignalsTaken(const SignalsTaken&) = delete;
  SignalsTaken& operator=(const SignalsTaken&) = delete;
  ~SignalsTaken();

 private:
  sigset_t before_{};
};

// How many of `wanted` connections this process has descriptors for, if some are to be left for the
// work on them. Logs it when it is fewer.
size_t connections_that_fit(size_t wanted);

// EX_CONFIG of sysexits.h: it cannot start as it is set up.
inline constexpr int kBadStart = 78;

// Says on standard error why `program` cannot start. Returns kBadStart.
int bad_start(std::string_view program, std::string_view why);

// Ends the process at once, without destroying anything: a message that is not committed is undone
// by the kernel, whoever waits gets no reply. Lets the log out first, but does not wait long.
[[noreturn]] void end_process(int status);

}  // namespace net
