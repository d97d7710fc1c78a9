// Ways out of the sandbox, each as code that somebody who has hijacked the process could run: by
// raw system calls, since the servers themselves call none of these (and link no connect()).
// Nothing here is run but by the self-test, in processes that are made for it.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace sandbox {

// What the attempts aim at: all of it made by the self-test, and its own.
struct Targets {
  std::string outside_file;   // a file that is there, in a folder that is not the servers'
  std::string new_file;       // beside it, not there
  std::string readable_file;  // in the folder of users.txt
  std::string store_file;     // a message
  std::string unix_address;   // of a unix socket that listens
  std::array<int, 3> tcp{};   // TCP sockets that listen, as a server's own do
  int udp = -1;               // an open UDP socket
  int fresh_tcp = -1;         // a TCP socket that nothing was done with
  int tcp_port = 0;           // where on 127.0.0.1 somebody takes connections …
  int udp_port = 0;           // … and datagrams
  int program = -1;           // an open file with a program in it
  int other_process = 0;      // the id of one of ours, outside the sandbox
};

struct Attempt {
  std::string_view what;
  // 0: it went through. Else the errno.
  int (*run)(const Targets& targets);
};

std::span<const Attempt> network_attempts();
std::span<const Attempt> file_attempts();
std::span<const Attempt> process_attempts();

}  // namespace sandbox
