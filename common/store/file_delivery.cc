#include "common/store/file_delivery.h"

#include <cassert>
#include <utility>

namespace store {

FileDelivery::FileDelivery(StoreRoot& root, WorkerPool& pool, Committer& committer)
    : pool_(pool), committer_(committer), message_(std::make_shared<IncomingMessage>(root)) {}

// Closing a file without a name frees all that it holds: milliseconds for a large one.
FileDelivery::~FileDelivery() {
  if (message_ && flushed_) FileDelivery::drop([](const auto&) {});
}

bool FileDelivery::append(std::string_view text) {
  assert(message_ && "append after commit");
  return message_->append(text);
}

void FileDelivery::flush(Done<void> done) {
  assert(message_ && "flush after commit");
  flushed_ = true;
  pool_.post([message = message_, done = std::move(done)]() mutable {
    const auto error = message->write_out();
    message.reset();  // before anybody is told: destroying the delivery ends the message
    if (error) {
      done(std::unexpected(error));
    } else {
      done({});
    }
  });
}

void FileDelivery::drop(Done<void> done) {
  assert(message_ && "drop after commit");
  pool_.post([message = std::move(message_), done = std::move(done)]() mutable {
    message.reset();
    done({});
  });
}

void FileDelivery::commit(std::vector<Mailbox> recipients, Done<MessageId> done) {
  assert(message_ && "commit after commit");
  committer_.commit({.message = std::move(message_),
                     .recipients = std::move(recipients),
                     .done = std::move(done)});
}

}  // namespace store
