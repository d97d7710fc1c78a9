#include "common/store/mailbox_size.h"

#include <fcntl.h>

#include <cerrno>

#include "common/store/descriptor.h"
#include "common/store/maildrop_snapshot.h"
#include "common/store/names.h"
#include "common/store/store_root.h"

namespace store {

Result<uint64_t> octets_in(const StoreRoot& root, const Mailbox& mailbox, MailboxIndex& index) {
  if (!is_folder_name(mailbox)) {
    return std::unexpected(std::error_code(EINVAL, std::system_category()));
  }
  const auto folder =
      Descriptor::open(root.ops(), root.fd(), mailbox, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!folder && is_errno(folder.error(), ENOENT)) {
    index.forget(mailbox);
    return 0;
  }
  if (!folder) return std::unexpected(folder.error());
  const auto messages = take_snapshot(root, folder->fd(), mailbox, index, Octets::kStored);
  if (!messages) return std::unexpected(messages.error());
  return (*messages)->octets();
}

}  // namespace store
