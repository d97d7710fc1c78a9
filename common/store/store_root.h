// The open mail.store: what every part of the engine shares.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/store/descriptor.h"
#include "common/store/file_ops.h"
#include "common/store/wall_clock.h"

namespace store {

// Told of what somebody should read in a log and no outcome says: `what` is a sentence, `detail`
// the file or the error. Called from any thread, and must not block for long.
using Observer = std::function<void(std::string_view what, std::string_view detail)>;

// The mode of what the store makes.
constexpr mode_t kFolderMode = 0700;
constexpr mode_t kMessageMode = 0600;

// Callable from any thread.
class StoreRoot {
 public:
  // Opens the folder at `path`; makes it when it is missing. Its name is durable then, whoever made
  // it. Looks whether it may be
  // written to and what its file system can do (the observer hears of what it cannot), and sweeps
  // up temporaries that a crash left there. `ops` outlives the root. The error is for a person.
  static std::expected<std::unique_ptr<StoreRoot>, std::string> open(const std::string& path,
                                                                     FileOps& ops,
                                                                     Observer observer,
                                                                     WallClock clock);

  StoreRoot(FileOps& ops, Descriptor folder, Observer observer, WallClock clock);

  FileOps& ops() const { return ops_; }
  int fd() const { return folder_.fd(); }
  const WallClock& clock() const { return clock_; }
  void observe(std::string_view what, std::string_view detail) const;

  // Whether its file system makes changes durable in their order (journal_order.h).
  bool keeps_order() const { return keeps_order_; }

  // Everything written to the file system is on stable storage. The kernel reports a lost write
  // once, on one descriptor: after an error whatever was written before counts as lost.
  [[nodiscard]] std::error_code sync_all();

  // How often sync_all() has failed. Who asks before writing and finds another number later must
  // take the writing for lost.
  uint64_t losses() const { return losses_; }

 private:
  FileOps& ops_;
  Descriptor folder_;
  Observer observer_;
  WallClock clock_;
  const bool keeps_order_;
  std::atomic<uint64_t> losses_ = 0;
};

}  // namespace store
