// How much may lie in a mailbox (mysmtpd --quota): whether there is room for one more message, and
// what is on its way there. Knows no disk: it asks the store. What it promises and what not is in
// docs/mail-store.md ("Quota").
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <mutex>
#include <optional>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/store/done.h"
#include "common/store/mail_store.h"
#include "common/store/wall_clock.h"

namespace store {

// Callable from any thread. A few hundred octets of memory for each mailbox that was ever asked
// about.
class MailboxQuota {
 public:
  // Nobody is turned away but by a count that began after the question. Who fits is let in by an
  // older one, since this process knows what it has put there meanwhile; what others put there
  // counts after so long at the latest.
  static constexpr std::chrono::nanoseconds kCountLasts = std::chrono::seconds(1);

  // `octets`: of all messages of a mailbox. `store` outlives it.
  MailboxQuota(MailStore& store, uint64_t octets, WallClock clock = time_of_day);
  MailboxQuota(const MailboxQuota&) = delete;
  MailboxQuota& operator=(const MailboxQuota&) = delete;

  uint64_t octets() const { return octets_; }

  // The answer to Claim::ask.
  struct Room {
    bool is_there = false;
    uint64_t stored = 0;  // what was counted in the mailbox
    uint64_t coming = 0;  // what is on its way there, or has arrived since the count began
  };
  class Claim;

 private:
  struct Question {
    Claim* claim;
    Done<Room> done;
  };
  struct Account {
    bool is_counted = false;
    uint64_t counted_at_ns = 0;  // when that count began
    uint64_t stored = 0;         // what it has found
    uint64_t landed = 0;         // of our own messages, since that count began
    uint64_t coming = 0;         // the claims
    bool is_being_counted = false;
    std::vector<Question> waiting;  // for a count that begins after they asked
  };
  struct Answer {
    Done<Room> done;
    std::expected<Room, std::error_code> room;
  };

  void ask(Claim& claim, const Mailbox& mailbox, Done<Room> done);
  // Nothing: there is none that counts, or there was no room.
  std::optional<Room> room_by_the_last_count(Claim& claim, const Mailbox& mailbox);
  void count(const Mailbox& mailbox);
  void counted(const Mailbox& mailbox, uint64_t began_ns, uint64_t landed_before,
               std::vector<Question> questions, std::expected<uint64_t, std::error_code> stored);
  // With mutex_ held. Takes the room if it is there.
  Room decide(Account& account, Claim& claim) const;
  static bool is_fresh(const Account& account, uint64_t now_ns);

  MailStore& store_;
  const uint64_t octets_;
  const WallClock clock_;
  std::mutex mutex_;
  std::unordered_map<Mailbox, Account> accounts_;  // guarded by mutex_; none is ever erased
};

// The room that is held for one message, in each mailbox that it goes to. Used from one thread at a
// time, one call at a time: not while a Done is still out. Destroying it gives the room back.
class MailboxQuota::Claim {
 public:
  // `quota` outlives it. `octets`: what the message is known to have, at least one.
  Claim(MailboxQuota& quota, uint64_t octets);
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  ~Claim();

  // Whether there is room in this mailbox too. The error: it cannot be counted now.
  void ask(const Mailbox& mailbox, Done<Room> done) { quota_.ask(*this, mailbox, std::move(done)); }

  // So much of the message has come. It takes the room, if there is any or not: the message was
  // accepted.
  void grow_to(uint64_t octets);

  // The message is in its mailboxes, with so many octets. Before anybody is told.
  void landed(uint64_t octets);

 private:
  friend class MailboxQuota;

  MailboxQuota& quota_;
  uint64_t octets_;                 // in each of
  std::vector<Account*> accounts_;  // these; guarded by the quota's mutex_
};

}  // namespace store
