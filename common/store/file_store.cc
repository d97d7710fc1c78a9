#include "common/store/file_store.h"

#include <utility>

#include "common/store/file_delivery.h"
#include "common/store/file_maildrop.h"
#include "common/store/mailbox_size.h"

namespace store {
namespace {

constexpr size_t kPoolThreads = 2;

}  // namespace

std::expected<std::unique_ptr<FileStore>, std::string> FileStore::open(const std::string& path,
                                                                       Observer observer,
                                                                       FileOps& ops,
                                                                       WallClock clock) {
  auto root = StoreRoot::open(path, ops, std::move(observer), std::move(clock));
  if (!root) return std::unexpected(root.error());
  return std::unique_ptr<FileStore>(new FileStore(std::move(*root)));
}

FileStore::FileStore(std::unique_ptr<StoreRoot> root)
    : root_(std::move(root)), committer_(*root_), pool_(kPoolThreads) {}

void FileStore::expire_after(std::chrono::nanoseconds age, MessageExpiry::Tell tell) {
  expiry_ = std::make_unique<MessageExpiry>(*root_, age, std::move(tell));
}

void FileStore::sweep(const Mailbox& mailbox) {
  if (expiry_) expiry_->sweep(mailbox);
}

std::unique_ptr<Delivery> FileStore::new_delivery() {
  return std::make_unique<FileDelivery>(*root_, pool_, committer_);
}

// Not from within the call: a file system on a network may take its time.
void FileStore::free_octets(Done<uint64_t> done) {
  pool_.post(
      [this, done = std::move(done)]() mutable { done(root_->ops().free_octets(root_->fd())); });
}

void FileStore::open_maildrop(Mailbox mailbox, Done<std::unique_ptr<Maildrop>> done) {
  pool_.post([this, mailbox = std::move(mailbox), done = std::move(done)]() mutable {
    done(FileMaildrop::open({*root_, pool_, index_, ahead_, expiry_.get()}, mailbox));
  });
}

void FileStore::measure(Mailbox mailbox, Done<uint64_t> done) {
  pool_.post([this, mailbox = std::move(mailbox), done = std::move(done)]() mutable {
    done(octets_in(*root_, mailbox, measured_));
  });
}

}  // namespace store
