#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "common/sandbox/attempts.h"
#include "common/sandbox/raw_call.h"

namespace sandbox {
namespace {

sockaddr_in on_loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int connect_to(int socket, const sockaddr_in& address) {
  return raw_call(SYS_connect, socket, &address, sizeof(address));
}

int new_socket(int family, int type, int protocol) {
  return static_cast<int>(::syscall(SYS_socket, family, type, protocol));
}

int connect_by_tcp(const Targets& targets) {
  const int socket = new_socket(AF_INET, SOCK_STREAM, 0);
  return socket < 0 ? errno : connect_to(socket, on_loopback(targets.tcp_port));
}

int connect_by_unix_socket(const Targets& targets) {
  const int socket = new_socket(AF_UNIX, SOCK_STREAM, 0);
  if (socket < 0) return errno;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  targets.unix_address.copy(&address.sun_path[0], sizeof(address.sun_path) - 1);
  return raw_call(SYS_connect, socket, &address, sizeof(address));
}

// A listening socket can be shut, and is then an ordinary one that may connect.
int shut(int listener) { return ::shutdown(listener, SHUT_RDWR) != 0 ? errno : 0; }

int connect_a_shut_listener(const Targets& targets) {
  const int error = shut(targets.tcp[0]);
  return error != 0 ? error : connect_to(targets.tcp[0], on_loopback(targets.tcp_port));
}

int fast_open_a_shut_listener(const Targets& targets) {
  if (const int error = shut(targets.tcp[1]); error != 0) return error;
  const auto address = on_loopback(targets.tcp_port);
  return raw_call(SYS_sendto, targets.tcp[1], "x", 1, MSG_FASTOPEN, &address, sizeof(address));
}

// A message for the UDP port, for the calls that take one.
class Datagram {
 public:
  explicit Datagram(const Targets& targets) : address_(on_loopback(targets.udp_port)) {
    header_.msg_hdr.msg_name = &address_;
    header_.msg_hdr.msg_namelen = sizeof(address_);
    header_.msg_hdr.msg_iov = &text_;
    header_.msg_hdr.msg_iovlen = 1;
  }
  Datagram(const Datagram&) = delete;
  Datagram& operator=(const Datagram&) = delete;
  ~Datagram() = default;
  mmsghdr& header() { return header_; }

 private:
  sockaddr_in address_;
  char letter_ = 'x';
  iovec text_{.iov_base = &letter_, .iov_len = 1};
  mmsghdr header_{};
};

int fast_open_by_sendmsg(const Targets& targets) {
  if (const int error = shut(targets.tcp[2]); error != 0) return error;
  auto address = on_loopback(targets.tcp_port);
  Datagram datagram(targets);
  datagram.header().msg_hdr.msg_name = &address;
  return raw_call(SYS_sendmsg, targets.tcp[2], &datagram.header().msg_hdr, MSG_FASTOPEN);
}

int send_by_udp(const Targets& targets) {
  const int socket = new_socket(AF_INET, SOCK_DGRAM, 0);
  if (socket < 0) return errno;
  const auto address = on_loopback(targets.udp_port);
  return raw_call(SYS_sendto, socket, "x", 1, 0, &address, sizeof(address));
}

int send_by_an_open_udp_socket(const Targets& targets) {
  const auto address = on_loopback(targets.udp_port);
  return raw_call(SYS_sendto, targets.udp, "x", 1, 0, &address, sizeof(address));
}

int sendmsg_by_an_open_udp_socket(const Targets& targets) {
  Datagram datagram(targets);
  return raw_call(SYS_sendmsg, targets.udp, &datagram.header().msg_hdr, 0);
}

int sendmmsg_by_an_open_udp_socket(const Targets& targets) {
  Datagram datagram(targets);
  return raw_call(SYS_sendmmsg, targets.udp, &datagram.header(), 1, 0);
}

int open_socket_pair(const Targets&) {
  std::array<int, 2> sockets{};
  return raw_call(SYS_socketpair, AF_UNIX, SOCK_DGRAM, 0, sockets.data());
}

int open_raw_socket(const Targets&) {
  return new_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) < 0 ? errno : 0;
}

int open_packet_socket(const Targets&) {
  constexpr int kPacket = 17;  // AF_PACKET
  return new_socket(kPacket, SOCK_RAW, 0) < 0 ? errno : 0;
}

int open_netlink_socket(const Targets&) {
  constexpr int kNetlink = 16;  // AF_NETLINK
  return new_socket(kNetlink, SOCK_RAW, 0) < 0 ? errno : 0;
}

int set_up_io_uring(const Targets&) {
  std::array<char, 256> parameters{};
  return raw_call(SYS_io_uring_setup, 1, parameters.data());
}

int listen_elsewhere(const Targets& targets) {
  const auto address = on_loopback(0);
  return raw_call(SYS_bind, targets.fresh_tcp, &address, sizeof(address));
}

constexpr std::array kAttempts = std::to_array<Attempt>({
    {"connect by TCP", connect_by_tcp},
    {"connect by a unix socket", connect_by_unix_socket},
    {"connect a listening socket that was shut", connect_a_shut_listener},
    {"TCP fast open of one by sendto", fast_open_a_shut_listener},
    {"TCP fast open of one by sendmsg", fast_open_by_sendmsg},
    {"send by UDP", send_by_udp},
    {"sendto by a UDP socket that is open", send_by_an_open_udp_socket},
    {"sendmsg by a UDP socket that is open", sendmsg_by_an_open_udp_socket},
    {"sendmmsg by a UDP socket that is open", sendmmsg_by_an_open_udp_socket},
    {"open a pair of sockets", open_socket_pair},
    {"open a raw socket", open_raw_socket},
    {"open a packet socket", open_packet_socket},
    {"open a netlink socket", open_netlink_socket},
    {"listen on another port", listen_elsewhere},
    {"set up an io_uring", set_up_io_uring},
});

}  // namespace

std::span<const Attempt> network_attempts() { return kAttempts; }

}  // namespace sandbox
