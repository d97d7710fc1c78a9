// What a reply may depend on of an error of the mail store.
#pragma once

#include <cerrno>
#include <system_error>

#include "common/protocol/action.h"

namespace net {

// No error: kDone. What may be better later, because there is no room, quota, descriptor or memory
// now: kFull. Anything else: kFailed.
inline protocol::StoreOutcome store_outcome(const std::error_code& error) {
  if (!error) return protocol::StoreOutcome::kDone;
  const bool full =
      error == std::errc::no_space_on_device || error == std::errc::too_many_files_open ||
      error == std::errc::too_many_files_open_in_system || error == std::errc::not_enough_memory ||
      error == std::error_code(EDQUOT, std::generic_category()) ||
      error == std::error_code(EDQUOT, std::system_category());
  return full ? protocol::StoreOutcome::kFull : protocol::StoreOutcome::kFailed;
}

}  // namespace net
