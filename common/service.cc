#include "common/service.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "common/net/endpoint_text.h"
#include "common/net/listening_sockets.h"
#include "common/net/process.h"
#include "common/net/service_manager.h"
#include "common/sandbox/privileges.h"
#include "common/sandbox/self_test.h"
#include "common/version.h"

namespace service {
namespace {

constexpr std::string_view kStoreAdvice =
    " (--store names a folder that this process may write to, or one that it can make)";

// What a socket is called whose connections begin with TLS.
constexpr std::string_view kTlsName = "tls";

constexpr std::string_view kPassItToo =
    " (the other sockets were passed: have this one passed too, named tls)";

void log_kept(std::string_view problem) { logging::error("users-kept", {{"reason", problem}}); }

void log_certificate_kept(std::string_view problem) {
  logging::error("certificate-kept", {{"reason", problem}});
}

void read_again(users::UserFile& users) {
  const auto count = users.reload();
  if (!count) return log_kept(count.error() + " (the users stay as they were)");
  logging::info("users-read", {{"users", *count}});
}

void read_again(net::TlsContext& tls) {
  const auto read = tls.reload();
  if (!read) return log_certificate_kept(read.error() + " (the certificate stays as it was)");
  logging::info("certificate-read");
}

// What the options about TLS lack of each other, or nothing.
std::string fault_in_tls(const options::Common& options) {
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    return "--tls-cert and --tls-key need each other (name both, or neither)";
  }
  if (options.tls_port && options.tls_certificate.empty()) {
    return "--tls-port needs a certificate (name it by --tls-cert and --tls-key)";
  }
  return {};
}

// Once, not for each address: it is one thing to know.
void warn_of_clear_text(const net::Server& server, const options::Common& options) {
  const auto policy = login_policy(options);
  if (policy.tls && !policy.plaintext_logins) return;
  const auto endpoints = server.endpoints();
  const auto open = std::ranges::find_if(
      endpoints, [](const auto& endpoint) { return !endpoint.address().is_loopback(); });
  if (open == endpoints.end()) return;
  logging::warning("clear-text", {{"address", net::to_text(*open)},
                                  {"reason",
                                   "passwords and mail travel unencrypted: listen only "
                                   "where you trust the network, or turn TLS on"}});
}

}  // namespace

logging::LogSettings log_settings(const options::Common& options) {
  return {.least = logging::level_named(options.log_level).value_or(logging::Level::kInfo),
          .form = options.log_format == "json" ? logging::Form::kJson : logging::Form::kText};
}

std::expected<Files, std::string> open_files(const options::Common& options) {
  auto users = users::UserFile::open(options.users_file, log_kept);
  if (!users) return std::unexpected(users.error());
  auto store = store::FileStore::open(
      options.store_directory, [](std::string_view what, std::string_view detail) {
        logging::warning("store", {{"what", what}, {"detail", detail}});
      });
  if (!store) return std::unexpected(store.error() + std::string(kStoreAdvice));
  Files files{*std::move(users), *std::move(store), nullptr};
  if (options.tls_certificate.empty()) return files;
  auto tls = net::TlsContext::open(options.tls_certificate, options.tls_key, log_certificate_kept);
  if (!tls) return std::unexpected(tls.error());
  files.tls = *std::move(tls);
  return files;
}

protocol::LoginPolicy login_policy(const options::Common& options) {
  return {.tls = !options.tls_certificate.empty(), .plaintext_logins = options.plaintext_logins};
}

std::expected<std::vector<net::PassedSocket>, std::string> open_ports(
    const options::Common& options, std::vector<net::PassedSocket> passed) {
  if (auto fault = fault_in_tls(options); !fault.empty()) return std::unexpected(std::move(fault));
  auto ports = std::move(passed);
  const bool were_passed = !ports.empty();
  const bool has_tls = std::ranges::find(ports, kTlsName, &net::PassedSocket::name) != ports.end();
  if (!were_passed) {
    const auto clear = net::bind_listening_sockets(options.addresses, options.port.value_or(0));
    if (!clear) return std::unexpected(clear.error());
    for (const int descriptor : *clear) ports.push_back({descriptor, ""});
  }
  if (options.tls_port && !has_tls) {
    const auto tls = net::bind_listening_sockets(options.addresses, *options.tls_port);
    if (!tls) return std::unexpected(tls.error() + (were_passed ? std::string(kPassItToo) : ""));
    for (const int descriptor : *tls) ports.push_back({descriptor, std::string(kTlsName)});
  }
  return ports;
}

net::ServerSettings server_settings(const options::Common& options,
                                    std::vector<net::PassedSocket> sockets, const Files& files) {
  net::ServerSettings server;
  server.sockets = std::move(sockets);
  server.io_threads = options.io_threads;
  server.max_connections = options.max_connections;
  server.max_connections_per_address = options.max_connections_per_address;
  server.patience.idle = std::chrono::seconds(options.idle_timeout_s);
  server.patience.handshake = std::chrono::seconds(options.handshake_timeout_s);
  server.patience.octets_a_second = options.min_transfer_rate;
  server.tls = files.tls.get();
  server.tls_port = options.tls_port;
  server.on_hangup = [&files] {
    read_again(*files.users);
    if (files.tls) read_again(*files.tls);
  };
  return server;
}

std::expected<void, std::string> run(net::Server& server, const options::Common& options,
                                     const Confinement& confinement) {
  if (const auto listening = server.listen(); !listening) return listening;
  logging::info("started", {{"version", kVersion}});
  warn_of_clear_text(server, options);
  net::say_ready();
  if (auto confined = confinement.complete(); !confined) return confined;
  server.run();
  return {};
}

int self_test_sandbox(std::string_view program, const options::Common& options) {
  sandbox::SelfTest test{.program = program, .account = {}, .sandboxed = !options.no_sandbox};
  if (!options.user.empty()) {
    auto account = sandbox::find_account(options.user);
    if (!account)
      return net::bad_start(program, account.error() + " (--user names one of its own)");
    test.account = *std::move(account);
  }
  return sandbox::run_self_test(test);
}

}  // namespace service
