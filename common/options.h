// The command lines of both servers, and their configuration files: what stands in them becomes a
// value, what is wrong with them a message of the parser's. Names no default of its own where a
// server has limits: the caller puts them in.
//
// A configuration file has the same options, without their dashes, a line each: `idle-timeout =
// 300`. The rest of the line is the value, blanks around it dropped, and quotes around all of it;
// lines that begin with # are skipped. `listen` may stand more than once. What the command line
// says counts more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace options {

// What both servers take.
struct Common {
  std::optional<uint16_t> port;  // 0: any free one; none: sockets are passed to the server
  std::string users_file = "users.txt";
  std::string store_directory = "mail.store";
  std::vector<std::string> addresses;  // IP addresses to listen on; none: the loopback ones
  std::string host_name;               // by default the machine's, as it calls itself
  std::string tls_certificate;         // a file; empty: no TLS
  std::string tls_key;                 // a file
  std::optional<uint16_t> tls_port;    // for implicit TLS
  bool plaintext_logins = false;       // though there is TLS
  bool hide_users = false;
  bool throttle_loopback = false;
  size_t max_connections = 0;
  size_t max_connections_per_address = 0;
  uint64_t min_transfer_rate = 0;  // octets a second; 0: any
  unsigned idle_timeout_s = 0;
  unsigned handshake_timeout_s = 0;
  size_t max_errors = 0;
  size_t max_commands = 0;  // 0: any number
  unsigned io_threads = 1;
  std::string log_level = "info";   // or debug, warning, error
  std::string log_format = "text";  // or json
  std::string user;                 // whose rights to take, having been started as root
  bool no_sandbox = false;
  bool self_test_sandbox = false;  // do only that
};

struct Smtp : Common {
  uint64_t max_message_octets = 0;
  size_t max_recipients = 0;
  uint64_t quota_octets = 0;        // of a mailbox; 0: none
  uint64_t max_message_memory = 0;  // octets
  uint64_t min_free_disk = 0;       // octets; 0: none
  unsigned data_timeout_s = 0;
  std::string postmaster;              // empty: the first user
  std::string bare_newlines = "keep";  // or refuse
  bool trace_headers = false;
  bool require_login = false;
  bool any_sender = false;
  bool hash_password = false;         // do only that
  std::string hash_scheme = "crypt";  // or scram-sha-256
};

struct Pop3 : Common {
  unsigned message_expiry_days = 0;  // 0: messages stay
  unsigned login_timeout_s = 0;
};

// The options of mysmtpd and mypopd; `defaults` holds what is not said. `port_needed`: no sockets
// were passed. The error is the exit status to end with now: see command_line.h.
std::expected<Smtp, int> parse_smtp(int argc, const char* const* argv, Smtp defaults,
                                    bool port_needed);
std::expected<Pop3, int> parse_pop3(int argc, const char* const* argv, Pop3 defaults,
                                    bool port_needed);

}  // namespace options
