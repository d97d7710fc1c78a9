#include "common/store/message_look.h"

#include <fcntl.h>

#include <cerrno>

#include "common/store/descriptor.h"
#include "common/store/names.h"
#include "common/store/settled_time.h"
#include "common/store/size_mark.h"
#include "common/store/store_root.h"

namespace store {

MessageLooker::MessageLooker(const StoreRoot& root, int folder, const Mailbox& mailbox,
                             Octets octets)
    : root_(root), ops_(root.ops()), folder_(folder), mailbox_(mailbox), octets_(octets) {}

Result<Look> MessageLooker::look(uint64_t n, const std::optional<MessageFile>& known) {
  const std::string name = message_file_name(n);
  const auto status = ops_.fstatat(folder_, name);
  // Not EACCES: it would be the folder's, and every message's.
  if (!status && is_errno(status.error(), ENOENT)) return Look{};
  if (!status) return std::unexpected(status.error());
  const bool is_regular = status->type == FileType::kRegular;
  if (!is_regular && octets_ == Octets::kStored) return Look{};
  if (!is_regular) return leave_out(name, "is no regular file");
  if (known && known->is_untouched(*status)) return Look{.message = known, .is_as_known = true};
  if (octets_ == Octets::kStored) {
    return Look{.message = MessageFile{.n = n, .file = *status, .wire_octets = status->octets}};
  }
  return look_closer(name, {.n = n, .file = *status});
}

Result<Look> MessageLooker::look_closer(const std::string& name, MessageFile message) {
  // Reading a user attribute asks for the same permission as reading the file.
  const auto mark = ops_.getxattrat(folder_, name, kSizeMarkAttribute);
  if (const auto octets = mark ? marked_octets(*mark, message.file) : std::nullopt) {
    message.wire_octets = *octets;
    return Look{.message = message};
  }
  const auto is_settled = count(name, message);
  if (is_settled) return Look{.message = message, .is_doubtful = !*is_settled};
  if (is_errno(is_settled.error(), ENOENT)) return Look{};
  if (is_errno(is_settled.error(), EACCES) || is_errno(is_settled.error(), ELOOP)) {
    return leave_out(name, is_settled.error().message());
  }
  return std::unexpected(is_settled.error());
}

Result<bool> MessageLooker::count(const std::string& name, MessageFile& message) {
  const auto file =
      Descriptor::open(ops_, folder_, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (!file) return std::unexpected(file.error());
  const auto status = ops_.fstat(file->fd());
  if (!status) return std::unexpected(status.error());
  const bool settled = is_settled(status->mtime_ns, root_.clock()());
  const auto octets = count_octets(ops_, file->fd(), status->octets);
  if (!octets) return std::unexpected(octets.error());
  message.file = *status;
  message.wire_octets = *octets;
  if (!settled) return false;
  mark_size(
      ops_, file->fd(),
      {.stored_octets = status->octets, .mtime_ns = status->mtime_ns, .wire_octets = *octets});
  // The mark was a change too. Whoever else has changed the file meanwhile has left another mtime.
  if (const auto marked = ops_.fstat(file->fd())) message.file.ctime_ns = marked->ctime_ns;
  return true;
}

// Doubtful, since a change of its permissions, or of what a link names, changes no folder's time.
Look MessageLooker::leave_out(const std::string& name, const std::string& why) const {
  root_.observe("a message is left out of its maildrop", mailbox_ + '/' + name + ": " + why);
  return {.message = std::nullopt, .is_doubtful = true};
}

}  // namespace store
