#include "common/store/maildrop_snapshot.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <ranges>
#include <utility>
#include <vector>

#include "common/store/names.h"
#include "common/store/settled_time.h"
#include "common/store/store_root.h"

namespace store {
namespace {

// A name in the folder, and what has it; inode 0: nothing that could be a message.
struct Name {
  uint64_t n;
  uint64_t inode;
};

// By n.
Result<std::vector<Name>> names_in(FileOps& ops, int folder) {
  const auto entries = ops.list(folder);
  if (!entries) return std::unexpected(entries.error());
  std::vector<Name> names;
  names.reserve(entries->size());
  for (const auto& [name, type, inode] : *entries) {
    const auto n = message_number(name);
    if (!n) continue;
    const bool may_be_message = type == FileType::kRegular || type == FileType::kUnknown;
    names.push_back({.n = *n, .inode = may_be_message ? inode : 0});
  }
  std::ranges::sort(names, {}, &Name::n);  // about the order on the disk too
  return names;
}

// What is known of the messages that had these names. Asked for neighbours one after the other.
class KnownMessages {
 public:
  explicit KnownMessages(const KnownMailbox* known) : known_(known) {}

  // The message that may still have this name.
  std::optional<MessageFile> candidate(const Name& name) {
    if (known_ == nullptr) return std::nullopt;
    const MessageTable& table = *known_->messages;
    while (at_ < table.size() && table.n_of(at_) < name.n) ++at_;
    while (at_ > 0 && table.n_of(at_ - 1) >= name.n) --at_;
    if (at_ == table.size() || table.n_of(at_) != name.n) return std::nullopt;
    if (std::ranges::binary_search(known_->doubtful, name.n)) return std::nullopt;
    const MessageFile message = table.file_of(at_);
    return message.file.inode == name.inode ? std::optional(message) : std::nullopt;
  }

 private:
  const KnownMailbox* known_;
  size_t at_ = 0;
};

class FolderReader {
 public:
  FolderReader(FileOps& ops, int folder, const MessageLooker& looker, const KnownMailbox* known)
      : ops_(ops), folder_(folder), looker_(looker), known_(known) {}

  // Reads the names, and looks at whatever is not believed.
  std::error_code read(uint64_t device) {
    const auto names = names_in(ops_, folder_);
    if (!names) return names.error();
    size_t older = names->size();
    std::vector<Look> newest;  // the highest n first
    bool found_known = known_ == nullptr;
    while (known_ != nullptr && older > 0 && (!found_known || newest.size() < kNewestLookedAt)) {
      const Name& name = (*names)[--older];
      auto look = look_at(name, messages_known_.candidate(name));
      if (!look) return look.error();
      found_known = found_known || look->is_as_known;
      newest.push_back(*std::move(look));
    }
    messages_ = std::make_shared<MessageTable>(device, names->size());
    for (const Name& name : *names | std::views::take(older)) {
      const auto candidate = messages_known_.candidate(name);
      if (candidate) {
        messages_->add(*candidate);
        continue;
      }
      const auto look = look_at(name, std::nullopt);
      if (!look) return look.error();
      add(*look);
    }
    for (const Look& look : newest | std::views::reverse) add(look);
    std::ranges::sort(doubtful_);
    return {};
  }

  std::shared_ptr<const MessageTable> messages() const { return messages_; }
  std::vector<uint64_t> take_doubtful() { return std::move(doubtful_); }

 private:
  void add(const Look& look) {
    if (look.message) messages_->add(*look.message);
  }

  Result<Look> look_at(const Name& name, const std::optional<MessageFile>& candidate) {
    auto look = looker_.look(name.n, candidate);
    if (look && look->is_doubtful) doubtful_.push_back(name.n);
    return look;
  }

  FileOps& ops_;
  const int folder_;
  MessageLooker looker_;
  const KnownMailbox* known_;
  KnownMessages messages_known_{known_};
  std::shared_ptr<MessageTable> messages_;
  std::vector<uint64_t> doubtful_;
};

// Whether anything of it may still be believed.
bool is_credible(const KnownMailbox& known, const FileStatus& folder, uint64_t now_ns) {
  return known.folder.is_same_file(folder) && now_ns >= known.read_at_ns &&
         now_ns - known.seen_all_ns < static_cast<uint64_t>(kBelievedFor.count());
}

// Whether the folder has the names that it had. (A hand can set the modification time, but not the
// time of the last change.)
bool has_same_names(const KnownMailbox& known, const FileStatus& folder) {
  return known.is_settled && known.doubtful.empty() && folder.mtime_ns == known.folder.mtime_ns &&
         folder.ctime_ns == known.folder.ctime_ns;
}

// A message that went to other mailboxes has been touched when it leaves one of them, and is still
// what it was.
bool shows(const Look& look, const MessageFile& known) {
  if (look.is_as_known) return true;
  return look.message && !look.is_doubtful && known.is(look.message->file) &&
         look.message->wire_octets == known.wire_octets;
}

Result<bool> newest_are_as_known(MessageLooker looker, const MessageTable& messages) {
  const size_t count = std::min(messages.size(), kNewestLookedAt);
  for (size_t i = messages.size(); i > messages.size() - count; --i) {
    const MessageFile known = messages.file_of(i - 1);
    const auto look = looker.look(known.n, known);
    if (!look) return std::unexpected(look.error());
    if (!shows(*look, known)) return false;
  }
  return true;
}

}  // namespace

Result<std::shared_ptr<const MessageTable>> take_snapshot(const StoreRoot& root, int folder,
                                                          const Mailbox& mailbox,
                                                          MailboxIndex& index, Octets octets) {
  const auto before = root.ops().fstat(folder);
  if (!before) return std::unexpected(before.error());
  const uint64_t now_ns = root.clock()();
  const MessageLooker looker(root, folder, mailbox, octets);
  auto known = index.find(mailbox);
  if (known && !is_credible(*known, *before, now_ns)) known.reset();
  if (known && has_same_names(*known, *before)) {
    const auto same = newest_are_as_known(looker, *known->messages);
    if (!same) return std::unexpected(same.error());
    if (*same) return known->messages;
  }
  FolderReader reader(root.ops(), folder, looker, known.get());
  if (const auto error = reader.read(before->device)) return std::unexpected(error);
  index.keep(mailbox, std::make_shared<const KnownMailbox>(
                          KnownMailbox{.folder = *before,
                                       .is_settled = is_settled(before->mtime_ns, now_ns) &&
                                                     is_settled(before->ctime_ns, now_ns),
                                       .read_at_ns = now_ns,
                                       .seen_all_ns = known ? known->seen_all_ns : now_ns,
                                       .doubtful = reader.take_doubtful(),
                                       .messages = reader.messages()}));
  return reader.messages();
}

}  // namespace store
