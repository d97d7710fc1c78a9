#include "common/store/file_maildrop.h"

#include <algorithm>
#include <utility>

#include "common/store/mailbox_lock.h"
#include "common/store/maildrop_snapshot.h"
#include "common/store/message_removal.h"

namespace store {
namespace {

// Messages that are asked for so soon after one another were pipelined: no client answers as fast.
constexpr std::chrono::microseconds kHurry{25};

}  // namespace

Result<std::unique_ptr<Maildrop>> FileMaildrop::open(const Shared& shared, const Mailbox& mailbox) {
  const StoreRoot& root = shared.root;
  auto folder = lock_mailbox(root, mailbox);
  if (!folder) return std::unexpected(folder.error());
  auto messages = take_snapshot(root, folder->fd(), mailbox, shared.index, Octets::kWire);
  if (!messages) return std::unexpected(messages.error());
  if (shared.expiry != nullptr) {
    if (const auto removal = shared.expiry->remove_old(folder->fd(), mailbox, **messages)) {
      if (removal->found_others) shared.index.forget(mailbox);
      messages = take_snapshot(root, folder->fd(), mailbox, shared.index, Octets::kWire);
      if (!messages) return std::unexpected(messages.error());
    }
  }
  return std::make_unique<FileMaildrop>(shared, mailbox, std::move(*folder), std::move(*messages));
}

FileMaildrop::FileMaildrop(const Shared& shared, Mailbox mailbox, Descriptor folder,
                           std::shared_ptr<const MessageTable> messages)
    : root_(shared.root),
      pool_(shared.pool),
      index_(shared.index),
      mailbox_(std::move(mailbox)),
      folder_(std::move(folder)),
      messages_(std::move(messages)),
      ahead_(root_.ops(), pool_, shared.ahead, messages_) {}

void FileMaildrop::read(size_t i, uint64_t offset, std::span<char> buffer, Done<size_t> done) {
  if (offset == 0) {
    const auto octets = ahead_.take(i, buffer);
    ahead_.follow(i, folder_.fd(), is_ahead_worthwhile());
    if (octets) return done(*octets);
  }
  size_t got = 0;
  const bool cached = read_cached(i, offset, buffer, got);
  if (offset == 0) needed_disk_ = !cached;
  if (cached) return done(got);
  pool_.post([this, i, offset, buffer, got, done = std::move(done)]() mutable {
    done(read_blocking(i, offset, buffer, got));
  });
}

// Where the disk is waited for, and where the client has asked for several messages at once. Else
// the pool would only take the core on which the client could answer.
bool FileMaildrop::is_ahead_worthwhile() {
  const auto now = std::chrono::steady_clock::now();
  return now - std::exchange(asked_, now) < kHurry || needed_disk_;
}

// Reads what needs no disk into `buffer`, `got` octets. True if that is all that was asked for;
// false, an error too, leaves the rest, and the saying why, to read_blocking().
bool FileMaildrop::read_cached(size_t i, uint64_t offset, std::span<char> buffer, size_t& got) {
  if (open_file(i, Wait::kNever)) return false;
  const uint64_t end = open_message_.file.octets;
  while (got < buffer.size() && offset + got < end) {
    const size_t room = std::min<uint64_t>(buffer.size() - got, end - offset - got);
    const auto octets =
        root_.ops().pread_nowait(open_file_.fd(), buffer.subspan(got, room), offset + got);
    if (!octets || *octets == 0) return false;
    got += *octets;
  }
  return true;
}

Result<size_t> FileMaildrop::read_blocking(size_t i, uint64_t offset, std::span<char> buffer,
                                           size_t got) {
  if (const auto error = open_file(i, Wait::kForDisk)) {
    index_.forget(mailbox_);  // it is not as it was found
    return std::unexpected(error);
  }
  // No further than it was: what a hand appends while it is read is not in the listed size.
  const uint64_t end = std::max(open_message_.file.octets, offset + got);
  const size_t room = std::min<uint64_t>(buffer.size() - got, end - offset - got);
  const auto octets =
      read_message(root_.ops(), open_file_.fd(), buffer.subspan(got, room), offset + got);
  if (!octets) return octets;
  return got + *octets;
}

// Keeps the file open for what is read of it next, if it is still that message.
std::error_code FileMaildrop::open_file(size_t i, Wait wait) {
  if (open_file_.is_open() && open_i_ == i) return {};
  const MessageFile message = messages_->file_of(i);
  auto file = open_message(root_.ops(), folder_.fd(), message, wait);
  if (!file) return file.error();
  open_file_ = std::move(*file);
  open_message_ = message;
  open_i_ = i;
  return {};
}

void FileMaildrop::remove(std::vector<size_t> messages, Done<void> done) {
  open_file_.reset();
  ahead_.drop();
  std::vector<MessageFile> doomed;
  doomed.reserve(messages.size());
  for (const size_t i : messages) doomed.push_back(messages_->file_of(i));
  const bool newest_too = !messages.empty() && std::ranges::max(messages) == messages_->size() - 1;
  pool_.post([&root = root_, &index = index_, mailbox = mailbox_, folder = std::move(folder_),
              doomed = std::move(doomed), newest_too, done = std::move(done)]() mutable {
    const Removal removal = remove_messages(root, folder.fd(), doomed, newest_too);
    if (removal.found_others) index.forget(mailbox);
    folder.reset();  // unlocks, before anybody is told
    if (removal.error) {
      done(std::unexpected(removal.error));
    } else {
      done({});
    }
  });
}

}  // namespace store
