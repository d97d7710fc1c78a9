// mysmtpd: parses its options, puts the parts together, runs.
#include <chrono>
#include <cstdlib>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/confinement.h"
#include "common/log.h"
#include "common/net/process.h"
#include "common/net/server.h"
#include "common/net/service_manager.h"
#include "common/options.h"
#include "common/password_prompt.h"
#include "common/sandbox/on_by_default.h"
#include "common/service.h"
#include "common/store/mailbox_quota.h"
#include "smtpd/driver.h"
#include "smtpd/message_room.h"
#include "smtpd/session.h"

namespace {

constexpr std::string_view kProgram = "mysmtpd";

options::Smtp defaults() {
  const smtp::Limits limits;
  const net::ServerSettings server;
  options::Smtp smtp;
  smtp.max_connections = server.max_connections;
  smtp.max_connections_per_address = server.max_connections_per_address;
  smtp.idle_timeout_s = limits.timeout_s;
  smtp.data_timeout_s = limits.data_timeout_s;
  smtp.handshake_timeout_s = static_cast<unsigned>(server.patience.handshake.count());
  smtp.min_transfer_rate = limits.octets_a_second;
  smtp.max_errors = limits.errors;
  smtp.max_commands = limits.commands;
  smtp.max_message_memory = limits.memory_octets;
  smtp.max_message_octets = limits.message_octets;
  smtp.max_recipients = limits.recipients;
  smtp.no_sandbox = !sandbox::is_on_by_default();
  return smtp;
}

smtp::Settings session_settings(const options::Smtp& options) {
  smtp::Settings settings;
  settings.host_name = options.host_name;
  settings.postmaster = options.postmaster;
  settings.bare_newlines =
      options.bare_newlines == "refuse" ? smtp::BareNewlines::kRefuse : smtp::BareNewlines::kKeep;
  settings.logins = service::login_policy(options);
  settings.require_login = options.require_login;
  settings.any_sender = options.any_sender;
  settings.hide_users = options.hide_users;
  settings.has_quota = options.quota_octets > 0;
  settings.limits.errors = options.max_errors;
  settings.limits.commands = options.max_commands;
  settings.limits.message_octets = options.max_message_octets;
  settings.limits.recipients = options.max_recipients;
  return settings;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<net::PassedSocket> sockets = net::passed_sockets();
  const auto options = options::parse_smtp(argc, argv, defaults(), sockets.empty());
  if (!options) return options.error();
  if (options->hash_password) {
    return service::hash_password(kProgram, options->hash_scheme == "crypt"
                                                ? users::HashScheme::kCrypt
                                                : users::HashScheme::kScramSha256);
  }
  if (options->self_test_sandbox) return service::self_test_sandbox(kProgram, *options);
  if (options->max_message_memory < smtp::MessageRoom::kOctetsAMessage) {
    return net::bad_start(kProgram, "--max-message-memory " +
                                        std::to_string(options->max_message_memory) +
                                        ": one message may take " +
                                        std::to_string(smtp::MessageRoom::kOctetsAMessage) +
                                        " octets (name as much, or more)");
  }
  net::prepare_process();
  auto ports = service::open_ports(*options, std::move(sockets));
  if (!ports) return net::bad_start(kProgram, ports.error());
  const auto confinement = service::Confinement::begin(*options);
  if (!confinement) return net::bad_start(kProgram, confinement.error());
  const logging::Log log(service::log_settings(*options));

  const auto files = service::open_files(*options);
  if (!files) return net::bad_start(kProgram, files.error());
  if (!options->postmaster.empty() &&
      files->users->current()->find(options->postmaster) == nullptr) {
    return net::bad_start(kProgram, "--postmaster " + options->postmaster + ": no such user in " +
                                        options->users_file + " (add a line, or name another)");
  }
  const smtp::Settings settings = session_settings(*options);
  net::Logins logins(*files->users, options->throttle_loopback);
  store::MailboxQuota quota(*files->store, options->quota_octets);
  smtp::MessageRoom room(options->max_message_memory, options->min_free_disk);
  const smtp::World world{settings, *files->users,    *files->store,          logins,
                          room,     files->tls.get(), options->trace_headers, &quota};
  auto server_settings = service::server_settings(*options, *std::move(ports), *files);
  server_settings.refusal = smtp::refusal(settings);
  server_settings.patience.data = std::chrono::seconds(options->data_timeout_s);
  net::Server server(std::move(server_settings), [&world](net::Connection& connection) {
    return smtp::serve(connection, world);
  });
  if (const auto served = service::run(server, *options, *confinement); !served) {
    return net::bad_start(kProgram, served.error());
  }
  return EXIT_SUCCESS;
}
