#include "common/store/message_removal.h"

#include <algorithm>
#include <cerrno>
#include <string>

#include "common/store/mailbox_folders.h"
#include "common/store/maildrop.h"
#include "common/store/names.h"
#include "common/store/store_root.h"

namespace store {
namespace {

// The mark never goes down. Where it must be durable it is set again even if it says enough: who
// set it may have failed to sync it, and a mark that is only in memory is none. Failing to set it
// is no reason to keep the mail: an n that came back would still make another UIDL.
std::error_code raise_removed_mark(const StoreRoot& root, int folder, uint64_t highest,
                                   bool durably) {
  FileOps& ops = root.ops();
  const auto past_old = past_removed_mark(ops, folder);
  if (!past_old) return past_old.error();
  if (*past_old > highest && !durably) return {};
  const uint64_t mark = *past_old > highest ? *past_old - 1 : highest;
  const auto error = ops.fsetxattr(folder, kRemovedMarkAttribute, std::to_string(mark));
  if (error) {
    if (!is_errno(error, ENOTSUP)) {  // that one was told at start
      root.observe("a mailbox could not note its highest removed number", error.message());
    }
    return {};
  }
  return durably ? ops.fsync(folder) : std::error_code();
}

// Whether the message is no longer there.
bool unlink(const StoreRoot& root, int folder, const MessageFile& message, Removal& removal) {
  FileOps& ops = root.ops();
  const std::string name = message_file_name(message.n);
  const auto there = ops.fstatat(folder, name);
  auto error = there ? std::error_code() : there.error();
  if (there && !message.is(*there)) {
    removal.found_others = true;
    return true;
  }
  if (!error) error = ops.unlinkat(folder, name);
  if (!error) ++removal.unlinked;
  if (!error || is_errno(error, ENOENT)) return true;
  root.observe("a message could not be removed", name + ": " + error.message());
  return false;
}

}  // namespace

Removal remove_messages(const StoreRoot& root, int folder, const std::vector<MessageFile>& messages,
                        bool newest_too) {
  if (messages.empty()) return {};
  const uint64_t highest = std::ranges::max(messages, {}, &MessageFile::n).n;
  if (auto error = raise_removed_mark(root, folder, highest, newest_too)) {
    return {.error = error};
  }
  bool all = true;
  Removal removal;
  for (const auto& message : messages) {
    all = unlink(root, folder, message, removal) && all;
  }
  removal.error = root.ops().fsync(folder);
  if (!removal.error && !all) removal.error = MaildropError::kSomeRemain;
  return removal;
}

}  // namespace store
