#include "common/users/guess_limit.h"

#include <algorithm>
#include <utility>

#include "common/text/ascii.h"

namespace users {
namespace {

// Of the fingerprints of one pair so many are kept: enough to tell that it is over the limit.
constexpr size_t kKept = GuessLimit::kDistinct + 6;

std::chrono::seconds length_of_wait(unsigned number) {
  constexpr unsigned kMostDoublings = 6;  // 15 s << 6 is past the longest
  return std::min(GuessLimit::kFirstWait * (1U << std::min(number, kMostDoublings)),
                  GuessLimit::kLongestWait);
}

}  // namespace

uint64_t GuessLimit::key_of(std::string_view address, std::string_view account) const {
  return hash_.number_of({"pair", address, text::to_lower(account)});
}

std::chrono::seconds GuessLimit::wait(std::string_view address, std::string_view account,
                                      Time now) {
  const uint64_t key = key_of(address, account);
  const std::scoped_lock lock(mutex_);
  const auto at = by_key_.find(key);
  if (at == by_key_.end() || at->second->until <= now) return std::chrono::seconds(0);
  return std::chrono::ceil<std::chrono::seconds>(at->second->until - now);
}

GuessLimit::Pairs::iterator GuessLimit::pair(uint64_t key) {
  if (const auto at = by_key_.find(key); at != by_key_.end()) {
    pairs_.splice(pairs_.begin(), pairs_, at->second);
  } else {
    if (pairs_.size() >= kPairs) {
      by_key_.erase(pairs_.back().key);
      pairs_.pop_back();
    }
    pairs_.push_front(Pair{key, {}});
    by_key_.emplace(key, pairs_.begin());
  }
  return pairs_.begin();
}

void GuessLimit::wrong(std::string_view address, std::string_view account,
                       std::optional<std::string_view> password, Time now) {
  const uint64_t key = key_of(address, account);
  const uint64_t seen = password ? hash_.number_of({"password", account, *password}) : 0;
  const std::scoped_lock lock(mutex_);
  const auto pair = this->pair(key);
  auto& guesses = pair->guesses;
  std::erase_if(guesses, [now](const Guess& guess) { return guess.forgotten_at <= now; });
  if (guesses.empty()) pair->waits = 0;

  const auto forgotten_at = now + (password ? kForgetPassword : kForgetUnseen);
  const uint64_t fingerprint = password ? seen : ++unseen_;
  const auto known = std::ranges::find(guesses, fingerprint, &Guess::password);
  if (known != guesses.end()) {
    known->forgotten_at = forgotten_at;
    return;
  }
  if (guesses.size() >= kKept) guesses.erase(guesses.begin());
  guesses.push_back({fingerprint, forgotten_at});
  if (guesses.size() >= kDistinct) pair->until = now + length_of_wait(pair->waits++);
}

void GuessLimit::right(std::string_view address, std::string_view account) {
  const uint64_t key = key_of(address, account);
  const std::scoped_lock lock(mutex_);
  const auto at = by_key_.find(key);
  if (at == by_key_.end()) return;
  pairs_.erase(at->second);
  by_key_.erase(at);
}

size_t GuessLimit::pairs() const {
  const std::scoped_lock lock(mutex_);
  return pairs_.size();
}

}  // namespace users
