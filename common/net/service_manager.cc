#include "common/net/service_manager.h"

#include <cstdlib>

#ifdef MYMAIL_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

namespace net {

#ifdef MYMAIL_SYSTEMD

std::vector<PassedSocket> passed_sockets() {
  std::vector<PassedSocket> sockets;
  char** names = nullptr;
  // Negative: an error, of which there are none to speak of. No names were given: all are unknown.
  const int count = ::sd_listen_fds_with_names(1, &names);
  if (count > 0) sockets.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) sockets.push_back({SD_LISTEN_FDS_START + i, names[i]});
  for (char** name = names; name != nullptr && *name != nullptr; ++name) std::free(*name);
  std::free(static_cast<void*>(names));
  return sockets;
}

// Who does not listen to it does without.
void say_ready() { (void)::sd_notify(0, "READY=1"); }

#else

std::vector<PassedSocket> passed_sockets() { return {}; }
void say_ready() {}

#endif

}  // namespace net
