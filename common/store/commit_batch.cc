#include "common/store/commit_batch.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "common/store/names.h"
#include "common/store/size_mark.h"

namespace store {
namespace {

// Up to so many files are synced one by one; beyond, one syncfs costs less.
constexpr size_t kFewMessages = 2;
constexpr size_t kCopyOctets = size_t{64} * 1024;

std::error_code error_of(int number) { return {number, std::system_category()}; }

}  // namespace

CommitBatch::CommitBatch(StoreRoot& root, MailboxFolders& folders, StampClock& clock,
                         SpareDrafts& spares)
    : root_(root), folders_(folders), clock_(clock), spares_(spares) {}

void CommitBatch::add(std::vector<CommitRequest> requests) {
  items_.reserve(items_.size() + requests.size());
  for (auto& request : requests) {
    auto& item = items_.emplace_back(std::move(request));
    item.error = write(item);
  }
}

// Where the order is kept each message is linked as soon as its data is written, and while it is,
// the disk writes the data of those that come after it.
CommitBatch::Took CommitBatch::run() {
  using Clock = std::chrono::steady_clock;
  const auto began = Clock::now();
  Clock::duration waited{};
  const auto wait = [&waited](auto until_done) {
    const auto since = Clock::now();
    until_done();
    waited += Clock::now() - since;
  };
  if (!root_.keeps_order()) {
    wait([this] { sync_data(); });
  } else if (items_.size() - begun_ > 1) {
    begin_data();
  }
  for (auto& item : items_) {
    if (root_.keeps_order()) wait([&] { finish_data(item); });
    // A sync that failed for an earlier batch may have spoken of this message's first pages.
    if (!item.error && item.request.message->is_lost()) item.error = error_of(EIO);
    if (item.error) continue;
    item.error = link(item);
    if (item.error) unlink(item);
    item.request.message->draft().discard_name();
  }
  wait([this] { sync_links(); });
  for (auto& item : items_) {
    item.request.message->draft().close();
    item.copy.reset();
  }
  return {.syncing = waited, .linking = Clock::now() - began - waited};
}

std::error_code CommitBatch::write(Item& item) {
  FileOps& ops = root_.ops();
  IncomingMessage& message = *item.request.message;
  if (item.request.recipients.empty()) return error_of(EINVAL);
  if (!message.draft().is_open()) message.draft().use(spares_.take());
  if (auto error = message.write_out()) return error;
  const int fd = message.draft().fd();
  if (auto error = ops.futimens(fd, clock_.next())) return error;
  // As the file system has kept it: that is what a maildrop will see.
  const auto status = ops.fstat(fd);
  if (!status) return status.error();
  if (status->octets != message.stored_octets()) return error_of(EIO);
  item.file = *status;
  mark_size(ops, fd,
            {.stored_octets = status->octets,
             .mtime_ns = status->mtime_ns,
             .wire_octets = message.wire_octets()});
  return {};
}

// Where names may become durable before data, syncs alone help.
void CommitBatch::begin_data() {
  if (!root_.keeps_order()) return;
  for (; begun_ < items_.size(); ++begun_) write_data_back(items_[begun_], SYNC_FILE_RANGE_WRITE);
}

// From here on no name can become durable without the data that it leads to: the sync of the links
// will be the data's as well.
void CommitBatch::finish_data(Item& item) {
  write_data_back(item,
                  SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
}

void CommitBatch::write_data_back(Item& item, unsigned flags) {
  if (item.error) return;
  item.error = root_.ops().sync_file_range(item.request.message->draft().fd(), flags);
}

// What finish_data() is for one message, for all of them where the order is not kept.
void CommitBatch::sync_data() {
  const auto alive = std::ranges::count_if(items_, [](const Item& i) { return !i.error; });
  if (static_cast<size_t>(alive) > kFewMessages) {
    const auto error = root_.sync_all();
    for (auto& item : items_) {
      if (!item.error) item.error = error;
    }
  } else {
    for (auto& item : items_) {
      // fsync, not fdatasync: the modification time is in the UIDL.
      if (!item.error) item.error = root_.ops().fsync(item.request.message->draft().fd());
    }
  }
}

std::error_code CommitBatch::link(Item& item) {
  const auto& recipients = item.request.recipients;
  std::unordered_set<std::string_view> linked;
  for (const auto& mailbox : recipients) {
    if (!linked.insert(mailbox).second) continue;
    const auto n = link(item, mailbox);
    if (!n) return n.error();
    item.links.push_back({&mailbox, *n});
  }
  return {};
}

// A reader may see the message in its first mailbox, and remove it there, before it is in the next
// one. A file that has lost its only name gets no other: what is linked from then on is a copy.
Result<uint64_t> CommitBatch::link(Item& item, const Mailbox& mailbox) {
  const int fd = item.draft().fd();
  const auto n = folders_.link(fd, mailbox);
  if (n || !is_errno(n.error(), ENOENT) || item.links.empty()) return n;
  const auto status = root_.ops().fstat(fd);
  if (!status || status->links > 0) return n;
  if (const auto error = copy(item)) return std::unexpected(error);
  return folders_.link(item.draft().fd(), mailbox);
}

// With the same stamp, so that the message has its id in all mailboxes.
std::error_code CommitBatch::copy(Item& item) {
  FileOps& ops = root_.ops();
  const int from = item.draft().fd();
  auto copy = std::make_unique<Draft>(root_);
  std::vector<char> buffer(kCopyOctets);
  for (uint64_t offset = 0; offset < item.file.octets;) {
    const auto octets = ops.pread(from, buffer, offset);
    if (!octets) return octets.error();
    if (*octets == 0) return error_of(EIO);
    if (auto error = copy->write({buffer.data(), *octets})) return error;
    offset += *octets;
  }
  if (auto error = ops.futimens(copy->fd(), item.file.mtime_ns)) return error;
  const auto status = ops.fstat(copy->fd());
  if (!status) return status.error();
  mark_size(ops, copy->fd(),
            {.stored_octets = status->octets,
             .mtime_ns = status->mtime_ns,
             .wire_octets = item.request.message->wire_octets()});
  if (auto error = ops.fsync(copy->fd())) return error;
  item.file = *status;
  item.copy = std::move(copy);
  return {};
}

void CommitBatch::unlink(Item& item) {
  for (const auto& link : item.links) {
    if (const auto error = folders_.unlink(*link.mailbox, link.n, item.file)) {
      root_.observe("a message that was refused is in a mailbox",
                    *link.mailbox + '/' + message_file_name(link.n) + ": " + error.message());
    }
  }
  item.links.clear();
}

void CommitBatch::sync_links() {
  const auto error = folders_.sync();
  if (!error) return;
  for (auto& item : items_) {
    if (item.error) continue;
    item.error = error;
    unlink(item);
  }
  // Covers what link() has undone in this batch as well.
  if (const auto again = folders_.sync()) {
    folders_.give_up();
    root_.observe("refused messages may be back after a crash", again.message());
  }
}

void CommitBatch::report() {
  for (auto& item : items_) {
    if (item.error) {
      item.request.done(std::unexpected(item.error));
    } else {
      item.request.done(MessageId{stamp_text(item.file.mtime_ns)});
    }
  }
}

}  // namespace store
