#include "common/store/expiry_sweep.h"

#include <utility>

namespace store {

ExpirySweep::ExpirySweep(FileStore& store, Mailboxes mailboxes, std::chrono::seconds pause)
    : store_(store), mailboxes_(std::move(mailboxes)), pause_(pause), thread_([this] { work(); }) {}

ExpirySweep::~ExpirySweep() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

bool ExpirySweep::is_ending() {
  const std::lock_guard lock(mutex_);
  return ending_;
}

void ExpirySweep::work() {
  for (;;) {
    for (const Mailbox& mailbox : mailboxes_()) {
      if (is_ending()) return;
      store_.sweep(mailbox);
    }
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, pause_, [this] { return ending_; })) return;
  }
}

}  // namespace store
