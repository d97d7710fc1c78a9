// What the store's errors mean to a server that has to answer one.
#pragma once

#include <system_error>

namespace store {

// Whether `error` is a shortage that may pass (space, quota, inodes, descriptors, memory): 452
// rather than 451. EDQUOT has no std::errc, so ask here.
bool is_shortage(std::error_code error);

}  // namespace store
