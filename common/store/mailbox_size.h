// How much lies in a mailbox.
#pragma once

#include <cstdint>

#include "common/store/mail_store.h"
#include "common/store/mailbox_index.h"

namespace store {

class StoreRoot;

// The octets of the files in the mailbox's folder that are messages; 0 if there is no folder. Looks
// at no more than maildrop_snapshot.h says, by names and fstatat alone, and takes no lock. `index`
// holds what was measured, and no maildrop's. Blocks.
Result<uint64_t> octets_in(const StoreRoot& root, const Mailbox& mailbox, MailboxIndex& index);

}  // namespace store
