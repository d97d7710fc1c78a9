// Which files this process may open (Landlock): a store to read and to write, some folders to read
// files from, and nothing else. What is open already stays so, and a file's status may be asked
// for anywhere. Taken over by every thread that starts later, and never taken off again.
//
// A folder counts with all that is below it, since a rule about a file would end when the file is
// replaced by rename, as editors do.
#pragma once

#include <expected>
#include <string>
#include <vector>

namespace sandbox {

struct FileAccess {
  std::string store;                 // a folder that is there
  std::vector<std::string> folders;  // those that are missing are left out
};

// The version (ABI) of Landlock that confine_files() would use; the error says why the kernel
// confines nothing: it is older than ABI 2, has Landlock turned off, or the machine forbids it.
std::expected<int, std::string> file_access_version();

// Call it before other threads are started: only the thread that calls it is confined. Sets
// no_new_privs too. Returns the version of Landlock; after an error this process may open what its
// user may.
std::expected<int, std::string> confine_files(const FileAccess& access);

// The folders that a file may be read from, for FileAccess: where it is by its name, and where it
// is in truth if that name is a symbolic link.
std::vector<std::string> folders_of(const std::string& file);

}  // namespace sandbox
