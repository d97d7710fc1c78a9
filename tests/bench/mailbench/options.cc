#include "tests/bench/mailbench/options.h"

#include <CLI/CLI.hpp>

#include "tests/bench/mailbench/sample_message.h"

namespace bench {
namespace {

constexpr uint64_t kMostSessions = 1000;
constexpr uint64_t kMostConnections = 20000;
constexpr uint64_t kMostUnits = 10'000'000;
constexpr uint64_t kMostOctets = uint64_t{50} * 1024 * 1024;
constexpr double kMostSeconds = 600;

void add_server(CLI::App& app, Options& options) {
  app.add_option("--host", options.host, "The server's address, 127.0.0.0/8 or ::1")
      ->capture_default_str();
  app.add_option("--port", options.port, "Its port")->required()->check(CLI::Range(1, 65535));
  app.add_option("--server-pid", options.server_pid,
                 "Its first process: reports CPU and memory of it and its descendants");
  app.add_option("--server-cgroup", options.server_cgroup,
                 "The folder of its cgroup (version 2), which misses no process")
      ->check(CLI::ExistingDirectory);
  app.add_option("--give-up", options.give_up_s, "End after so many seconds whatever is left")
      ->check(CLI::Range(0.1, kMostSeconds))
      ->capture_default_str();
}

void add_amount(CLI::App& app, Options& options, const std::string& unit) {
  app.add_option("--users", options.users_file,
                 "A file like users.txt: the recipients in turn; a session's user by its number")
      ->required();
  app.add_option("--sessions", options.sessions, "Clients at a time")
      ->check(CLI::Range(uint64_t{1}, kMostSessions))
      ->capture_default_str();
  app.add_option("--count", options.units, "How many " + unit + " in all")
      ->check(CLI::Range(uint64_t{1}, kMostUnits));
  app.add_option("--seconds", options.seconds, "Or how long, where no --count is given")
      ->check(CLI::Range(0.1, kMostSeconds))
      ->capture_default_str();
  app.add_option("--warm-up", options.warm_up_s, "Seconds at the beginning that are not measured")
      ->check(CLI::Range(0.0, kMostSeconds));
}

void add_octets(CLI::App& app, Options& options, const std::string& what) {
  app.add_option("--octets", options.octets, what)
      ->check(CLI::Range(uint64_t{SampleMessage::kLeastOctets}, kMostOctets))
      ->capture_default_str();
}

void add_smtp(CLI::App& app, Options& options) {
  auto* smtp = app.add_subcommand("smtp", "Send messages");
  add_server(*smtp, options);
  add_amount(*smtp, options, "messages");
  add_octets(*smtp, options, "A message's size");
  smtp->add_option("--recipients", options.recipients, "Recipients of each message")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  smtp->add_flag("--pipelined", options.pipelined, "MAIL, RCPT and DATA in one piece");
  smtp->add_flag("--reconnect", options.reconnects, "A connection for each message");
  auto* tls = smtp->add_flag("--tls", options.tls, "STARTTLS first: TLS 1.3, a full handshake");
  smtp->add_flag("--handshakes", options.handshakes_only,
                 "No messages: connect, STARTTLS, QUIT over TLS, again and again")
      ->needs(tls);
  smtp->callback([&options] { options.mode = Mode::kSmtp; });
}

void add_pop3(CLI::App& app, Options& options) {
  auto* pop3 = app.add_subcommand("pop3", "Log in and fetch messages");
  add_server(*pop3, options);
  add_amount(*pop3, options, "logins, or messages of retr");
  pop3->add_option("--work", options.work,
                   "login (USER PASS STAT QUIT), list, uidl, retr (all, after LIST), or dele (all)")
      ->check(CLI::IsMember({"login", "list", "uidl", "retr", "dele"}))
      ->capture_default_str();
  pop3->add_flag("--pipelined", options.pipelined, "All RETR or DELE in one piece");
  pop3->add_option("--expect", options.expected_messages, "How many messages a maildrop must hold");
  pop3->add_flag("--check-text", options.checks_text,
                 "Each must be what `mailbench smtp` sends, of --octets");
  add_octets(*pop3, options, "A message's size, for --check-text");
  pop3->callback([&options] { options.mode = Mode::kPop3; });
}

void add_idle(CLI::App& app, Options& options) {
  auto* idle = app.add_subcommand("idle", "Open connections and hold them");
  add_server(*idle, options);
  idle->add_option("--connections", options.connections, "How many")
      ->check(CLI::Range(uint64_t{1}, kMostConnections))
      ->capture_default_str();
  idle->add_option("--at-once", options.at_once, "How many may wait for their greeting at a time")
      ->check(CLI::Range(uint64_t{1}, kMostConnections))
      ->capture_default_str();
  idle->add_option("--hold", options.hold_s, "Seconds to hold them")
      ->check(CLI::Range(0.0, kMostSeconds))
      ->capture_default_str();
  idle->callback([&options] { options.mode = Mode::kIdle; });
}

}  // namespace

std::expected<Options, int> parse_options(int argc, char** argv) {
  Options options;
  CLI::App app{
      "mailbench loads a mail server on this machine, one thread for all clients, and prints what\n"
      "it measured as one line of JSON: units a second, megabytes (10^6) a second, latencies in\n"
      "ms, errors, and the CPU and memory of the server.",
      "mailbench"};
  app.require_subcommand(1);
  app.footer("Exit status: 0 without errors, 1 with some, else a wrong command line.");
  add_smtp(app, options);
  add_pop3(app, options);
  add_idle(app, options);
  auto* text = app.add_subcommand("text", "Print the message that smtp sends, with the number 0");
  add_octets(*text, options, "Its size");
  text->callback([&options] { options.mode = Mode::kText; });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return std::unexpected(app.exit(error));
  }
  return options;
}

}  // namespace bench
