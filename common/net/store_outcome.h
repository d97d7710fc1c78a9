// What a reply may depend on of an error of the mail store.
#pragma once

#include <system_error>

#include "common/protocol/action.h"
#include "common/store/store_error.h"

namespace net {

// No error: kDone. A shortage, which may pass: kFull. Anything else: kFailed.
inline protocol::StoreOutcome store_outcome(const std::error_code& error) {
  if (!error) return protocol::StoreOutcome::kDone;
  return store::is_shortage(error) ? protocol::StoreOutcome::kFull
                                   : protocol::StoreOutcome::kFailed;
}

}  // namespace net
