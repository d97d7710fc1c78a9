// mypopd: parses its options, puts the parts together, runs.
#include <chrono>
#include <cstdlib>
#include <expected>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "common/confinement.h"
#include "common/log.h"
#include "common/net/process.h"
#include "common/net/server.h"
#include "common/net/service_manager.h"
#include "common/options.h"
#include "common/sandbox/on_by_default.h"
#include "common/service.h"
#include "common/store/expiry_sweep.h"
#include "common/version.h"
#include "pop3d/driver.h"
#include "pop3d/session.h"

namespace {

constexpr std::string_view kProgram = "mypopd";

options::Pop3 defaults() {
  const pop3::Limits limits;
  const net::ServerSettings server;
  options::Pop3 pop3;
  pop3.max_connections = server.max_connections;
  pop3.max_connections_per_address = server.max_connections_per_address;
  pop3.idle_timeout_s = limits.timeout_s;
  pop3.login_timeout_s = limits.login_timeout_s;
  pop3.handshake_timeout_s = static_cast<unsigned>(server.patience.handshake.count());
  pop3.min_transfer_rate = limits.octets_a_second;
  pop3.max_errors = limits.errors;
  pop3.max_commands = limits.commands;
  pop3.no_sandbox = !sandbox::is_on_by_default();
  return pop3;
}

pop3::Settings session_settings(const options::Pop3& options) {
  pop3::Settings settings;
  settings.host_name = options.host_name;
  settings.version = kVersion;
  settings.logins = service::login_policy(options);
  settings.hide_users = options.hide_users;
  settings.expiry_days = options.message_expiry_days;
  settings.limits.errors = options.max_errors;
  settings.limits.commands = options.max_commands;
  return settings;
}

std::vector<store::Mailbox> mailboxes(users::UserSource& users) {
  std::vector<store::Mailbox> names;
  const auto current = users.current();
  for (const auto& user : current->all()) names.push_back(user.name);
  return names;
}

// Null: messages stay.
std::unique_ptr<store::ExpirySweep> expire_messages(const service::Files& files, unsigned days) {
  if (days == 0) return nullptr;
  files.store->expire_after(std::chrono::days(days), [](std::string_view user, size_t messages) {
    logging::info("messages-expired", {{"user", user}, {"messages", messages}});
  });
  return std::make_unique<store::ExpirySweep>(*files.store,
                                              [&users = *files.users] { return mailboxes(users); });
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<net::PassedSocket> sockets = net::passed_sockets();
  const auto options = options::parse_pop3(argc, argv, defaults(), sockets.empty());
  if (!options) return options.error();
  if (options->self_test_sandbox) return service::self_test_sandbox(kProgram, *options);
  net::prepare_process();
  auto ports = service::open_ports(*options, std::move(sockets));
  if (!ports) return net::bad_start(kProgram, ports.error());
  const auto confinement = service::Confinement::begin(*options);
  if (!confinement) return net::bad_start(kProgram, confinement.error());
  const logging::Log log(service::log_settings(*options));

  const auto files = service::open_files(*options);
  if (!files) return net::bad_start(kProgram, files.error());

  const auto sweep = expire_messages(*files, options->message_expiry_days);
  const pop3::Settings settings = session_settings(*options);
  net::Logins logins(*files->users, options->throttle_loopback);
  const pop3::World world{settings, *files->users, *files->store, logins, files->tls.get()};
  auto server_settings = service::server_settings(*options, *std::move(ports), *files);
  server_settings.refusal = pop3::refusal();
  server_settings.patience.login = std::chrono::seconds(options->login_timeout_s);
  net::Server server(std::move(server_settings), [&world](net::Connection& connection) {
    return pop3::serve(connection, world);
  });
  if (const auto served = service::run(server, *options, *confinement); !served) {
    return net::bad_start(kProgram, served.error());
  }
  return EXIT_SUCCESS;
}
