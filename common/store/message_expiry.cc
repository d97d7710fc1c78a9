#include "common/store/message_expiry.h"

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include "common/store/mailbox_lock.h"
#include "common/store/maildrop_snapshot.h"
#include "common/store/message_removal.h"
#include "common/store/settled_time.h"
#include "common/store/store_root.h"

namespace store {
namespace {

// A login that comes meanwhile waits for no more removals than these.
constexpr size_t kRemovedATurn = 1'000;

constexpr std::string_view kNotRemoved = "messages that are too old could not be removed";

bool includes_newest(const MessageTable& found, std::span<const MessageFile> doomed) {
  return doomed.back().n == found.n_of(found.size() - 1);
}

// Messages that are gone for good.
size_t gone_by(const Removal& removal) {
  return !removal.error || removal.error == MaildropError::kSomeRemain ? removal.unlinked : 0;
}

}  // namespace

MessageExpiry::MessageExpiry(const StoreRoot& root, std::chrono::nanoseconds age, Tell tell)
    : root_(root), age_(age), tell_(std::move(tell)) {}

// Wraps around as FileStatus's times do: a time before 1970 is long ago, one to come is not.
bool MessageExpiry::is_old(uint64_t stamp_ns, uint64_t now_ns) const {
  return static_cast<int64_t>(now_ns - stamp_ns) >= age_.count();
}

std::vector<MessageFile> MessageExpiry::old_of(const MessageTable& found, uint64_t now_ns) const {
  std::vector<MessageFile> old;
  for (size_t i = 0; i < found.size(); ++i) {
    const MessageFile message = found.file_of(i);
    if (is_old(message.file.mtime_ns, now_ns)) old.push_back(message);
  }
  return old;
}

std::optional<Removal> MessageExpiry::remove_old(int folder, const Mailbox& mailbox,
                                                 const MessageTable& found) const {
  const auto old = old_of(found, root_.clock()());
  if (old.empty()) return std::nullopt;
  const Removal removal = remove_messages(root_, folder, old, includes_newest(found, old));
  if (gone_by(removal) > 0) tell_(mailbox, gone_by(removal));
  if (removal.error) root_.observe(kNotRemoved, mailbox + ": " + removal.error.message());
  return removal;
}

void MessageExpiry::sweep(const Mailbox& mailbox) {
  const auto error = try_to_sweep(mailbox);
  if (error && error != MaildropError::kInUse) {
    root_.observe(kNotRemoved, mailbox + ": " + error.message());
  }
}

std::error_code MessageExpiry::try_to_sweep(const Mailbox& mailbox) {
  const uint64_t now_ns = root_.clock()();
  const auto there = root_.ops().fstatat(root_.fd(), mailbox);
  if (!there) return is_errno(there.error(), ENOENT) ? std::error_code() : there.error();
  if (!may_have_old(mailbox, *there, now_ns)) return {};
  seen_.erase(mailbox);
  auto folder = lock_mailbox(root_, mailbox);
  if (!folder) return folder.error();
  const auto status = root_.ops().fstat(folder->fd());
  if (!status) return status.error();
  MailboxIndex nothing(0);  // what thousands of mailboxes hold is not to be kept
  const auto found = take_snapshot(root_, folder->fd(), mailbox, nothing, Octets::kStored);
  if (!found) return found.error();
  folder->reset();
  const auto old = old_of(**found, now_ns);
  if (!old.empty()) return remove_in_turns(mailbox, **found, old);
  remember(mailbox, *status, **found, now_ns);
  return {};
}

// What a session removes or a hand changes between two turns is no longer what was found, and is
// left alone.
std::error_code MessageExpiry::remove_in_turns(const Mailbox& mailbox, const MessageTable& found,
                                               const std::vector<MessageFile>& old) {
  size_t gone = 0;
  std::error_code error;
  const auto may_go_on = [&error] { return !error || error == MaildropError::kSomeRemain; };
  for (std::span<const MessageFile> left = old; !left.empty() && may_go_on();) {
    const auto turn = left.first(std::min(left.size(), kRemovedATurn));
    left = left.subspan(turn.size());
    const auto folder = lock_mailbox(root_, mailbox);
    if (!folder) {
      error = folder.error();
      break;
    }
    const Removal removal = remove_messages(root_, folder->fd(), {turn.begin(), turn.end()},
                                            includes_newest(found, turn));
    gone += gone_by(removal);
    if (removal.error) error = removal.error;
  }
  if (gone > 0) tell_(mailbox, gone);
  return error;
}

bool MessageExpiry::may_have_old(const Mailbox& mailbox, const FileStatus& folder,
                                 uint64_t now_ns) const {
  const auto entry = seen_.find(mailbox);
  if (entry == seen_.end()) return true;
  const Seen& seen = entry->second;
  const bool is_same = seen.folder.is_same_file(folder) &&
                       seen.folder.mtime_ns == folder.mtime_ns &&
                       seen.folder.ctime_ns == folder.ctime_ns;
  return !is_same || (seen.has_messages && is_old(seen.oldest_ns, now_ns));
}

void MessageExpiry::remember(const Mailbox& mailbox, const FileStatus& folder,
                             const MessageTable& found, uint64_t now_ns) {
  if (!is_settled(folder.mtime_ns, now_ns) || !is_settled(folder.ctime_ns, now_ns)) return;
  Seen seen{.folder = folder, .has_messages = found.size() > 0, .oldest_ns = 0};
  uint64_t greatest_age = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    const uint64_t stamp_ns = found.file_of(i).file.mtime_ns;
    // None is old: those to come, whose age is negative, are the youngest.
    const auto age = static_cast<int64_t>(now_ns - stamp_ns);
    if (i > 0 && (age < 0 || static_cast<uint64_t>(age) <= greatest_age)) continue;
    greatest_age = age < 0 ? 0 : static_cast<uint64_t>(age);
    seen.oldest_ns = stamp_ns;
  }
  seen_.insert_or_assign(mailbox, seen);
}

}  // namespace store
