// The lock that makes a maildrop exclusive (RFC 1939 §3).
#pragma once

#include "common/store/descriptor.h"
#include "common/store/mail_store.h"

namespace store {

class StoreRoot;

// Opens the mailbox's folder and locks it (flock): against other maildrops, in this process and in
// others, never against deliveries. Makes the folder, durably, when it is missing. The lock is held
// as long as the descriptor is open, so it dies with its holder. Does not wait:
// MaildropError::kInUse.
Result<Descriptor> lock_mailbox(const StoreRoot& root, const Mailbox& mailbox);

}  // namespace store
