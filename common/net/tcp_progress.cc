#include "common/net/tcp_progress.h"

// The kernel's own header: the C library's tcp_info ends before the octets. The two exclude each
// other.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace net {

uint64_t octets_moved(int socket) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
  return info.tcpi_bytes_acked + info.tcpi_bytes_received;
}

}  // namespace net
