#include "common/store/file_maildrop.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "common/store/mailbox_lock.h"
#include "common/store/maildrop_snapshot.h"
#include "common/store/message_removal.h"
#include "common/store/names.h"

namespace store {
namespace {

// O_NONBLOCK: should the name be a pipe's by now, opening it may not wait for a writer.
constexpr int kReadFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

}  // namespace

Result<std::unique_ptr<Maildrop>> FileMaildrop::open(const StoreRoot& root, WorkerPool& pool,
                                                     MailboxIndex& index,
                                                     const MessageExpiry* expiry,
                                                     const Mailbox& mailbox) {
  auto folder = lock_mailbox(root, mailbox);
  if (!folder) return std::unexpected(folder.error());
  auto messages = take_snapshot(root, folder->fd(), mailbox, index, Octets::kWire);
  if (!messages) return std::unexpected(messages.error());
  if (expiry != nullptr) {
    if (const auto removal = expiry->remove_old(folder->fd(), mailbox, **messages)) {
      if (removal->found_others) index.forget(mailbox);
      messages = take_snapshot(root, folder->fd(), mailbox, index, Octets::kWire);
      if (!messages) return std::unexpected(messages.error());
    }
  }
  return std::make_unique<FileMaildrop>(root, pool, index, mailbox, std::move(*folder),
                                        std::move(*messages));
}

FileMaildrop::FileMaildrop(const StoreRoot& root, WorkerPool& pool, MailboxIndex& index,
                           Mailbox mailbox, Descriptor folder,
                           std::shared_ptr<const MessageTable> messages)
    : root_(root),
      pool_(pool),
      index_(index),
      mailbox_(std::move(mailbox)),
      folder_(std::move(folder)),
      messages_(std::move(messages)) {}

void FileMaildrop::read(size_t i, uint64_t offset, std::span<char> buffer, Done<size_t> done) {
  size_t got = 0;
  if (read_cached(i, offset, buffer, got)) {
    done(got);
    return;
  }
  pool_.post([this, i, offset, buffer, got, done = std::move(done)]() mutable {
    done(read_blocking(i, offset, buffer, got));
  });
}

// Reads what needs no disk into `buffer`, `got` octets. True if that is all that was asked for;
// false, an error too, leaves the rest, and the saying why, to read_blocking().
bool FileMaildrop::read_cached(size_t i, uint64_t offset, std::span<char> buffer, size_t& got) {
  FileOps& ops = root_.ops();
  if (!open_file_.is_open() || open_i_ != i) {
    const std::string name = message_file_name(messages_->n_of(i));
    const auto fd = ops.openat_cached(folder_.fd(), name, kReadFlags);
    if (!fd || take(i, Descriptor(ops, *fd))) return false;
  }
  const uint64_t end = open_message_.file.octets;
  while (got < buffer.size() && offset + got < end) {
    const size_t room = std::min<uint64_t>(buffer.size() - got, end - offset - got);
    const auto octets = ops.pread_nowait(open_file_.fd(), buffer.subspan(got, room), offset + got);
    if (!octets || *octets == 0) return false;
    got += *octets;
  }
  return true;
}

Result<size_t> FileMaildrop::read_blocking(size_t i, uint64_t offset, std::span<char> buffer,
                                           size_t got) {
  if (!open_file_.is_open() || open_i_ != i) {
    if (const auto error = open_message(i)) {
      index_.forget(mailbox_);  // it is not as it was found
      return std::unexpected(error);
    }
  }
  // No further than it was: what a hand appends while it is read is not in the listed size.
  const uint64_t end = open_message_.file.octets;
  while (got < buffer.size() && offset + got < end) {
    const size_t room = std::min<uint64_t>(buffer.size() - got, end - offset - got);
    const auto octets = root_.ops().pread(open_file_.fd(), buffer.subspan(got, room), offset + got);
    if (!octets) return std::unexpected(octets.error());
    if (*octets == 0) break;
    got += *octets;
  }
  return got;
}

std::error_code FileMaildrop::open_message(size_t i) {
  const std::string name = message_file_name(messages_->n_of(i));
  auto file = Descriptor::open(root_.ops(), folder_.fd(), name, kReadFlags);
  return file ? take(i, std::move(*file)) : file.error();
}

// Keeps the file open for what is read of it next, if it is still that message.
std::error_code FileMaildrop::take(size_t i, Descriptor file) {
  open_file_.reset();
  const auto status = root_.ops().fstat(file.fd());
  if (!status) return status.error();
  const MessageFile message = messages_->file_of(i);
  if (!message.is(*status)) return {ESTALE, std::system_category()};
  open_file_ = std::move(file);
  open_message_ = message;
  open_i_ = i;
  return {};
}

void FileMaildrop::remove(std::vector<size_t> messages, Done<void> done) {
  open_file_.reset();
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
