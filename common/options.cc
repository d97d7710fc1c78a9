#include "common/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <climits>
#include <set>
#include <utility>

#include "common/command_line.h"
#include "common/limit_options.h"

namespace options {
namespace {

constexpr unsigned kLongestExpiryDays = 36'500;

constexpr command_line::Program kMysmtpd{
    .name = "mysmtpd",
    .about =
        "mysmtpd takes mail by SMTP (RFC 5321) for the users of users.txt, and for nobody else.\n"
        "It never sends anything anywhere. mypopd serves what it stores.",
    .example =
        "Example: mysmtpd 2525          then, elsewhere:\n"
        "  swaks --server 127.0.0.1:2525 --to john.doe@example.com",
};

constexpr command_line::Program kMypopd{
    .name = "mypopd",
    .about = "mypopd serves the mail that mysmtpd stored to its users, by POP3 (RFC 1939).",
    .example =
        "Example: mypopd 1110           then, elsewhere:\n"
        "  curl -u john.doe@example.com:password123 pop3://127.0.0.1:1110/",
};

// What the machine calls itself; nothing is looked up.
std::string own_host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name.front() == '\0') return "localhost";
  return name.data();
}

// The name goes out in replies, so it is one word.
std::string fault_in_host_name(const std::string& name) {
  constexpr size_t kMaxOctets = 255;  // RFC 5321 §4.5.3.1.2
  for (const char c : name) {
    if (c <= ' ' || c > '~') return "a host name has no blanks, only visible ASCII characters";
  }
  if (name.empty() || name.size() > kMaxOctets) return "a host name has 1 to 255 characters";
  return {};
}

void add_listening(CLI::App& app, Common& common) {
  constexpr const char* kGroup = "Listening";
  app.add_option("PORT,--port", common.port,
                 "The TCP port to listen on, with or without --port before it;\n0: any free one. "
                 "Not needed when systemd passes sockets")
      ->type_name("PORT")
      ->check(CLI::Range(0, 65535).description(""))
      ->group(kGroup);
  app.add_option("--listen", common.addresses,
                 "The IP address to listen on; may be given again. By default\n127.0.0.1 and ::1: "
                 "without TLS mail and passwords travel in\nthe clear")
      ->allow_extra_args(false)
      ->type_name("ADDRESS")
      ->group(kGroup);
  app.add_option("--hostname", common.host_name, "What the server calls itself in its replies")
      ->capture_default_str()
      ->check(fault_in_host_name)
      ->type_name("NAME")
      ->group(kGroup);
}

void add_logins(CLI::App& app, Common& common) {
  constexpr const char* kGroup = "TLS and logins";
  app.add_option("--tls-cert", common.tls_certificate,
                 "The server's certificate and its chain, PEM: turns TLS on")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--tls-key", common.tls_key, "Its key, PEM, without a passphrase")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--tls-port", common.tls_port,
                 "One more port, where connections begin with TLS; 0: any\nfree one")
      ->type_name("PORT")
      ->check(CLI::Range(0, 65535).description(""))
      ->group(kGroup);
  app.add_flag("--allow-plaintext-logins", common.plaintext_logins,
               "With TLS on, take passwords in the clear from other\nmachines all the same")
      ->group(kGroup);
  app.add_flag("--hide-users", common.hide_users, "Do not tell who is a user and who is not")
      ->group(kGroup);
  app.add_flag("--throttle-loopback", common.throttle_loopback,
               "Let clients on this machine wait, too, after many wrong\npasswords")
      ->group(kGroup);
}

void add_files(CLI::App& app, Common& common) {
  constexpr const char* kGroup = "Files";
  app.add_option("--users", common.users_file, "The users and their passwords")
      ->capture_default_str()
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--store", common.store_directory, "The mail; made when missing")
      ->capture_default_str()
      ->type_name("DIR")
      ->group(kGroup);
}

void add_choice(CLI::App& app, const std::string& name, std::string& value,
                const std::set<std::string>& choices, const std::string& what,
                const std::string& group) {
  app.add_option(name, value, what)
      ->capture_default_str()
      ->check(CLI::IsMember(choices).description(""))
      ->type_name("WORD")
      ->group(group);
}

void add_log(CLI::App& app, Common& common) {
  constexpr const char* kGroup = "Log";
  add_choice(app, "--log-level", common.log_level, {"debug", "info", "warning", "error"},
             "What is worth a line on standard error: debug, info,\nwarning or error", kGroup);
  add_choice(app, "--log-format", common.log_format, {"text", "json"},
             "The form of a line: text or json", kGroup);
}

void add_sandbox(CLI::App& app, Common& common) {
  constexpr const char* kGroup = "Sandbox";
  app.add_option("--user", common.user,
                 "Started as root: take this user's rights once the ports are\nopen")
      ->type_name("NAME")
      ->group(kGroup);
  auto* const off =
      app.add_flag("--no-sandbox", common.no_sandbox, "Do not have the kernel confine this process")
          ->group(kGroup);
  if (common.no_sandbox) off->default_str("true");
  app.add_flag("--self-test-sandbox", common.self_test_sandbox,
               "Only try every way out of the sandbox, and say what came of it")
      ->configurable(false)
      ->group(kGroup);
}

void add_mail(CLI::App& app, Smtp& smtp) {
  constexpr const char* kGroup = "Mail";
  app.add_option("--postmaster", smtp.postmaster,
                 "The user who gets the postmaster's mail; by default the first one")
      ->type_name("NAME")
      ->group(kGroup);
  add_choice(app, "--bare-newlines", smtp.bare_newlines, {"keep", "refuse"},
             "What becomes of a message whose lines end in CRLF and that\nhas a CR or LF alone in "
             "it: keep or refuse",
             kGroup);
  app.add_flag("--trace-headers", smtp.trace_headers,
               "Put Return-Path: and Received: in front of each message\n(RFC 5321 section 4.4)")
      ->group(kGroup);
}

void add_sender_logins(CLI::App& app, Smtp& smtp) {
  constexpr const char* kGroup = "TLS and logins";
  app.add_flag("--require-login", smtp.require_login,
               "Take mail only from users who have logged in, and only from\ntheir own address")
      ->group(kGroup);
  app.add_flag("--any-sender", smtp.any_sender, "… or, with --require-login, from any address")
      ->group(kGroup);
  app.add_flag("--hash-password", smtp.hash_password,
               "Only read a password and print what users.txt takes for it")
      ->configurable(false)
      ->group(kGroup);
  app.add_option("--scheme", smtp.hash_scheme,
                 "How --hash-password hashes it: crypt or scram-sha-256")
      ->capture_default_str()
      ->check(CLI::IsMember({"crypt", "scram-sha-256"}).description(""))
      ->configurable(false)
      ->type_name("WORD")
      ->group(kGroup);
}

}  // namespace

std::expected<Smtp, int> parse_smtp(int argc, const char* const* argv, Smtp defaults,
                                    bool port_needed) {
  Smtp smtp = std::move(defaults);
  smtp.host_name = own_host_name();
  const auto add_options = [&smtp](CLI::App& app) {
    add_listening(app, smtp);
    add_logins(app, smtp);
    add_sender_logins(app, smtp);
    add_files(app, smtp);
    add_mail(app, smtp);
    add_limits(app, smtp);
    add_sandbox(app, smtp);
    add_log(app, smtp);
  };
  const auto status = command_line::parse(kMysmtpd, add_options, argc, argv, port_needed);
  if (status) return std::unexpected(*status);
  return smtp;
}

std::expected<Pop3, int> parse_pop3(int argc, const char* const* argv, Pop3 defaults,
                                    bool port_needed) {
  Pop3 pop3 = std::move(defaults);
  pop3.host_name = own_host_name();
  const auto add_options = [&pop3](CLI::App& app) {
    add_listening(app, pop3);
    add_logins(app, pop3);
    add_files(app, pop3);
    app.add_option("--message-expiry", pop3.message_expiry_days,
                   "Remove messages that were delivered so many days ago; 0: none")
        ->capture_default_str()
        ->check(CLI::Range(0U, kLongestExpiryDays).description(""))
        ->type_name("DAYS")
        ->group("Mail");
    add_limits(app, pop3);
    add_sandbox(app, pop3);
    add_log(app, pop3);
  };
  const auto status = command_line::parse(kMypopd, add_options, argc, argv, port_needed);
  if (status) return std::unexpected(*status);
  return pop3;
}

}  // namespace options
