// What a disk may hold after a power cut: a small file system in memory, and the changes that were
// made to it, each of which may have reached the disk or not.
//
// The model, which is at least as weak as POSIX:
// * A change is durable once a sync that covers it has succeeded after it. fsync of a file covers
//   its bytes, its size, its modification time and its extended attributes, and not its names.
//   fsync of a folder covers its entries and its own attributes, and neither its own name in its
//   parent nor what the entries name. syncfs covers everything.
// * Of all other changes any subset may be on the disk, whatever their order was: a name without
//   what it names being written, the later of two writes without the earlier, an unlinking without
//   the linking of another file before it. Keeping a later and an earlier value of the same thing
//   the other way round is the same as losing the later one.
// * Growing a file and filling it are different changes: a file that grew without being filled
//   shows foreign bytes. A write arrives in halves.
// * A file that has no name is gone, its bytes synced or not.
// * After a sync that failed, the bytes that it covered may never arrive, and no later sync says
//   so: the kernel takes them for clean, and reports an error once. Names and attributes may still
//   be made durable by a later sync: a file system that cannot write its journal stops.
//
// Where the order is kept (common/store/journal_order.h):
// * Names, times and attributes are on the disk in the order in which they were made: all up to
// some
//   point, and none after it. The point is not before the last change that a sync has covered.
// * Bytes that were written and waited for (sync_file_range) are on the disk if that point is past
//   the wait. All other bytes may be there or not, in any combination, as above.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "common/store/file_ops.h"

namespace store {

// Names a file or a folder for as long as a recording lasts; never used for another.
using InodeKey = uint64_t;
constexpr InodeKey kRootKey = 1;
constexpr InodeKey kEverything = 0;  // what syncfs covers

struct Inode {
  FileType type = FileType::kRegular;
  uint64_t number = 0;  // as fstat shows it: of a file that is gone it comes back at once
  uint64_t mtime_ns = 0;
  uint64_t ctime_ns = 0;  // of the living system alone: nothing is promised of it after a crash
  std::string bytes = {};
  std::map<std::string, std::string> attributes = {};
  std::map<std::string, InodeKey> entries = {};
  InodeKey parent = kRootKey;
};

// A whole file system; "/" is kRootKey.
struct Disk {
  std::map<InodeKey, Inode> inodes = {{kRootKey, {.type = FileType::kFolder, .number = 1}}};

  // Takes away what no name leads to.
  void forget_the_nameless();
  // Everything that a server could see of it; equal disks give equal text.
  std::string text() const;
};

// One change, as small as the disk may take it.
struct Effect {
  enum class Kind { kGrow, kFill, kMtime, kAttribute, kEntry, kNoEntry };

  Kind kind = Kind::kGrow;
  InodeKey subject = 0;    // the file, or the folder that has the entry
  std::string name = {};   // the entry's or the attribute's
  std::string value = {};  // the bytes, or the attribute's value
  uint64_t number = 0;     // the size, the bytes' place, the time, or the key of what is entered

  // Whether a sync that failed may have lost it for good.
  bool is_data() const { return kind == Kind::kGrow || kind == Kind::kFill; }
};

void apply(Disk& disk, const Effect& effect);

// What happened to a disk, in order.
struct Event {
  enum class Kind { kEffect, kWritten, kSync, kFailedSync, kNote };

  Kind kind = Kind::kEffect;
  Effect effect = {};    // kEffect
  InodeKey subject = 0;  // of a sync: what it covers; kWritten: the file
  size_t note = 0;       // the recorder's own remark
};

enum class Order { kAny, kKept };

struct Recording {
  Order order = Order::kAny;
  Disk before;                           // all of it durable
  std::map<InodeKey, Inode> new_inodes;  // as they were made: empty
  std::vector<Event> events;

  // What a power cut after the first `prefix` events may have kept from the disk: each time the
  // indexes of some effects, ascending. All possibilities where these are few; else none, all, each
  // single one and each pair, all but one, and several hundred at random, the same in every run.
  // Not told are effects on what never had a name until then, and of which nobody will see
  // anything.
  std::vector<std::vector<size_t>> losses(size_t prefix) const;
  // The disk that has everything but these.
  Disk disk_after(size_t prefix, std::span<const size_t> lost) const;

 private:
  std::vector<size_t> volatile_effects(size_t prefix, size_t point) const;
  size_t last_synced(size_t prefix) const;
};

}  // namespace store
