#include "common/sandbox/self_test_site.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace sandbox {
namespace {

// A socket of this kind on a free port of 127.0.0.1, and the port; -1: there is none.
int open_on_loopback(int type, int& port) {
  const int socket = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (socket < 0 || ::bind(socket, any, size) != 0) return -1;
  if (type == SOCK_STREAM && ::listen(socket, SOMAXCONN) != 0) return -1;
  if (::getsockname(socket, any, &size) != 0) return -1;
  port = ntohs(address.sin_port);
  return socket;
}

int open_unix(const std::string& path) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket < 0 || path.size() >= sizeof(address.sun_path)) return -1;
  path.copy(&address.sun_path[0], path.size());
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) return -1;
  return ::listen(socket, SOMAXCONN) == 0 ? socket : -1;
}

}  // namespace

std::expected<std::unique_ptr<SelfTestSite>, std::string> SelfTestSite::make(
    const std::optional<Account>& account) {
  const auto refuse = [] {
    return std::unexpected("no place to test in: " + std::system_category().message(errno));
  };
  std::error_code error;
  std::string folder = std::filesystem::temp_directory_path(error).string() + "/mymail-XXXXXX";
  if (error || ::mkdtemp(folder.data()) == nullptr) return refuse();
  std::unique_ptr<SelfTestSite> site(new SelfTestSite(std::move(folder)));
  for (const char* name : {"/store", "/etc", "/outside"}) {
    if (!std::filesystem::create_directory(site->folder_ + name, error)) return refuse();
  }
  for (const char* name : {"", "/store", "/etc", "/outside"}) {
    const std::string path = site->folder_ + name;
    if (account && ::chown(path.c_str(), account->user, account->group) != 0) return refuse();
  }
  if (!site->open_sockets() || !site->refresh()) return refuse();
  return site;
}

SelfTestSite::~SelfTestSite() {
  std::error_code left_behind;
  std::filesystem::remove_all(folder_, left_behind);
}

bool SelfTestSite::open_sockets() {
  int own_port = 0;
  targets_.unix_address = folder_ + "/outside/socket";
  for (auto& listener : targets_.tcp) listener = open_on_loopback(SOCK_STREAM, own_port);
  targets_.fresh_tcp = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  targets_.udp = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  targets_.program = ::open("/bin/true", O_RDONLY);
  targets_.other_process = ::getpid();
  return std::ranges::min(targets_.tcp) >= 0 && targets_.udp >= 0 && targets_.fresh_tcp >= 0 &&
         targets_.program >= 0 && open_unix(targets_.unix_address) >= 0 &&
         open_on_loopback(SOCK_STREAM, targets_.tcp_port) >= 0 &&
         open_on_loopback(SOCK_DGRAM, targets_.udp_port) >= 0;
}

bool SelfTestSite::refresh() {
  targets_.outside_file = folder_ + "/outside/file";
  targets_.new_file = folder_ + "/outside/new";
  targets_.readable_file = folder_ + "/etc/users.txt";
  targets_.store_file = folder_ + "/store/0.mail";
  for (const auto& file : {targets_.outside_file, targets_.readable_file, targets_.store_file}) {
    if (!std::ofstream(file) || ::chmod(file.c_str(), 0666) != 0) return false;
  }
  return ::unlink(targets_.new_file.c_str()) == 0 || errno == ENOENT;
}

}  // namespace sandbox
