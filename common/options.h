// The command lines of both servers: what stands in them becomes a value, what is wrong with them a
// message of the parser's. Names no default of its own where a server has limits: the caller puts
// them in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace options {

// What both servers take.
struct Common {
  uint16_t port = 0;  // 0: any free one
  std::string users_file = "users.txt";
  std::string store_directory = "mail.store";
  std::vector<std::string> addresses;  // IP addresses to listen on; none: the loopback ones
  std::string host_name;               // by default the machine's, as it calls itself
  unsigned idle_timeout_s = 0;
  std::string log_level = "info";  // or debug, warning, error
};

struct Smtp : Common {
  uint64_t max_message_octets = 0;
  size_t max_recipients = 0;
  std::string postmaster;  // empty: the first user
  bool refuse_bare_newlines = false;
};

struct Pop3 : Common {};

// The options of mysmtpd and mypopd; `defaults` holds what is not said. The error is the exit
// status to end with now: --help and --version are printed (status 0), or what is wrong with the
// command line is said on standard error.
std::expected<Smtp, int> parse_smtp(int argc, char** argv, Smtp defaults);
std::expected<Pop3, int> parse_pop3(int argc, char** argv, Pop3 defaults);

}  // namespace options
