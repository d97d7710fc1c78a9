#include "common/store/mailbox_quota.h"

#include <algorithm>
#include <expected>
#include <system_error>
#include <utility>

namespace store {

MailboxQuota::MailboxQuota(MailStore& store, uint64_t octets, WallClock clock)
    : store_(store), octets_(octets), clock_(std::move(clock)) {}

// A clock that was set back makes a count old.
bool MailboxQuota::is_fresh(const Account& account, uint64_t now_ns) {
  return account.is_counted && now_ns >= account.counted_at_ns &&
         now_ns - account.counted_at_ns < static_cast<uint64_t>(kCountLasts.count());
}

MailboxQuota::Room MailboxQuota::decide(Account& account, Claim& claim) const {
  Room room{.stored = account.stored, .coming = account.landed + account.coming};
  const uint64_t wanted = claim.octets_;
  room.is_there = wanted <= octets_ && room.stored + room.coming <= octets_ - wanted;
  if (room.is_there) {
    account.coming += wanted;
    claim.accounts_.push_back(&account);
  }
  return room;
}

std::optional<MailboxQuota::Room> MailboxQuota::room_by_the_last_count(Claim& claim,
                                                                       const Mailbox& mailbox) {
  const std::lock_guard lock(mutex_);
  Account& account = accounts_[mailbox];
  if (!is_fresh(account, clock_())) return std::nullopt;
  const Room room = decide(account, claim);
  return room.is_there ? std::optional(room) : std::nullopt;
}

void MailboxQuota::ask(Claim& claim, const Mailbox& mailbox, Done<Room> done) {
  if (const auto room = room_by_the_last_count(claim, mailbox)) return done(*room);
  {
    const std::lock_guard lock(mutex_);
    Account& account = accounts_[mailbox];
    account.waiting.push_back({.claim = &claim, .done = std::move(done)});
    if (std::exchange(account.is_being_counted, true)) return;
  }
  count(mailbox);
}

void MailboxQuota::count(const Mailbox& mailbox) {
  std::vector<Question> questions;
  uint64_t landed_before = 0;
  {
    const std::lock_guard lock(mutex_);
    Account& account = accounts_[mailbox];
    questions = std::exchange(account.waiting, {});
    landed_before = account.landed;
  }
  store_.measure(mailbox, [this, mailbox, began_ns = clock_(), landed_before,
                           questions = std::move(questions)](auto stored) mutable {
    counted(mailbox, began_ns, landed_before, std::move(questions), std::move(stored));
  });
}

void MailboxQuota::counted(const Mailbox& mailbox, uint64_t began_ns, uint64_t landed_before,
                           std::vector<Question> questions,
                           std::expected<uint64_t, std::error_code> stored) {
  std::vector<Answer> answers;
  bool again = false;
  {
    const std::lock_guard lock(mutex_);
    Account& account = accounts_[mailbox];
    account.is_counted = stored.has_value();
    if (stored) {
      account.counted_at_ns = began_ns;
      account.stored = *stored;
      // What landed since may be in the count already, or not: better twice than not at all.
      account.landed -= landed_before;
    }
    for (auto& [claim, done] : questions) {
      Answer answer{.done = std::move(done), .room = Room{}};
      if (stored) {
        answer.room = decide(account, *claim);
      } else {
        answer.room = std::unexpected(stored.error());
      }
      answers.push_back(std::move(answer));
    }
    again = !account.waiting.empty();
    account.is_being_counted = again;
  }
  for (auto& answer : answers) answer.done(std::move(answer.room));
  if (again) count(mailbox);
}

MailboxQuota::Claim::Claim(MailboxQuota& quota, uint64_t octets)
    : quota_(quota), octets_(std::max<uint64_t>(octets, 1)) {}

MailboxQuota::Claim::~Claim() {
  const std::lock_guard lock(quota_.mutex_);
  for (Account* account : accounts_) account->coming -= octets_;
}

void MailboxQuota::Claim::grow_to(uint64_t octets) {
  if (octets <= octets_) return;
  const std::lock_guard lock(quota_.mutex_);
  for (Account* account : accounts_) account->coming += octets - octets_;
  octets_ = octets;
}

void MailboxQuota::Claim::landed(uint64_t octets) {
  const std::lock_guard lock(quota_.mutex_);
  for (Account* account : accounts_) {
    account->coming -= octets_;
    account->landed += octets;
  }
  accounts_.clear();
}

}  // namespace store
