// --hash-password: reads a password and prints what users.txt keeps of it.
#pragma once

#include <string_view>

#include "common/users/password.h"

namespace service {

// Reads it from the terminal, twice and without echo, or else the first line of standard input;
// prints the hashed field on standard output. The exit status; what went wrong is said on standard
// error in the name of `program`.
int hash_password(std::string_view program, users::HashScheme scheme);

}  // namespace service
