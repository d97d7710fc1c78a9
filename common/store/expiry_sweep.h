// The thread that looks for old messages in mailboxes that nobody opens.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "common/store/file_store.h"

namespace store {

// Sweeps all mailboxes at once and then again and again, one after the other: no hurry, and no more
// than one thread's worth of the disk. What is removed, and who is told: message_expiry.h.
class ExpirySweep {
 public:
  // How long it rests between two sweeps.
  static constexpr std::chrono::seconds kPause = std::chrono::hours(1);

  // Whose mail it is. Called on the sweep's thread, at each sweep.
  using Mailboxes = std::function<std::vector<Mailbox>()>;

  // `store`, which has been told when messages expire, outlives it.
  ExpirySweep(FileStore& store, Mailboxes mailboxes, std::chrono::seconds pause = kPause);
  // Waits for the mailbox that is being swept, not for the rest.
  ~ExpirySweep();
  ExpirySweep(const ExpirySweep&) = delete;
  ExpirySweep& operator=(const ExpirySweep&) = delete;

 private:
  void work();
  bool is_ending();

  FileStore& store_;
  const Mailboxes mailboxes_;
  const std::chrono::seconds pause_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;  // guarded by mutex_
  std::thread thread_;   // last: it uses the others
};

}  // namespace store
