// What a server gives up before it serves: root's rights (--user), other files than its own
// (Landlock), and every system call that serving does not need. In two steps, since the files can
// be confined only before threads are started, and the calls only when all is ready.
//
// What the kernel cannot do is said in the log and costs that part of the sandbox; without the
// filter of system calls no server runs, unless it is told to (--no-sandbox).
#pragma once

#include <expected>
#include <string>

#include "common/options.h"

namespace service {

class Confinement {
 public:
  // The first step, once the ports are open and before any thread or file is: takes the rights of
  // --user, makes the store when it is missing, and confines the files. The error is for a person:
  // a file that the user may not read, a store that is not the user's.
  static std::expected<Confinement, std::string> begin(const options::Common& options);

  // The second step, when nothing is left to do but to serve. Says in the log what holds now.
  std::expected<void, std::string> complete() const;

 private:
  explicit Confinement(const options::Common& options) : options_(options) {}

  const options::Common& options_;  // outlives it
  // Landlock's version, or why there is none.
  std::expected<int, std::string> files_ = std::unexpected<std::string>("");
};

}  // namespace service
