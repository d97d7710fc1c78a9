// mysmtpd: parses its options, puts the parts together, runs.
#include <cstdlib>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/log.h"
#include "common/net/process.h"
#include "common/net/server.h"
#include "common/options.h"
#include "common/store/file_store.h"
#include "common/users/user_file.h"
#include "smtpd/driver.h"
#include "smtpd/session.h"

namespace {

constexpr std::string_view kProgram = "mysmtpd";

options::Smtp defaults() {
  const smtp::Limits limits;
  options::Smtp smtp;
  smtp.idle_timeout_s = limits.timeout_s;
  smtp.max_message_octets = limits.message_octets;
  smtp.max_recipients = limits.recipients;
  return smtp;
}

smtp::Settings session_settings(const options::Smtp& options) {
  smtp::Settings settings;
  settings.host_name = options.host_name;
  settings.postmaster = options.postmaster;
  settings.bare_newlines =
      options.refuse_bare_newlines ? smtp::BareNewlines::kRefuse : smtp::BareNewlines::kKeep;
  settings.limits.timeout_s = options.idle_timeout_s;
  settings.limits.message_octets = options.max_message_octets;
  settings.limits.recipients = options.max_recipients;
  return settings;
}

net::ServerSettings server_settings(const options::Smtp& options, const smtp::Settings& settings) {
  net::ServerSettings server;
  server.addresses = options.addresses;
  server.port = options.port;
  server.refusal = smtp::refusal(settings);
  server.timeout_s = options.idle_timeout_s;
  return server;
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = options::parse_smtp(argc, argv, defaults());
  if (!options) return options.error();
  net::prepare_process();
  const auto level = logging::level_named(options->log_level);
  const logging::Log log({.least = level.value_or(logging::Level::kInfo)});

  const auto users = users::UserFile::open(options->users_file, [](std::string_view problem) {
    logging::error("users-kept", {{"reason", problem}});
  });
  if (!users) return net::bad_start(kProgram, users.error());
  if (!options->postmaster.empty() && (*users)->current()->find(options->postmaster) == nullptr) {
    return net::bad_start(kProgram, "--postmaster " + options->postmaster + ": no such user in " +
                                        options->users_file + " (add a line, or name another)");
  }
  const auto store = store::FileStore::open(
      options->store_directory, [](std::string_view what, std::string_view detail) {
        logging::warning("store", {{"what", what}, {"detail", detail}});
      });
  if (!store) return net::bad_start(kProgram, store.error());

  const smtp::Settings settings = session_settings(*options);
  const smtp::World world{settings, **users, **store};
  net::Server server(server_settings(*options, settings), [&world](net::Connection& connection) {
    return smtp::serve(connection, world);
  });
  if (const auto listening = server.listen(); !listening) {
    return net::bad_start(kProgram, listening.error());
  }
  server.run();
  return EXIT_SUCCESS;
}
