// The Delivery of messages that become files.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "common/store/committer.h"
#include "common/store/incoming_message.h"
#include "common/store/mail_store.h"
#include "common/store/worker_pool.h"

namespace store {

class FileDelivery : public Delivery {
 public:
  // All of these outlive it, and what it has asked of them.
  FileDelivery(StoreRoot& root, WorkerPool& pool, Committer& committer);
  FileDelivery(const FileDelivery&) = delete;
  FileDelivery& operator=(const FileDelivery&) = delete;
  ~FileDelivery() override;

  bool append(std::string_view text) override;
  void flush(Done<void> done) override;
  void drop(Done<void> done) override;
  void commit(std::vector<Mailbox> recipients, Done<MessageId> done) override;

 private:
  WorkerPool& pool_;
  Committer& committer_;
  // Shared with a flush that is at work, should this be destroyed under it; the committer's from
  // commit() on.
  std::shared_ptr<IncomingMessage> message_;
  bool flushed_ = false;  // it may have a file
};

}  // namespace store
