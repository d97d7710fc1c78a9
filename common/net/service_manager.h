// What a service manager that starts the server (systemd) tells it, and wants to be told:
// sd_listen_fds_with_names(3), sd_notify(3). That it ends it does not tell: a server that serves
// may open no socket any more, and keeps none open that leads out (docs/security.md). Built without
// libsystemd (MYMAIL_SYSTEMD), or started by anything else, all of it does nothing.
#pragma once

#include <string>
#include <vector>

namespace net {

struct PassedSocket {
  int descriptor;
  std::string name;  // FileDescriptorName= of systemd.socket(5); by default the socket unit's name
};

// The listening sockets that were passed to this process, as descriptors, now the caller's. Once,
// before other threads are started: it also takes them out of the environment.
std::vector<PassedSocket> passed_sockets();

// The server takes connections.
void say_ready();

}  // namespace net
