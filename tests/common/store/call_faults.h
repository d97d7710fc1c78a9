// Which errors a call can give, and a table of what was answered when it gave them.
#pragma once

#include <array>
#include <atomic>
#include <cerrno>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "tests/support/faulty_file_ops.h"

namespace store {

constexpr std::array kFaults = {EIO, ENOSPC, EMFILE, EEXIST, ENOENT};
constexpr std::array<std::string_view, 5> kFaultNames = {"EIO", "ENOSPC", "EMFILE", "EEXIST",
                                                         "ENOENT"};

// Whether the kernel may refuse this call so.
bool can_give(const FaultyFileOps::Call& call, int error);

// The outcome of a start that was refused.
inline const std::error_code kNoStart = std::make_error_code(std::errc::no_such_device);

// What a server answers: `done`, `452`, `451`, `some remain`, or `no start`.
std::string answer_to(std::error_code outcome);

// Fails the nth, from 1, of the calls that can give the error. Callable from any thread.
class NthCall {
 public:
  NthCall(int nth, int error) : nth_(nth), error_(error) {}

  // Whether this is the call, and is to fail.
  bool is_hit(const FaultyFileOps::Call& call);

  // What the call that failed is called in the table; empty if there were fewer than n.
  std::string hit() const;

 private:
  const int nth_;
  const int error_;
  std::atomic<int> count_ = 0;
  mutable std::mutex mutex_;
  std::string hit_;  // guarded by mutex_
};

// The answers of one operation, for each call and each error.
class FaultTable {
 public:
  void add(const std::string& call, int error, const std::string& answer) {
    answers_[call][error].insert(answer);
  }
  // In Markdown.
  std::string text(const std::string& operation) const;

 private:
  std::map<std::string, std::map<int, std::set<std::string>>> answers_;
};

}  // namespace store
