#include "common/limit_options.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

namespace options {
namespace {

constexpr const char* kGroup = "Limits";

constexpr unsigned kLongestTimeoutSeconds = 24 * 60 * 60;

constexpr unsigned kMostIoThreads = 64;

template <class Number>
CLI::Option* add_number(CLI::App& app, const std::string& name, Number& number,
                        const std::string& what, const std::string& unit) {
  return app.add_option(name, number, what)->capture_default_str()->type_name(unit)->group(kGroup);
}

// CLI11's own say the range in some six hundred digits.
CLI::Validator at_least(uint64_t least) {
  return {[least](const std::string& text) -> std::string {
            uint64_t number = 0;
            if (CLI::detail::lexical_cast(text, number) && number >= least && text[0] != '-')
              return {};
            return "Value " + text + " is no whole number from " + std::to_string(least) + " on";
          },
          ""};
}

// From 1 on.
template <class Number>
void add_count(CLI::App& app, const std::string& name, Number& number, const std::string& what,
               const std::string& unit = "N") {
  add_number(app, name, number, what, unit)->check(at_least(1));
}

// 0 says that there is no such limit.
template <class Number>
void add_count_or_none(CLI::App& app, const std::string& name, Number& number,
                       const std::string& what, const std::string& unit = "N") {
  add_number(app, name, number, what, unit)->check(at_least(0));
}

void add_timeout(CLI::App& app, const std::string& name, unsigned& seconds,
                 const std::string& what) {
  add_number(app, name, seconds, what, "SECONDS")
      ->check(CLI::Range(1U, kLongestTimeoutSeconds).description(""));
}

void add_limits_of_connections(CLI::App& app, Common& common) {
  add_count(app, "--max-connections", common.max_connections,
            "The most connections at a time, if there are descriptors\nenough");
  add_count(app, "--max-connections-per-address", common.max_connections_per_address,
            "Of them from one address; loopback has no such limit");
  add_count_or_none(app, "--min-transfer-rate", common.min_transfer_rate,
                    "With half of the connections taken: how fast a message has\nto come or be "
                    "fetched, in octets a second; 0: any",
                    "OCTETS");
  add_timeout(app, "--idle-timeout", common.idle_timeout_s,
              "How long a client may take for a command, or be silent, in\nseconds");
}

void add_limits_of_sessions(CLI::App& app, Common& common, const std::string& since) {
  add_timeout(app, "--handshake-timeout", common.handshake_timeout_s,
              "How long a TLS handshake may take, in seconds");
  add_count(app, "--max-errors", common.max_errors, "The most errors in a session" + since);
  add_count_or_none(app, "--max-commands", common.max_commands,
                    "The most commands in a session" + since + ";\n0: any");
  add_number(app, "--io-threads", common.io_threads, "The threads that serve connections", "N")
      ->check(CLI::Range(1U, kMostIoThreads).description(""));
}

}  // namespace

void add_limits(CLI::App& app, Smtp& smtp) {
  add_count(app, "--max-message-size", smtp.max_message_octets, "The largest message taken",
            "OCTETS");
  add_count(app, "--max-recipients", smtp.max_recipients, "The most recipients of a message");
  add_count_or_none(app, "--quota", smtp.quota_octets,
                    "The most that a mailbox may hold: beyond, RCPT is refused;\n0: anything",
                    "OCTETS");
  add_count(app, "--max-message-memory", smtp.max_message_memory,
            "The most memory for the messages that come in at a time", "OCTETS");
  add_count_or_none(app, "--min-free-disk", smtp.min_free_disk,
                    "Take no message that would leave less of the disk free;\n0: fill it",
                    "OCTETS");
  add_limits_of_connections(app, smtp);
  add_timeout(app, "--data-timeout", smtp.data_timeout_s,
              "How long a client may be silent within a message, in seconds");
  add_limits_of_sessions(app, smtp, " since its last message");
}

void add_limits(CLI::App& app, Pop3& pop3) {
  add_limits_of_connections(app, pop3);
  add_timeout(app, "--login-timeout", pop3.login_timeout_s,
              "How long a client may take to log in, in seconds");
  add_limits_of_sessions(app, pop3, "");
}

}  // namespace options
