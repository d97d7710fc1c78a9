// Files that are made before the messages come that will be written to them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/store/descriptor.h"
#include "common/store/store_root.h"

namespace store {

// While the commit thread waits for senders that come again, it has the time to make the files of
// their next messages; once they have come, every sender waits for it. Like a Draft that nothing
// was written to, a spare has no name, so nothing is left of it whatever happens. Where the file
// system has no files without a name there are none. Used from one thread; `root` outlives it.
class SpareDrafts {
 public:
  // A server that has little to do holds no file for what may never come.
  static constexpr size_t kSteady = 16;
  static constexpr size_t kMost = 32;

  explicit SpareDrafts(StoreRoot& root) : root_(root) {}

  // So many messages are expected soon. From the time on that this was said kSteady times since the
  // last rest(), there are as many files then, or kMost. What cannot be made is not there: whoever
  // needs it finds out why.
  void expect(size_t messages);

  // Nobody has come: closes them.
  void rest();

  // One of them, or a Descriptor that is not open.
  Descriptor take();

 private:
  void drop_lost();

  StoreRoot& root_;
  std::vector<Descriptor> files_;
  uint64_t losses_ = 0;  // of the root, when the oldest of them was made
  size_t expected_ = 0;  // so often, since the last rest
  bool unnamed_files_ = true;
};

}  // namespace store
