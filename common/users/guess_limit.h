// Throttling that hurts guessers, not people: for each pair of an address and an account it counts
// the *distinct* wrong passwords, and from the tenth on lets the pair wait, longer each time.
//
// The same wrong password a hundred times is one guess: a mail program that falls back from one
// mechanism to the next, or a phone that polls all day with last year's password, is never locked
// out. Passwords are known by fingerprints (KeyedHash) and in memory only. Where the password
// cannot be told (SCRAM never shows it) each failure is a guess of its own, but is forgotten after
// an hour.
//
// Memory is bounded, kPairs pairs of up to 500 octets, and nobody gets rid of guesses by made-up
// names:
// * An address has kPairsOfAddress pairs at the most. One more makes room among its own: the pair
//   with the fewest guesses goes, so that names tried once push out each other and neither a pair
//   that waits nor one that is about to.
// * Each guess lost so counts as one of the address's own. From the tenth on the address waits, as
//   a pair would, with all accounts that it has no pair for.
// * If the whole table is full, the address with the most pairs makes room.
// So who wants to have others forgotten needs many addresses.
//
// Any thread; the caller says what time it is.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/users/keyed_hash.h"

namespace users {

class GuessLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static constexpr size_t kDistinct = 10;  // wrong passwords, before the first wait
  static constexpr std::chrono::seconds kFirstWait{15};
  static constexpr std::chrono::seconds kLongestWait{15 * 60};
  static constexpr std::chrono::hours kForgetPassword{24};
  static constexpr std::chrono::hours kForgetUnseen{1};  // a guess whose password was not seen
  static constexpr size_t kPairs = 10'000;
  static constexpr size_t kPairsOfAddress = 1'000;

  // How long the pair still has to wait before its next try; zero: it may try.
  std::chrono::seconds wait(std::string_view address, std::string_view account, Time now);

  // A try was wrong. `password`: nothing if it was not seen.
  void wrong(std::string_view address, std::string_view account,
             std::optional<std::string_view> password, Time now);

  // A try was right: the pair starts anew.
  void right(std::string_view address, std::string_view account);

  size_t pairs() const;

 private:
  struct Guess {
    uint64_t password;  // its fingerprint; unseen ones differ from all others
    Time forgotten_at;
  };
  // The guesses at one thing, and the waits for them.
  struct Guesses {
    std::vector<Guess> made;
    unsigned waits = 0;   // imposed so far
    Time until = {};      // the end of the last
    uint64_t latest = 0;  // the number of the wrong try that came last
  };
  struct Address {
    std::unordered_map<uint64_t, Guesses> pairs;  // by key_of() their account
    Guesses lost;                                 // by making room for others
  };

  static void forget_old(Guesses& guesses, Time now);
  static void count(Guesses& guesses, Guess guess, Time now);
  uint64_t key_of(std::string_view account) const;
  // Room for one more pair of this address, among its own.
  void make_room(Address& address, Time now);
  // Drops the pair with the fewest guesses. True: there were any that still counted.
  bool drop_least_guessed(Address& address, Time now);
  // The same where most pairs are; `asking` is not to go, though it may have none left.
  void make_room_where_most_are(uint64_t asking, Time now);

  const KeyedHash hash_;
  mutable std::mutex mutex_;
  // Guarded by mutex_:
  std::unordered_map<uint64_t, Address> addresses_;  // by key; none is without pairs
  size_t pairs_ = 0;                                 // of all
  uint64_t tries_ = 0;                               // wrong ones
};

}  // namespace users
