#include "common/store/maildrop_snapshot.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>

#include "common/store/descriptor.h"
#include "common/store/names.h"
#include "common/store/size_mark.h"
#include "common/store/store_root.h"

namespace store {
namespace {

// A file that is being written may get two changes within one tick of its modification time (4 ms
// before Linux 6.13), or within one of the clock that a network file system keeps: a count is kept
// only if the last change is at least so long ago.
constexpr std::chrono::nanoseconds kSettled = std::chrono::seconds(2);

bool is_settled(uint64_t mtime_ns, uint64_t now_ns) {
  // Wraps around like mtime_ns itself: a time before 1970 is long ago, one to come is not.
  return static_cast<int64_t>(now_ns - mtime_ns) >= kSettled.count();
}

class Snapshot {
 public:
  Snapshot(const StoreRoot& root, int folder, const Mailbox& mailbox)
      : root_(root), ops_(root.ops()), folder_(folder), mailbox_(mailbox) {}

  // Adds the message of this name to `files`, or leaves it out.
  std::error_code add(uint64_t n, std::vector<MessageFile>& files) {
    const std::string name = message_file_name(n);
    auto status = ops_.fstatat(folder_, name);
    // Not EACCES: it would be the folder's, and every message's.
    if (!status) return is_errno(status.error(), ENOENT) ? std::error_code() : status.error();
    if (status->type != FileType::kRegular) return leave_out(name, "is no regular file");
    MessageFile message{.n = n, .file = *status};
    // Reading a user attribute asks for the same permission as reading the file.
    const auto mark = ops_.getxattrat(folder_, name, kSizeMarkAttribute);
    if (const auto octets = mark ? marked_octets(*mark, *status) : std::nullopt) {
      message.wire_octets = *octets;
    } else if (const auto error = count(name, message)) {
      if (is_errno(error, ENOENT)) return {};
      if (is_errno(error, EACCES) || is_errno(error, ELOOP)) {
        return leave_out(name, error.message());
      }
      return error;
    }
    files.push_back(message);
    return {};
  }

 private:
  std::error_code count(const std::string& name, MessageFile& message) {
    const auto file =
        Descriptor::open(ops_, folder_, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (!file) return file.error();
    const auto status = ops_.fstat(file->fd());
    if (!status) return status.error();
    const bool settled = is_settled(status->mtime_ns, root_.clock()());
    const auto octets = count_octets(ops_, file->fd(), status->octets);
    if (!octets) return octets.error();
    message.file = *status;
    message.wire_octets = *octets;
    if (settled) {
      mark_size(
          ops_, file->fd(),
          {.stored_octets = status->octets, .mtime_ns = status->mtime_ns, .wire_octets = *octets});
    }
    return {};
  }

  std::error_code leave_out(const std::string& name, const std::string& why) {
    root_.observe("a message is left out of its maildrop", mailbox_ + '/' + name + ": " + why);
    return {};
  }

  const StoreRoot& root_;
  FileOps& ops_;
  int folder_;
  const Mailbox& mailbox_;
};

}  // namespace

Result<std::vector<MessageFile>> take_snapshot(const StoreRoot& root, int folder,
                                               const Mailbox& mailbox) {
  const auto entries = root.ops().list(folder);
  if (!entries) return std::unexpected(entries.error());
  std::vector<uint64_t> numbers;
  for (const auto& entry : *entries) {
    if (const auto n = message_number(entry.name)) numbers.push_back(*n);
  }
  std::ranges::sort(numbers);  // about the order of their inodes too, should they be on a disk
  std::vector<MessageFile> files;
  files.reserve(numbers.size());
  Snapshot snapshot(root, folder, mailbox);
  for (const uint64_t n : numbers) {
    if (const auto error = snapshot.add(n, files)) return std::unexpected(error);
  }
  return files;
}

std::vector<MessageInfo> listing(const std::vector<MessageFile>& files) {
  std::vector<MessageInfo> infos;
  infos.reserve(files.size());
  for (const auto& file : files) {
    infos.push_back({file.wire_octets, message_uid(file.file.mtime_ns, file.n)});
  }
  return infos;
}

}  // namespace store
