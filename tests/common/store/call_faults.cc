#include "tests/common/store/call_faults.h"

#include <fcntl.h>

#include <cerrno>

#include "common/store/maildrop.h"
#include "common/store/store_error.h"

namespace store {
namespace {

bool makes_a_file(const FaultyFileOps::Call& call) {
  return (call.flags & O_TMPFILE) == O_TMPFILE || (call.flags & O_CREAT) != 0;
}

std::string label_of(const FaultyFileOps::Call& call) {
  const bool is_unnamed = call.name == "openat" && (call.flags & O_TMPFILE) == O_TMPFILE;
  return is_unnamed ? "openat O_TMPFILE" : call.name;
}

}  // namespace

bool can_give(const FaultyFileOps::Call& call, int error) {
  using Names = std::set<std::string>;
  if (error == EIO) return true;
  if (call.name == "openat") {
    if (error == EMFILE) return true;
    if (error == ENOSPC) return makes_a_file(call);
    if (error == EEXIST) return (call.flags & O_CREAT) != 0;
    return !makes_a_file(call);  // ENOENT
  }
  if (error == ENOSPC) {
    return Names{"write",   "fsync",    "syncfs",  "sync_file_range",
                 "link_fd", "unlinkat", "mkdirat", "fsetxattr"}
        .contains(call.name);
  }
  if (error == EMFILE) return Names{"openat_cached", "list"}.contains(call.name);
  if (error == EEXIST) return Names{"link_fd", "mkdirat"}.contains(call.name);
  return Names{"openat_cached", "link_fd", "unlinkat", "fstatat", "getxattrat", "list"}.contains(
      call.name);
}

std::string answer_to(std::error_code outcome) {
  if (!outcome) return "done";
  if (outcome == kNoStart) return "no start";
  if (outcome == MaildropError::kSomeRemain) return "some remain";
  return is_shortage(outcome) ? "452" : "451";
}

bool NthCall::is_hit(const FaultyFileOps::Call& call) {
  if (!can_give(call, error_) || ++count_ != nth_) return false;
  const std::lock_guard lock(mutex_);
  hit_ = label_of(call);
  return true;
}

std::string NthCall::hit() const {
  const std::lock_guard lock(mutex_);
  return hit_;
}

std::string FaultTable::text(const std::string& operation) const {
  std::string text = "| " + operation + " |";
  for (const auto& name : kFaultNames) text += ' ' + std::string(name) + " |";
  text += "\n|---|---|---|---|---|---|\n";
  for (const auto& [call, by_error] : answers_) {
    text += "| " + call + " |";
    for (const int error : kFaults) {
      std::string cell;
      const auto answers = by_error.find(error);
      if (answers == by_error.end()) {
        cell = "-";
      } else {
        for (const auto& answer : answers->second) cell += (cell.empty() ? "" : ", ") + answer;
      }
      text += ' ' + cell + " |";
    }
    text += '\n';
  }
  return text;
}

}  // namespace store
