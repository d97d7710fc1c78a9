#include "common/store/store_root.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "common/store/draft.h"
#include "common/store/size_mark.h"
#include "common/store/store_error.h"

namespace store {
namespace {

Result<Descriptor> open_or_make(FileOps& ops, const std::string& path) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY;
  auto folder = Descriptor::open(ops, AT_FDCWD, path, kFlags);
  if (folder || !is_errno(folder.error(), ENOENT)) return folder;
  const auto error = ops.mkdirat(AT_FDCWD, path, kFolderMode);
  if (error && !is_errno(error, EEXIST)) return std::unexpected(error);
  return Descriptor::open(ops, AT_FDCWD, path, kFlags);
}

// Makes the folder's own name durable, whoever made it: the other server, or a start that failed,
// may have done so a moment ago.
std::error_code sync_name(FileOps& ops, int folder) {
  const auto parent = Descriptor::open(ops, folder, "..", O_RDONLY | O_DIRECTORY);
  if (parent) return ops.fsync(parent->fd());
  return is_errno(parent.error(), EACCES) ? ops.syncfs(folder) : parent.error();
}

// Writes a message that nobody will see, to find out at start what would else show at the first
// delivery. A shortage is no reason not to start: mypopd is how users make room.
std::error_code probe(StoreRoot& root) {
  FileOps& ops = root.ops();
  Draft draft(root);
  auto error = draft.write("x");
  if (error) {
    if (!is_shortage(error)) return error;
    root.observe("the mail store takes no message now", error.message());
    return {};
  }
  constexpr uint64_t kOddNanoseconds = 1'000'000'000'123'456'789;
  error = ops.futimens(draft.fd(), kOddNanoseconds);
  const auto status = ops.fstat(draft.fd());
  if (error || !status || status->mtime_ns != kOddNanoseconds) {
    root.observe("the mail store keeps no nanoseconds",
                 "a message's id is unique in its mailbox only");
  }
  error = ops.fsetxattr(draft.fd(), kSizeMarkAttribute, to_text({}));
  if (error && !is_shortage(error)) {
    root.observe("the mail store keeps no extended attributes",
                 "sizes are counted at each login, and the number of the newest message can come "
                 "back once it is removed");
  }
  return {};
}

}  // namespace

StoreRoot::StoreRoot(FileOps& ops, Descriptor folder, Observer observer, WallClock clock)
    : ops_(ops),
      folder_(std::move(folder)),
      observer_(std::move(observer)),
      clock_(std::move(clock)),
      keeps_order_(ops.keeps_order(folder_.fd())) {}

std::expected<std::unique_ptr<StoreRoot>, std::string> StoreRoot::open(const std::string& path,
                                                                       FileOps& ops,
                                                                       Observer observer,
                                                                       WallClock clock) {
  const auto refuse = [&](const std::string& why) {
    return std::unexpected("mail store " + path + ": " + why);
  };
  auto folder = open_or_make(ops, path);
  if (!folder) return refuse(folder.error().message());
  if (const auto error = sync_name(ops, folder->fd())) return refuse(error.message());
  if (!ops.fstatat(AT_FDCWD, "/proc/self/fd")) return refuse("/proc is not mounted");
  auto root =
      std::make_unique<StoreRoot>(ops, std::move(*folder), std::move(observer), std::move(clock));
  sweep_drafts(*root);
  if (const auto error = probe(*root)) return refuse("cannot be written to: " + error.message());
  return root;
}

void StoreRoot::observe(std::string_view what, std::string_view detail) const {
  if (observer_) observer_(what, detail);
}

std::error_code StoreRoot::sync_all() {
  const auto error = ops_.syncfs(fd());
  if (error) ++losses_;
  return error;
}

}  // namespace store
