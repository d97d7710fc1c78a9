#include "tests/support/disk_model.h"

#include <algorithm>
#include <random>
#include <set>

namespace store {
namespace {

constexpr char kForeignByte = '\xaa';
constexpr size_t kFewEffects = 10;
constexpr size_t kMaxPairs = 500;
constexpr size_t kRandomSubsets = 300;

void reach(const Disk& disk, InodeKey key, std::set<InodeKey>& reached) {
  if (!reached.insert(key).second) return;
  for (const auto& [name, entry] : disk.inodes.at(key).entries) reach(disk, entry, reached);
}

void write_out(const Disk& disk, InodeKey key, std::string& text) {
  const Inode& inode = disk.inodes.at(key);
  for (const auto& [name, value] : inode.attributes) text += '@' + name + '=' + value + '\n';
  if (inode.type == FileType::kRegular) {
    text += std::to_string(inode.mtime_ns) + ' ' + std::to_string(inode.bytes.size()) + ':';
    text += inode.bytes + '\n';
  }
  for (const auto& [name, entry] : inode.entries) {
    text += name + " #" + std::to_string(entry) + " {\n";
    write_out(disk, entry, text);
    text += "}\n";
  }
}

// Which effects of the first `prefix` events are volatile, by their index.
class Durability {
 public:
  explicit Durability(const std::vector<Event>& events) : events_(events) {}

  void add(size_t index) { open_.insert(index); }

  void sync(InodeKey subject) {
    std::erase_if(open_, [&](size_t index) { return is_covered(index, subject); });
  }
  void fail_to_sync(InodeKey subject) {
    std::erase_if(open_, [&](size_t index) {
      if (!is_covered(index, subject) || !events_[index].effect.is_data()) return false;
      doomed_.insert(index);
      return true;
    });
  }
  void write(InodeKey subject) {
    std::erase_if(open_, [&](size_t index) {
      return is_covered(index, subject) && events_[index].effect.is_data();
    });
  }

  std::vector<size_t> volatiles() const {
    std::vector<size_t> all(open_.begin(), open_.end());
    all.insert(all.end(), doomed_.begin(), doomed_.end());
    std::ranges::sort(all);
    return all;
  }

 private:
  bool is_covered(size_t index, InodeKey subject) const {
    return subject == kEverything || events_[index].effect.subject == subject;
  }

  const std::vector<Event>& events_;
  std::set<size_t> open_;    // a sync to come will cover them
  std::set<size_t> doomed_;  // none will
};

// All subsets of `count` things, or what Recording::losses says of many.
std::vector<std::vector<bool>> subsets(size_t count, uint64_t seed) {
  std::vector<std::vector<bool>> all;
  if (count <= kFewEffects) {
    for (size_t bits = 0; bits < (size_t{1} << count); ++bits) {
      std::vector<bool> kept(count);
      for (size_t i = 0; i < count; ++i) kept[i] = (bits >> i & 1) != 0;
      all.push_back(std::move(kept));
    }
    return all;
  }
  all.emplace_back(count, true);
  all.emplace_back(count, false);
  std::mt19937_64 random(seed);
  const bool all_pairs = count * (count - 1) / 2 <= kMaxPairs;
  for (size_t i = 0; i < count; ++i) {
    std::vector<bool> lacks_one(count, true);
    lacks_one[i] = false;
    std::vector<bool> has_one(count, false);
    has_one[i] = true;
    for (size_t j = i + 1; all_pairs && j < count; ++j) {
      all.push_back(lacks_one);
      all.back()[j] = false;
    }
    all.push_back(std::move(lacks_one));
    all.push_back(std::move(has_one));
  }
  for (size_t i = 0; i < kRandomSubsets; ++i) {
    // From few that are kept to few that are lost.
    const uint64_t eighths = 1 + random() % 7;
    std::vector<bool> kept(count);
    for (size_t j = 0; j < count; ++j) kept[j] = random() % 8 < eighths;
    all.push_back(std::move(kept));
  }
  return all;
}

}  // namespace

void Disk::forget_the_nameless() {
  std::set<InodeKey> reached;
  reach(*this, kRootKey, reached);
  std::erase_if(inodes, [&](const auto& inode) { return !reached.contains(inode.first); });
}

std::string Disk::text() const {
  std::string text;
  write_out(*this, kRootKey, text);
  return text;
}

void apply(Disk& disk, const Effect& effect) {
  Inode& inode = disk.inodes.at(effect.subject);
  switch (effect.kind) {
    case Effect::Kind::kGrow:
      inode.bytes.resize(effect.number, kForeignByte);
      break;
    case Effect::Kind::kFill:
      // Bytes beyond the size on the disk are not seen.
      if (effect.number < inode.bytes.size()) {
        const size_t room = inode.bytes.size() - effect.number;
        const size_t octets = std::min(room, effect.value.size());
        inode.bytes.replace(effect.number, octets, effect.value, 0, octets);
      }
      break;
    case Effect::Kind::kMtime:
      inode.mtime_ns = effect.number;
      break;
    case Effect::Kind::kAttribute:
      inode.attributes[effect.name] = effect.value;
      break;
    case Effect::Kind::kEntry:
      inode.entries[effect.name] = effect.number;
      break;
    case Effect::Kind::kNoEntry:
      inode.entries.erase(effect.name);
      break;
  }
}

// Up to where the changes of names, times and attributes are durable, in order: past the last one
// that a sync has covered.
size_t Recording::last_synced(size_t prefix) const {
  std::map<InodeKey, size_t> last;  // past the last such change of each
  size_t point = 0;
  for (size_t i = 0; i < prefix; ++i) {
    const Event& event = events[i];
    if (event.kind == Event::Kind::kEffect && !event.effect.is_data()) {
      last[event.effect.subject] = last[kEverything] = i + 1;
    }
    if (event.kind == Event::Kind::kSync) point = std::max(point, last[event.subject]);
  }
  return point;
}

// `point`: where the order is kept, up to where it was kept.
std::vector<size_t> Recording::volatile_effects(size_t prefix, size_t point) const {
  Durability durability(events);
  for (size_t i = 0; i < prefix; ++i) {
    const Event& event = events[i];
    const bool is_kept = order == Order::kKept && !event.effect.is_data();
    if (event.kind == Event::Kind::kEffect && !is_kept) durability.add(i);
    if (event.kind == Event::Kind::kSync) durability.sync(event.subject);
    if (event.kind == Event::Kind::kFailedSync) durability.fail_to_sync(event.subject);
    const bool is_passed = order == Order::kKept && i < point;
    if (event.kind == Event::Kind::kWritten && is_passed) durability.write(event.subject);
  }
  std::set<InodeKey> named;
  reach(before, kRootKey, named);
  for (size_t i = 0; i < prefix; ++i) {
    if (events[i].effect.kind == Effect::Kind::kEntry) named.insert(events[i].effect.number);
  }
  std::vector<size_t> volatiles = durability.volatiles();
  std::erase_if(volatiles, [&](size_t i) { return !named.contains(events[i].effect.subject); });
  return volatiles;
}

std::vector<std::vector<size_t>> Recording::losses(size_t prefix) const {
  std::vector<std::vector<size_t>> all;
  // Each point that the order may have been kept up to; where it is not kept, one for all.
  for (size_t point = order == Order::kKept ? last_synced(prefix) : prefix; point <= prefix;
       ++point) {
    std::vector<size_t> late;
    for (size_t i = point; i < prefix; ++i) {
      if (events[i].kind == Event::Kind::kEffect && !events[i].effect.is_data()) late.push_back(i);
    }
    const auto volatiles = volatile_effects(prefix, point);
    for (const auto& kept : subsets(volatiles.size(), prefix)) {
      std::vector<size_t> lost = late;
      for (size_t i = 0; i < volatiles.size(); ++i) {
        if (!kept[i]) lost.push_back(volatiles[i]);
      }
      std::ranges::sort(lost);
      all.push_back(std::move(lost));
    }
  }
  return all;
}

Disk Recording::disk_after(size_t prefix, std::span<const size_t> lost) const {
  Disk disk = before;
  for (const auto& [key, inode] : new_inodes) disk.inodes.emplace(key, inode);
  for (size_t i = 0; i < prefix; ++i) {
    if (events[i].kind != Event::Kind::kEffect) continue;
    if (!std::ranges::binary_search(lost, i)) apply(disk, events[i].effect);
  }
  disk.forget_the_nameless();
  return disk;
}

}  // namespace store
