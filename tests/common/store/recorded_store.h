// A store on a disk in memory, and a ledger that is kept of what it says.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/store/file_store.h"
#include "tests/common/store/ledger.h"
#include "tests/common/store/store_fixture.h"
#include "tests/support/crash_file_ops.h"
#include "tests/support/faulty_file_ops.h"

namespace store {

// Used from one thread. `ops` is `disk`, or stands in front of it; a second RecordedStore on the
// same disk and ledger is another server. All outlive it.
class RecordedStore {
 public:
  RecordedStore(CrashFileOps& disk, Ledger& ledger, FileOps& ops);

  // Starts the server. Whether it did.
  bool open();
  void close() { store_.reset(); }
  FileStore& store() { return *store_; }

  // Delivers a message of its own making, so many octets long at least, and writes down the
  // outcome before anything else can happen.
  Committed deliver(std::vector<Mailbox> recipients, size_t octets = 0);
  // The same for several that have been appended already. Not waited for: the outcome is written
  // down when it is there.
  void commit(Delivery& delivery, std::string text, std::vector<Mailbox> recipients,
              Done<MessageId> done);
  // Unlike all others.
  std::string new_text(size_t octets = 0);

  // A session that deletes the messages of these indexes.
  std::expected<void, std::error_code> remove(const Mailbox& mailbox,
                                              const std::vector<size_t>& messages);
  // The messages of these indexes, and no others, are so old that another server on this disk, by a
  // sweep or by a login, removes them: the disk's clock says so. Whether it has said that it did.
  enum class ExpiryBy { kSweep, kLogin };
  bool expire(const Mailbox& mailbox, const std::vector<size_t>& messages,
              std::chrono::nanoseconds age, ExpiryBy by);

 private:
  // Opens a session that only looks.
  std::vector<size_t> messages_at(const Mailbox& mailbox, const std::vector<size_t>& indexes);

  std::map<Mailbox, std::string> uids_of(const std::string& text,
                                         const std::vector<Mailbox>& recipients) const;

  CrashFileOps& disk_;
  Ledger& ledger_;
  FileOps& ops_;
  std::unique_ptr<FileStore> store_;
  std::atomic<bool> undo_is_lost_ = false;  // of the batch that is being reported
};

// A disk, a ledger, one server between which faults can be planted, and what became of the run.
class RecordedTest : public testing::Test {
 protected:
  // What the disk does, and says that it does. Before the server is opened.
  void set_order(Order order) {
    disk_.set_order(order);
    ops_.set_keeps_order(order == Order::kKept);
  }

  // Delivers one message to each of these lists of mailboxes, all in one batch, which comes after
  // one of its own for john. `then` judges the calls after the first message's data is synced.
  // Returns which were acknowledged.
  std::vector<bool> deliver_together(const std::vector<std::vector<Mailbox>>& recipients,
                                     FaultyFileOps::Judge then = nullptr);

  // What lies on the disk is durable; what comes is recorded.
  void begin_recording();
  Findings survey() const;
  // Fails the test, in words, if the promise was broken on any disk.
  void expect_promise_kept() const;

  CrashFileOps disk_;
  Ledger ledger_;
  FaultyFileOps ops_{disk_};
  RecordedStore server_{disk_, ledger_, ops_};

 private:
  size_t facts_before_ = 0;
};

}  // namespace store
