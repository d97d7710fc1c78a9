// What the server under test uses: CPU and memory of a process and all its descendants, or of a
// cgroup (version 2), read from the kernel.
//
// A cgroup misses nothing. A process tree counts for its ended children what their parents waited
// for; a process that left the tree (its parent ended first) is not found. Kernel threads (writing
// to the disk) are in neither.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

class ServerUsage {
 public:
  struct Sample {
    double user_s = 0;
    double system_s = 0;
    // Now, not a difference: pages shared by several processes count for each (rss), or in parts
    // (pss, 0 where /proc does not say).
    uint64_t rss_kib = 0;
    uint64_t pss_kib = 0;
    uint64_t processes = 0;

    Sample operator-(const Sample& before) const {
      return {user_s - before.user_s, system_s - before.system_s, rss_kib, pss_kib, processes};
    }
  };

  // `root`: 0, or the first process. `cgroup`: empty, or the cgroup's folder, which counts for
  // more.
  ServerUsage(pid_t root, std::string cgroup) : root_(root), cgroup_(std::move(cgroup)) {}

  bool is_known() const { return root_ != 0 || !cgroup_.empty(); }

  // Zeroes where nothing is known.
  Sample sample() const;

 private:
  pid_t root_;
  std::string cgroup_;
};

}  // namespace bench
