#include "common/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <climits>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "common/version.h"

namespace options {
namespace {

constexpr unsigned kLongestTimeoutSeconds = 24 * 60 * 60;

constexpr std::string_view kFiles =
    "users.txt has a line for each user: name@domain, a blank, the password. The store is a "
    "folder\n"
    "with a folder for each user. Both are read afresh while the server runs.";

constexpr std::string_view kSmtpAbout =
    "mysmtpd: takes mail by SMTP (RFC 5321) for the users of users.txt, and for nobody else.\n"
    "It never sends anything anywhere. mypopd serves what it stores.";

constexpr std::string_view kSmtpExample =
    "Example: mysmtpd 2525          then, elsewhere: swaks --server 127.0.0.1:2525 "
    "--to john.doe@example.com";

constexpr std::string_view kPop3About =
    "mypopd: serves the mail that mysmtpd stored to its users, by POP3 (RFC 1939).";

constexpr std::string_view kPop3Example =
    "Example: mypopd 1110           then, elsewhere: curl -u john.doe@example.com:password123 "
    "pop3://127.0.0.1:1110/";

constexpr std::string_view kStatus =
    "Exit status: 0 after SIGTERM or SIGINT, 78 when it cannot start, else a wrong command line.";

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

void describe(CLI::App& app, std::string_view about, std::string_view example) {
  app.description(std::string(about));
  app.footer(std::string(kFiles) + "\n\n" + std::string(example) + "\n" + std::string(kStatus));
  app.set_version_flag("--version", std::string(kVersion), "Say which version this is");
  app.set_help_flag("-h,--help", "Say this");
  app.get_formatter()->column_width(34);
}

void add_common(CLI::App& app, Common& common) {
  app.add_option("PORT", common.port, "The TCP port to listen on; 0: any free one")
      ->required()
      ->type_name("")
      ->check(CLI::Range(0, 65535).description(""));
  app.add_option("--users", common.users_file, "The users and their passwords")
      ->capture_default_str()
      ->type_name("FILE");
  app.add_option("--store", common.store_directory, "The mail; made when missing")
      ->capture_default_str()
      ->type_name("DIR");
  app.add_option("--listen", common.addresses,
                 "The IP address to listen on; may be given again. By default\n127.0.0.1 and ::1: "
                 "passwords and mail travel in the clear")
      ->allow_extra_args(false)
      ->type_name("ADDRESS");
  app.add_option("--hostname", common.host_name, "What the server calls itself in its replies")
      ->capture_default_str()
      ->check(fault_in_host_name)
      ->type_name("NAME");
  app.add_option("--idle-timeout", common.idle_timeout_s,
                 "How long a client may be silent, in seconds")
      ->capture_default_str()
      ->check(CLI::Range(1U, kLongestTimeoutSeconds).description(""))
      ->type_name("SECONDS");
  const std::set<std::string> levels = {"debug", "info", "warning", "error"};
  app.add_option("--log-level", common.log_level,
                 "What is worth a line on standard error: debug, info,\nwarning or error")
      ->capture_default_str()
      ->check(CLI::IsMember(levels).description(""))
      ->type_name("LEVEL");
}

// The status to end with, or nothing: the command line is good. CLI11 reports by exception; here it
// ends.
std::optional<int> parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
}

}  // namespace

std::expected<Smtp, int> parse_smtp(int argc, char** argv, Smtp defaults) {
  Smtp smtp = std::move(defaults);
  smtp.host_name = own_host_name();
  CLI::App app({}, "mysmtpd");
  describe(app, kSmtpAbout, kSmtpExample);
  add_common(app, smtp);
  app.add_option("--max-message-size", smtp.max_message_octets, "The largest message taken")
      ->capture_default_str()
      ->check(CLI::Validator(CLI::PositiveNumber).description(""))
      ->type_name("OCTETS");
  app.add_option("--max-recipients", smtp.max_recipients, "The most recipients of a message")
      ->capture_default_str()
      ->check(CLI::Validator(CLI::PositiveNumber).description(""))
      ->type_name("N");
  app.add_option("--postmaster", smtp.postmaster,
                 "The user who gets the postmaster's mail; by default the first one")
      ->type_name("NAME");
  const std::map<std::string, bool> bare_newlines = {{"keep", false}, {"refuse", true}};
  app.add_option("--bare-newlines", smtp.refuse_bare_newlines,
                 "What becomes of a message whose lines end in CRLF and that\nhas a CR or LF alone "
                 "in it: keep (the default) or refuse")
      ->transform(CLI::CheckedTransformer(bare_newlines).description(""))
      ->type_name("WHAT");
  if (const auto status = parse(app, argc, argv)) return std::unexpected(*status);
  return smtp;
}

std::expected<Pop3, int> parse_pop3(int argc, char** argv, Pop3 defaults) {
  Pop3 pop3 = std::move(defaults);
  pop3.host_name = own_host_name();
  CLI::App app({}, "mypopd");
  describe(app, kPop3About, kPop3Example);
  add_common(app, pop3);
  if (const auto status = parse(app, argc, argv)) return std::unexpected(*status);
  return pop3;
}

}  // namespace options
