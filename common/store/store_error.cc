#include "common/store/store_error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "common/store/maildrop.h"

namespace store {
namespace {

class MaildropCategory : public std::error_category {
 public:
  const char* name() const noexcept override { return "maildrop"; }
  std::string message(int value) const override {
    switch (static_cast<MaildropError>(value)) {
      case MaildropError::kInUse:
        return "maildrop in use";
      case MaildropError::kSomeRemain:
        return "some messages were not removed";
    }
    return "unknown maildrop error";
  }
};

}  // namespace

std::error_code make_error_code(MaildropError error) {
  static const MaildropCategory category;
  return {static_cast<int>(error), category};
}

bool is_shortage(std::error_code error) {
  // EMLINK: more hard links than the file system gives one file. EFBIG: past RLIMIT_FSIZE.
  constexpr std::array kShortages = {ENOSPC, EDQUOT, EMFILE, ENFILE, ENOMEM, EMLINK, EFBIG};
  if (error.category() != std::system_category() && error.category() != std::generic_category()) {
    return false;
  }
  return std::ranges::find(kShortages, error.value()) != kShortages.end();
}

}  // namespace store
