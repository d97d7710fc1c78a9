// mailbench's command line.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <string>

namespace bench {

enum class Mode { kSmtp, kPop3, kIdle, kText };

struct Options {
  Mode mode{};

  // Of all modes that load a server.
  std::string host = "127.0.0.1";
  uint16_t port = 0;
  pid_t server_pid = 0;
  std::string server_cgroup;
  double give_up_s = 300;

  // smtp and pop3
  std::string users_file;
  uint64_t sessions = 1;
  uint64_t units = 0;
  double seconds = 5;  // counts where units is 0
  double warm_up_s = 0;
  uint64_t octets = 4096;  // text, too
  bool pipelined = false;

  // smtp
  uint64_t recipients = 1;
  bool reconnects = false;
  bool tls = false;
  bool handshakes_only = false;

  // pop3
  std::string work = "login";
  uint64_t expected_messages = 0;
  bool checks_text = false;

  // idle
  uint64_t connections = 10000;
  uint64_t at_once = 500;
  double hold_s = 2;
};

// The options, or the exit status where there is nothing to run: --help, or a wrong command line,
// of which it has spoken.
std::expected<Options, int> parse_options(int argc, char** argv);

}  // namespace bench
