// What is found out about one message's file, at a login or when a mailbox is measured.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/store/file_ops.h"
#include "common/store/mail_store.h"
#include "common/store/message_table.h"

namespace store {

class StoreRoot;

struct Look {
  std::optional<MessageFile> message;  // none: it is gone, or left out
  bool is_as_known = false;            // it is the message that it was
  bool is_doubtful = false;            // who asks again may find something else, the file unchanged
};

// Which size is asked for.
enum class Octets {
  kWire,    // as POP3 counts: without a size mark the message is read
  kStored,  // of the file: nothing but fstatat, and MessageFile::wire_octets is that too
};

// Used from one thread. Everything it refers to outlives it. Blocks.
class MessageLooker {
 public:
  // `mailbox` is for the observer.
  MessageLooker(const StoreRoot& root, int folder, const Mailbox& mailbox, Octets octets);

  // Looks at `<n>.mail` in the folder. A message that has no size mark is counted, and marked if
  // its last change is long enough ago, unless it is still `known`. What can never be read here is
  // left out, and the observer told of it: a name that is no regular file's (a symbolic link, a
  // folder), a file that this process may not read. Any other error is an error.
  //
  // kStored: what may not be read counts all the same, nothing is marked, and nobody is told of
  // what is no regular file: it is simply no message.
  Result<Look> look(uint64_t n, const std::optional<MessageFile>& known = std::nullopt);

 private:
  Result<Look> look_closer(const std::string& name, MessageFile message);
  // False: the message was changed so lately that the count may be wrong by now.
  Result<bool> count(const std::string& name, MessageFile& message);
  Look leave_out(const std::string& name, const std::string& why) const;

  const StoreRoot& root_;
  FileOps& ops_;
  const int folder_;
  const Mailbox& mailbox_;
  const Octets octets_;
};

}  // namespace store
