// What the mains of both servers do alike, between the command line and the end: the log, the
// files, the service manager, SIGHUP. A server that cannot start says why in one line on standard
// error and ends with status 78.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/confinement.h"
#include "common/log.h"
#include "common/net/server.h"
#include "common/net/service_manager.h"
#include "common/net/tls_context.h"
#include "common/options.h"
#include "common/protocol/channel.h"
#include "common/store/file_store.h"
#include "common/users/user_file.h"

namespace service {

// What the files that the command line names become. All of it outlives the server.
struct Files {
  std::unique_ptr<users::UserFile> users;
  std::unique_ptr<store::FileStore> store;
  std::unique_ptr<net::TlsContext> tls;  // null: no TLS
};

logging::LogSettings log_settings(const options::Common& options);

// Opens them, and starts the store's threads. The error says what to do.
std::expected<Files, std::string> open_files(const options::Common& options);

// When a client may log in.
protocol::LoginPolicy login_policy(const options::Common& options);

// The ports that the command line asks for, open; as if they had been passed, like those that were
// (`passed`, by the service manager). The error says what to do.
std::expected<std::vector<net::PassedSocket>, std::string> open_ports(
    const options::Common& options, std::vector<net::PassedSocket> passed);

// What the server needs to know of the command line, and what it does when signalled. `files`
// outlives the server.
net::ServerSettings server_settings(const options::Common& options,
                                    std::vector<net::PassedSocket> sockets, const Files& files);

// Serves to the end. The error: it cannot listen, or not be confined.
std::expected<void, std::string> run(net::Server& server, const options::Common& options,
                                     const Confinement& confinement);

// Does --self-test-sandbox. Returns the status to end with.
int self_test_sandbox(std::string_view program, const options::Common& options);

}  // namespace service
