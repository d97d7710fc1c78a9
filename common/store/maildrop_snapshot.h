// What lies in a mailbox at one time.
#pragma once

#include <cstdint>
#include <vector>

#include "common/store/file_ops.h"
#include "common/store/mail_store.h"
#include "common/store/message_info.h"

namespace store {

class StoreRoot;

// A message's file: n is its name, and `file` says which file is meant by it.
struct MessageFile {
  uint64_t n = 0;
  FileStatus file;
  uint64_t wire_octets = 0;

  // Whether what has this name now is still that message. Its time too: an inode number may come
  // back at once, and a message with another time has another UIDL. Its size too: a file that is
  // still being copied in may have grown within one tick of its time.
  bool is(const FileStatus& now) const {
    return now.is_same_file(file) && now.mtime_ns == file.mtime_ns && now.octets == file.octets;
  }
};

// All messages in the open folder, by n. Counts those that have no size mark, and marks them if
// their last change is long enough ago. Leaves out, and tells the observer of, what can never be
// read here: a name that is no regular file's (a symbolic link, a folder), a file that this process
// may not read. Any other error is the error of the whole: never a short list. `mailbox` is for the
// observer. Blocks.
Result<std::vector<MessageFile>> take_snapshot(const StoreRoot& root, int folder,
                                               const Mailbox& mailbox);

// The same, as a session lists it.
std::vector<MessageInfo> listing(const std::vector<MessageFile>& files);

}  // namespace store
