// What lies in a mailbox at one time, found out with as little reading as can be answered for.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "common/store/file_ops.h"
#include "common/store/mail_store.h"
#include "common/store/mailbox_index.h"
#include "common/store/message_look.h"
#include "common/store/message_table.h"

namespace store {

class StoreRoot;

// The newest messages, those of the highest n, are looked at (fstatat) at each time, so that in
// all but large mailboxes nothing is merely believed.
constexpr size_t kNewestLookedAt = 1'000;
// The older ones are believed for so long at the most; then all are looked at again.
constexpr std::chrono::nanoseconds kBelievedFor = std::chrono::minutes(10);

// All messages in the open folder, by n; MessageLooker says which are left out, and what `octets`
// asks for. Any error is the error of the whole: never a short list, and nothing of it is kept in
// `index`. A folder whose maildrop is to be shown is locked; an index knows one kind of octets.
//
// What `index` knows of the mailbox is used so:
// * The folder is the same, with the same times, which were settled when it was read, nothing in it
//   is doubtful, and the newest are as known: the list is as it was. Its names are not read.
// * Else the names are read. A message is believed to be the one that it was if its name has still
//   the same inode number and it is older than the newest that are looked at; these are as many as
//   kNewestLookedAt, and go on until one is the message that it was. All others are looked at.
// * Another folder, a clock that was set back, or kBelievedFor: all messages are looked at.
//
// A message that is believed and is another one by now cannot be read or removed
// (FileMaildrop sees to that, and has the mailbox forgotten then). Blocks.
Result<std::shared_ptr<const MessageTable>> take_snapshot(const StoreRoot& root, int folder,
                                                          const Mailbox& mailbox,
                                                          MailboxIndex& index, Octets octets);

}  // namespace store
