#include "common/net/service_manager.h"

#ifdef MYMAIL_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

namespace net {

#ifdef MYMAIL_SYSTEMD

std::vector<int> passed_sockets() {
  std::vector<int> sockets;
  const int count = ::sd_listen_fds(1);  // negative: an error, of which there are none to speak of
  if (count > 0) sockets.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) sockets.push_back(SD_LISTEN_FDS_START + i);
  return sockets;
}

// Who does not listen to it does without.
void say_ready() { (void)::sd_notify(0, "READY=1"); }

#else

std::vector<int> passed_sockets() { return {}; }
void say_ready() {}

#endif

}  // namespace net
