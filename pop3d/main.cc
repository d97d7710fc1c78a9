// mypopd: parses its options, puts the parts together, runs.
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
#include "common/version.h"
#include "pop3d/driver.h"
#include "pop3d/session.h"

namespace {

constexpr std::string_view kProgram = "mypopd";

options::Pop3 defaults() {
  options::Pop3 pop3;
  pop3.idle_timeout_s = pop3::Limits{}.timeout_s;
  return pop3;
}

pop3::Settings session_settings(const options::Pop3& options) {
  pop3::Settings settings;
  settings.host_name = options.host_name;
  settings.version = kVersion;
  settings.limits.timeout_s = options.idle_timeout_s;
  return settings;
}

net::ServerSettings server_settings(const options::Pop3& options) {
  net::ServerSettings server;
  server.addresses = options.addresses;
  server.port = options.port;
  server.refusal = pop3::refusal();
  server.timeout_s = options.idle_timeout_s;
  return server;
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = options::parse_pop3(argc, argv, defaults());
  if (!options) return options.error();
  net::prepare_process();
  const auto level = logging::level_named(options->log_level);
  const logging::Log log({.least = level.value_or(logging::Level::kInfo)});

  const auto users = users::UserFile::open(options->users_file, [](std::string_view problem) {
    logging::error("users-kept", {{"reason", problem}});
  });
  if (!users) return net::bad_start(kProgram, users.error());
  const auto store = store::FileStore::open(
      options->store_directory, [](std::string_view what, std::string_view detail) {
        logging::warning("store", {{"what", what}, {"detail", detail}});
      });
  if (!store) return net::bad_start(kProgram, store.error());

  const pop3::Settings settings = session_settings(*options);
  const pop3::World world{settings, **users, **store};
  net::Server server(server_settings(*options), [&world](net::Connection& connection) {
    return pop3::serve(connection, world);
  });
  if (const auto listening = server.listen(); !listening) {
    return net::bad_start(kProgram, listening.error());
  }
  server.run();
  return EXIT_SUCCESS;
}
