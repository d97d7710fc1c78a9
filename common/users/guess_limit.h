// Throttling that hurts guessers, not people: for each pair of an address and an account it counts
// the *distinct* wrong passwords, and from the tenth on lets the pair wait, longer each time.
//
// The same wrong password a hundred times is one guess: a mail program that falls back from one
// mechanism to the next, or a phone that polls all day with last year's password, is never locked
// out. Passwords are known by fingerprints (KeyedHash) and in memory only. Where the password
// cannot be told (SCRAM never shows it) each failure is a guess of its own, but is forgotten after
// an hour.
//
// Memory is bounded: kPairs pairs of about 300 octets; the one that was least recently wrong makes
// room. Any thread; the caller says what time it is.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
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
  struct Pair {
    uint64_t key;
    std::vector<Guess> guesses;
    unsigned waits = 0;  // imposed so far
    Time until = {};     // the end of the last
  };
  using Pairs = std::list<Pair>;

  uint64_t key_of(std::string_view address, std::string_view account) const;
  Pairs::iterator pair(uint64_t key);

  const KeyedHash hash_;
  mutable std::mutex mutex_;
  // Guarded by mutex_:
  Pairs pairs_;  // the one that was wrong last in front
  std::unordered_map<uint64_t, Pairs::iterator> by_key_;
  uint64_t unseen_ = 0;
};

}  // namespace users
