#include "common/store/mailbox_index.h"

#include <utility>

namespace store {

std::shared_ptr<const KnownMailbox> MailboxIndex::find(const Mailbox& mailbox) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(mailbox);
  if (found == entries_.end()) return nullptr;
  by_use_.splice(by_use_.begin(), by_use_, found->second);
  return found->second->known;
}

void MailboxIndex::keep(const Mailbox& mailbox, std::shared_ptr<const KnownMailbox> known) {
  const size_t octets = kOctetsEach + known->messages->memory() +
                        known->doubtful.capacity() * sizeof(known->doubtful[0]);
  const std::lock_guard lock(mutex_);
  if (const auto old = entries_.find(mailbox); old != entries_.end()) erase(old);
  if (octets > max_octets_) return;
  while (octets_ + octets > max_octets_) erase(entries_.find(*by_use_.back().mailbox));
  const auto [entry, is_new] = entries_.emplace(mailbox, by_use_.end());
  by_use_.push_front({.mailbox = &entry->first, .known = std::move(known), .octets = octets});
  entry->second = by_use_.begin();
  octets_ += octets;
}

void MailboxIndex::forget(const Mailbox& mailbox) {
  const std::lock_guard lock(mutex_);
  if (const auto entry = entries_.find(mailbox); entry != entries_.end()) erase(entry);
}

size_t MailboxIndex::octets() const {
  const std::lock_guard lock(mutex_);
  return octets_;
}

void MailboxIndex::erase(std::unordered_map<Mailbox, ByUse::iterator>::iterator entry) {
  octets_ -= entry->second->octets;
  by_use_.erase(entry->second);
  entries_.erase(entry);
}

}  // namespace store
