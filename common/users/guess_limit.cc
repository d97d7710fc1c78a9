#include "common/users/guess_limit.h"

#include <algorithm>
#include <tuple>
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

uint64_t GuessLimit::key_of(std::string_view account) const {
  return hash_.number_of({"account", text::to_lower(account)});
}

std::chrono::seconds GuessLimit::wait(std::string_view address, std::string_view account,
                                      Time now) {
  const uint64_t address_key = hash_.number_of({"address", address});
  const uint64_t account_key = key_of(account);
  const std::scoped_lock lock(mutex_);
  const auto at = addresses_.find(address_key);
  if (at == addresses_.end()) return std::chrono::seconds(0);
  const auto pair = at->second.pairs.find(account_key);
  const Guesses& guesses = pair == at->second.pairs.end() ? at->second.lost : pair->second;
  if (guesses.until <= now) return std::chrono::seconds(0);
  return std::chrono::ceil<std::chrono::seconds>(guesses.until - now);
}

void GuessLimit::forget_old(Guesses& guesses, Time now) {
  std::erase_if(guesses.made, [now](const Guess& guess) { return guess.forgotten_at <= now; });
  if (guesses.made.empty()) guesses.waits = 0;
}

void GuessLimit::count(Guesses& guesses, Guess guess, Time now) {
  forget_old(guesses, now);
  const auto known = std::ranges::find(guesses.made, guess.password, &Guess::password);
  if (known != guesses.made.end()) {
    known->forgotten_at = guess.forgotten_at;
    return;
  }
  if (guesses.made.size() >= kKept) guesses.made.erase(guesses.made.begin());
  guesses.made.push_back(guess);
  if (guesses.made.size() >= kDistinct) guesses.until = now + length_of_wait(guesses.waits++);
}

void GuessLimit::wrong(std::string_view address, std::string_view account,
                       std::optional<std::string_view> password, Time now) {
  const uint64_t address_key = hash_.number_of({"address", address});
  const uint64_t account_key = key_of(account);
  const uint64_t seen = password ? hash_.number_of({"password", account, *password}) : 0;
  const std::scoped_lock lock(mutex_);
  ++tries_;
  Address& owner = addresses_[address_key];
  if (!owner.pairs.contains(account_key)) {
    if (owner.pairs.size() >= kPairsOfAddress) {
      make_room(owner, now);
    } else if (pairs_ >= kPairs) {
      make_room_where_most_are(address_key, now);
    }
    ++pairs_;
  }
  Guesses& pair = owner.pairs[account_key];
  pair.latest = tries_;
  count(pair, {password ? seen : tries_, now + (password ? kForgetPassword : kForgetUnseen)}, now);
}

void GuessLimit::make_room(Address& address, Time now) {
  if (!drop_least_guessed(address, now)) return;
  count(address.lost, {tries_, now + kForgetUnseen}, now);
}

bool GuessLimit::drop_least_guessed(Address& address, Time now) {
  for (auto& [key, guesses] : address.pairs) forget_old(guesses, now);
  const auto least = std::ranges::min_element(address.pairs, {}, [now](const auto& pair) {
    const Guesses& guesses = pair.second;
    return std::tuple(guesses.until > now, guesses.made.size(), guesses.latest);
  });
  const bool counted = !least->second.made.empty();
  address.pairs.erase(least);
  --pairs_;
  return counted;
}

// What goes here is not counted as lost: it takes many addresses to fill the table, and those whose
// pairs go may have little to do with it.
void GuessLimit::make_room_where_most_are(uint64_t asking, Time now) {
  const auto largest = std::ranges::max_element(
      addresses_, {}, [](const auto& address) { return address.second.pairs.size(); });
  (void)drop_least_guessed(largest->second, now);
  if (largest->second.pairs.empty() && largest->first != asking) addresses_.erase(largest);
}

void GuessLimit::right(std::string_view address, std::string_view account) {
  const uint64_t account_key = key_of(account);
  const std::scoped_lock lock(mutex_);
  const auto at = addresses_.find(hash_.number_of({"address", address}));
  if (at == addresses_.end()) return;
  pairs_ -= at->second.pairs.erase(account_key);
  if (at->second.pairs.empty()) addresses_.erase(at);
}

size_t GuessLimit::pairs() const {
  const std::scoped_lock lock(mutex_);
  return pairs_;
}

}  // namespace users
