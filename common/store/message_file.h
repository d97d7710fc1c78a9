// How the file of a message that was listed is opened and read: by all who read maildrops.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "common/store/descriptor.h"
#include "common/store/file_ops.h"
#include "common/store/message_table.h"

namespace store {

enum class Wait {
  kForDisk,  // it may block
  kNever,    // only what the kernel has in memory; else an error, which says no more than that
};

// Opens the message's file in the open folder. ENOENT or ESTALE: the message is gone, or its name
// another file's.
Result<Descriptor> open_message(FileOps& ops, int folder, const MessageFile& message, Wait wait);

// Reads from octet `offset` on as much as there is and `buffer` takes.
Result<size_t> read_message(FileOps& ops, int fd, std::span<char> buffer, uint64_t offset);

}  // namespace store
